"""Arms that touch the evidence: what changes, what stays, and that the answers are those of the masks."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from medspatial.arms import ARMS, extra_volumes
from medspatial.arms.edit import Edit, edited
from medspatial.arms.evidence import edit_of, structures_of
from medspatial.arms.opened import Opened
from medspatial.cases import CaseData, find_cases, load_case
from medspatial.errors import InputError
from medspatial.questions import Plan, questions_of
from medspatial.records import Question
from medspatial.volume import MaskSet

PLAN = Plan(per_subtype=1, forms=("choice",))


def asked(cohort, name: str) -> list[Question]:
    return ARMS[name].questions(cohort.questions, cohort.read)


def shown(cohort, name: str, questions: list[Question], one: Question):
    arm = ARMS[name]
    view = arm.view(one)
    ct = arm.loader(lambda _: None, questions, cohort.read)(view)
    masks = arm.mask_loader(lambda _: None, questions, cohort.read)(view)
    return ct, masks


@pytest.mark.parametrize("name", ["evidence_removed", "irrelevant_removed", "evidence_alone"])
def test_questions_stay_word_for_word_and_views_are_shared_and_pure(cohort, name: str) -> None:
    found = asked(cohort, name)
    assert len(found) > 0.9 * len(cohort.questions)
    before = {q.id: q for q in cohort.questions}
    for question in found:
        assert question.model_copy(update={"metadata": before[question.id].metadata}) == before[question.id]
    assert found == asked(cohort, name)
    assert 0 < extra_volumes(ARMS[name], found) <= len(found)


def test_removed_evidence_leaves_the_rest_of_image_and_masks_as_it_was(cohort) -> None:
    found = asked(cohort, "evidence_removed")
    for question in (found[0], found[-1]):
        data = cohort.read(question.case_id)
        ct, masks = shown(cohort, "evidence_removed", found, question)
        region = Opened(data).region(structures_of(question))
        there = ct.oriented("RAS").voxels
        before = data.ct.oriented("RAS").voxels
        assert ct.axcodes == data.ct.axcodes
        assert ct.affine == data.ct.affine
        assert np.array_equal(there[~region], before[~region])
        assert not np.array_equal(there[region], before[region])
        for name in structures_of(question):
            if name in masks:
                assert not masks.mask(name).any()
        assert ct.history[-2].parameters["structures"] == list(structures_of(question))


def test_irrelevant_fills_as_many_voxels_and_changes_no_question_of_the_case(cohort) -> None:
    found = asked(cohort, "irrelevant_removed")
    for case_id, data in cohort.cases.items():
        own = [q for q in found if q.case_id == case_id]
        before = [q.to_json() for q in questions_of(data, PLAN).questions]
        opened = Opened(data)
        for question in (own[0], own[len(own) // 2]):
            changed = edited(opened, edit_of(question))
            assert [q.to_json() for q in questions_of(changed, PLAN).questions] == before
            differing = int((changed.ct.voxels != data.ct.voxels).sum())
            wanted = int(opened.region(structures_of(question)).sum())
            assert 0.8 * wanted <= differing <= wanted  # a filled voxel may come out as it was


def test_evidence_alone_is_air_but_for_its_surroundings(cohort) -> None:
    found = asked(cohort, "evidence_alone")
    question = next(q for q in found if q.subtype == "V3")
    ct, _ = shown(cohort, "evidence_alone", found, question)
    opened = Opened(cohort.read(question.case_id))
    region = opened.region(structures_of(question))
    voxels = ct.oriented("RAS").voxels
    assert np.array_equal(voxels[region], opened.ct.voxels[region])
    assert (voxels == -1000).mean() > 0.5


def test_moved_evidence_has_the_answer_that_the_moved_masks_measure(cohort) -> None:
    found = asked(cohort, "evidence_moved")
    assert found
    before = {q.id: q for q in cohort.questions}
    for question in found[::3]:
        assert question.answer != before[question.id].answer
        assert question.question == before[question.id].question
        assert question.options == before[question.id].options
        data = edited(Opened(cohort.read(question.case_id)), edit_of(question))
        plan = Plan(subtypes=(question.subtype,), per_subtype=40, forms=("choice",))
        again = [q for q in questions_of(data, plan).questions if q.question == question.question]
        assert [q.answer for q in again] in ([], [question.answer])  # dropped as one of many, or the same
        lesion = edit_of(question).structures[0]
        opened = Opened(cohort.read(question.case_id))
        old, new = opened.region([lesion]), Opened(data).region([lesion])
        assert int(new.sum()) == int(old.sum())
        hu = opened.ct.voxels[old].astype(float).mean()
        assert data.ct.oriented("RAS").voxels[new].mean() == pytest.approx(hu, abs=15)


def test_a_crop_takes_all_evidence_out_and_declining_is_right(cohort) -> None:
    found = asked(cohort, "unanswerable_crop")
    assert len(found) > 5
    for question in found[:8]:
        assert question.answer == "this cannot be answered from the scan"
        assert question.answer in question.options
        data = edited(Opened(cohort.read(question.case_id)), edit_of(question))
        assert not Opened(data).region(structures_of(question)).any()
        assert data.ct.shape == data.masks.shape
        assert data.ct.affine == data.masks.affine


def test_without_masks_the_arm_says_what_it_needs(cohort) -> None:
    with pytest.raises(InputError, match=r"'evidence_removed' needs the masks of the cases"):
        ARMS["evidence_removed"].questions(cohort.questions)
    data = next(iter(cohort.cases.values()))
    with pytest.raises(InputError, match="has no masks"):
        Opened(CaseData(data.case, data.ct, MaskSet([], [], data.ct.affine)))


def test_a_change_that_does_not_fit_names_the_case_and_the_structures(cohort) -> None:
    opened = Opened(next(iter(cohort.cases.values())))
    with pytest.raises(InputError, match=r"phantom_00001.*remove nothing_here: nothing to fill"):
        edited(opened, Edit(kind="remove", structures=("nothing_here",)))
    lesion = opened.scene.found.names[0]
    with pytest.raises(InputError, match="leaves the grid"):
        edited(opened, Edit(kind="move", structures=(lesion,), shift=(999, 0, 0)))
    with pytest.raises(InputError, match=r"slices 5.*are not among"):
        edited(opened, Edit(kind="crop", structures=("liver",), start=5, stop=5))


REAL = ("abdomen_pelvis_3mm", "abdomen_slab_3mm", "thorax_aorta_cta_1p5mm")


@pytest.mark.parametrize("name", REAL)
def test_the_irrelevant_changes_no_answer_of_a_real_case(shared: Path, name: str) -> None:
    folder = shared / "data" / "real_ct" / name
    data = load_case(find_cases(folder).cases[0], folder)
    before = questions_of(data, PLAN).questions
    if not before:
        pytest.skip("this case gives no question")
    found = ARMS["irrelevant_removed"].questions(before, lambda _: data)
    assert found
    opened = Opened(data)
    texts = [q.to_json() for q in before]
    for view in sorted({edit_of(q).view(q.case_id) for q in found})[:3]:
        edit = next(edit_of(q) for q in found if edit_of(q).view(q.case_id) == view)
        changed = edited(opened, edit)
        assert [q.to_json() for q in questions_of(changed, PLAN).questions] == texts
