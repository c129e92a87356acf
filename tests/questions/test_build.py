"""What holds for every question: form, balance of options, determinism, orientation, mirroring."""

from __future__ import annotations

import re
from collections import Counter

import numpy as np
import pytest

from medspatial.anatomy import swap_side
from medspatial.cases import CaseData
from medspatial.cases.phantom import make_phantom
from medspatial.errors import InputError
from medspatial.questions import DROP_RULES, Plan, build_questions, mirrored_cases, questions_of, subtypes
from medspatial.questions.options import LENGTH_FACTORS
from medspatial.records import CATEGORIES, Case, Question
from medspatial.volume import AXIS_CODES, Affine, MaskSet

SPACING = 5.0


def all_questions(results) -> list[Question]:
    return [question for result in results for question in result.questions]


def test_every_subtype_but_few_is_asked_on_six_phantoms(cohort):
    asked = {question.subtype for question in all_questions(cohort)}
    missing = {one.id for one in subtypes()} - asked - {"L6"}
    assert missing <= {"L4", "D5"}  # need a lost organ; a lesion deep enough for this voxel size


def test_every_category_is_asked_in_every_case(cohort):
    for result in cohort:
        assert {question.category for question in result.questions} == set(CATEGORIES)


def test_at_most_two_per_subtype_and_ids_differ(cohort):
    for result in cohort:
        assert max(Counter(question.subtype for question in result.questions).values()) <= 2
    ids = [question.id for question in all_questions(cohort)]
    assert len(set(ids)) == len(ids)


def test_the_answer_does_not_stand_in_the_question(cohort):
    for question in all_questions(cohort):
        if question.options:
            pattern = rf"(?<![\w-]){re.escape(question.answer.lower())}(?![\w-])"
            assert not re.search(pattern, question.question.lower()), (question.question, question.answer)


def test_questions_carry_evidence_source_and_licence(cohort):
    for question in all_questions(cohort):
        evidence = question.evidence
        assert evidence is not None
        assert evidence.measurement
        assert evidence.formula
        assert evidence.margin_rule
        assert evidence.value is not None
        assert evidence.structures
        assert question.source == "masks"
        assert question.license == "test"
        assert "{" not in question.question


def test_numbers_have_value_unit_and_tolerance(cohort):
    numbers = [question for question in all_questions(cohort) if question.value is not None]
    assert {question.answer_type for question in numbers} == {"number", "choice"}
    for question in numbers:
        assert question.unit
        assert question.tolerance is not None
        figure = float(question.answer.split()[0])
        assert figure == pytest.approx(question.value, rel=0.051)


def test_choices_of_a_length_are_multiples_of_the_truth(cohort):
    chosen = [q for q in all_questions(cohort) if q.subtype == "D2" and q.options]
    assert chosen
    for question in chosen:
        for option in question.options:
            factor = float(option.split()[0]) / question.value
            assert min(abs(factor / known - 1) for known in LENGTH_FACTORS) < 0.06


def test_ledger_entries_are_known_rules_with_case_and_subtype(cohort):
    for result in cohort:
        assert result.drops
        for entry in result.drops:
            assert entry.rule in DROP_RULES
            assert entry.case_id == result.case_id
            assert entry.subtype


def test_a_second_build_is_equal(phantoms, ask, cohort):
    assert ask(phantoms[0], Plan(forms=("open", "choice"))) == cohort[0]


@pytest.mark.parametrize("axcodes", AXIS_CODES)
def test_storage_orientation_changes_nothing(phantoms, ask, axcodes, small_reference):
    found = ask(phantoms[3], Plan(per_subtype=1), axcodes=axcodes)
    assert found.questions == small_reference.questions


@pytest.fixture(scope="module")
def small_reference(phantoms, ask):
    return ask(phantoms[3], Plan(per_subtype=1))


def test_sides_turn_in_the_mirrored_twin(phantoms, ask):
    turned, pairs = 0, 0
    swapped = {"left": "right", "right": "left", "yes": "no", "no": "yes"}
    for phantom in phantoms[:4]:
        original = {q.pair_id: q for q in ask(phantom).questions if q.pair_id}
        mirrored = ask(phantom, mirrored=True)
        assert {q.subtype for q in mirrored.questions} == {"L6"}
        assert {q.pair_id for q in mirrored.questions} <= original.keys()
        for twin in mirrored.questions:
            first = original[twin.pair_id]
            assert f"probe_of_{first.subtype}" in twin.tags
            pairs += 1
            if first.subtype in {"L1", "L2", "L3"}:
                kind = first.balance_kind
                assert twin.balance_kind == swapped.get(kind, kind)
                turned += kind in swapped
            elif first.subtype == "L5":
                assert twin.answer == swapped[first.answer]
                turned += 1
    assert turned > pairs / 4
    assert pairs >= 8


def test_mirroring_keeps_volumes_under_the_exchanged_names():
    phantom = make_phantom(1, spacing=SPACING, lesions=False)
    case, plan = Case(case_id="x", patient_id="x"), Plan(subtypes=("V3",), per_subtype=40)

    def volumes(masks):
        found = questions_of(CaseData(case, None, masks), plan).questions
        return {question.evidence.structures[0]: question.value for question in found}

    # a body that keeps its names and organs' sides swapped would be refused: leave out the unpaired witnesses
    witnesses = {"liver", "spleen", "stomach", "heart", "aorta"}
    kept = {n: phantom.masks.mask(n) for n in phantom.masks.names if n not in witnesses}
    masks = MaskSet.from_masks(kept, phantom.masks.affine)
    plain, turned = volumes(masks), volumes(masks.mirrored())
    assert len(plain) >= 15
    swapped = {swap_side(name): value for name, value in plain.items()}
    both = (
        turned.keys() & swapped.keys()
    )  # where a pair straddles the most that is asked, either one is chosen
    assert len(both) >= len(plain) - 1
    assert {name: turned[name] for name in both} == {name: swapped[name] for name in both}
    assert any(plain.get(f"{one}_left") != plain.get(f"{one}_right") for one in ("kidney", "adrenal_gland"))


def test_a_body_that_contradicts_its_affine_is_refused(phantoms, ask):
    phantom = phantoms[0]
    flipped = MaskSet(
        [layer[::-1] for layer in phantom.masks.layers], phantom.masks.tables(), phantom.masks.affine
    )
    result = questions_of(CaseData(Case(case_id="f", patient_id="f"), None, flipped))
    assert not result.questions
    assert result.drops
    assert {entry.rule for entry in result.drops} == {"refused"}
    assert "situs inversus" in " ".join(entry.note or "" for entry in result.drops)


def test_a_case_without_masks_is_refused():
    result = questions_of(CaseData(Case(case_id="e", patient_id="e"), None, None))
    assert [entry.rule for entry in result.drops] == ["refused"]


def test_custom_structures_are_never_asked_about():
    block = np.zeros((40, 40, 40), np.uint8)
    block[5:20, 5:20, 5:20], block[25:35, 25:35, 25:35] = 1, 2
    masks = MaskSet([block], [{1: "my_widget", 2: "other_widget"}], Affine(np.diag([2.0, 2.0, 2.0, 1.0])))
    result = questions_of(CaseData(Case(case_id="c", patient_id="c"), None, masks))
    assert not result.questions


def test_an_error_in_a_subtype_names_it(monkeypatch):
    from dataclasses import replace

    from medspatial.questions import build

    def broken(scene):
        yield scene.nothing

    (first, *_) = subtypes()
    monkeypatch.setattr(build, "chosen_subtypes", lambda names: (replace(first, find=broken),))
    phantom = make_phantom(0, spacing=12.0)
    case = Case(case_id="a", patient_id="a", image_path="a.nii.gz")
    with pytest.raises(InputError, match=rf"^subtype '{first.id}' of .*: AttributeError: .*'nothing'"):
        questions_of(CaseData(case, phantom.ct, phantom.masks))


def test_unknown_subtype_and_settings_have_clear_errors():
    for settings, words in (
        ({"subtypes": ["L9"]}, "unknown question subtype 'L9'"),
        ({"per_subtype": 0}, "per_subtype"),
        ({"forms": ["spoken"]}, "forms"),
        ({"workers": 0}, "workers"),
    ):
        with pytest.raises(InputError, match=words):
            build_questions([], ".", **settings)


def test_mirrored_cases_record_their_transform():
    case = Case(case_id="a", patient_id="p", image_path="a.nii.gz")
    (twin,) = mirrored_cases([case])
    assert twin.transform == ("mirror_left_right",)
    assert twin.linked_case_id == "a"
    assert twin.patient_id == "p"
    assert mirrored_cases([twin]) == []
