"""Known facts of real cases: asked or dropped as they must be."""

from __future__ import annotations

import pytest

from medspatial.anatomy import describe
from medspatial.cases import load_case, read_cases
from medspatial.questions import Plan, questions_of

VOLUMES = ("V1", "V2", "V3", "V4", "V6", "M1", "M2", "M6")


@pytest.fixture(scope="module")
def real(shared):
    root = shared / "data" / "real_ct"
    cases = {case.case_id: case for case in read_cases(root)}
    cases |= {name: stated(case) for name, case in cases.items() if name.startswith("kits")}

    def build(name: str, *subtypes: str, per_subtype: int = 60):
        return questions_of(
            load_case(cases[name], root), Plan(subtypes=subtypes or None, per_subtype=per_subtype)
        )

    return build


def stated(case):
    """State the label map of a KiTS case, which says nowhere what its values mean."""
    masks = tuple(one.model_copy(update={"label_map": case.case_id[:6]}) for one in case.masks)
    return case.model_copy(update={"masks": masks})


def structures_of(result):
    return {name for question in result.questions for name in question.evidence.structures}


def test_kidney_volumes_of_the_abdomen(real):
    asked = {q.evidence.structures[0]: q for q in real("abdomen_pelvis_3mm", "V3").questions}
    assert asked["kidney_right"].answer == "192.6 ml"
    assert asked["kidney_left"].answer == "137.4 ml"


def test_cut_hips_give_no_volume_question(real):
    result = real("abdomen_pelvis_3mm", *VOLUMES)
    cut = {"hip_left", "hip_right", "liver", "spleen", "stomach", "aorta", "colon", "prostate", "femur_left"}
    assert not structures_of(result) & cut
    reasons = {d.structures[0]: d for d in result.drops if d.rule == "not_whole" and d.subtype == "V3"}
    assert "inferior" in (reasons["hip_left"].note or "")
    assert "superior" in (reasons["liver"].note or "")


def test_kidneys_cut_by_the_slab_give_no_volume_question(real):
    result = real("abdomen_slab_3mm", *VOLUMES)
    assert not structures_of(result) & {"kidney_left", "kidney_right", "liver", "spleen"}
    assert result.questions


def test_overlapping_masks_give_no_distance_question(real, shared):
    result = real("thorax_aorta_cta_1p5mm", "D1", "D2", "D3", "D4")
    root = shared / "data" / "real_ct"
    (case,) = [case for case in read_cases(root) if case.case_id == "thorax_aorta_cta_1p5mm"]
    masks = load_case(case, root, with_ct=False).masks
    assert len([entry for entry in result.drops if entry.rule == "overlap"]) >= 5
    assert len(result.questions) >= 10
    for question in result.questions:
        first, *others = question.evidence.structures
        for other in others:
            a, b = masks.mask(first), masks.mask(other)
            assert (a & b).sum() <= 0.011 * min(a.sum(), b.sum()), (question.subtype, first, other)


@pytest.mark.parametrize("name", ["kits19_case_00004", "kits19_case_00020", "kits23_case_00400"])
def test_kidneys_in_one_label_get_their_sides(real, name):
    result = real(name, "L5", "V3", "L2")
    kidneys = {one for one in structures_of(result) if one.startswith("kidney_") and "#" not in one}
    assert {"kidney_left", "kidney_right"} <= kidneys
    for question in result.questions:
        evidence = question.evidence
        if question.subtype == "L5" and set(evidence.structures) == {"kidney_left", "kidney_right"}:
            assert question.answer == ("yes" if evidence.structures[0] == "kidney_left" else "no")


def test_an_organ_is_measured_with_its_lesions(real):
    asked = {q.evidence.structures[0]: q for q in real("kits19_case_00004", "V3").questions}
    total = asked["kidney_left"].value + asked["kidney_right"].value
    assert total == pytest.approx(439.857 + 18.848, abs=0.01)
    assert "including any lesion" in asked["kidney_left"].question
    assert asked["kidney_left"].evidence.details["with_lesions"] == {"kidney_left": ["kidney_tumor#1"]}


def test_a_case_without_masks_says_so(real):
    result = real("chest_lowres_4mm")
    assert [entry.note for entry in result.drops] == ["the case has no masks"]


def test_scans_without_a_spine_get_no_midline_question(real):
    result = real("kits19_case_00004", "L1")
    assert not result.questions
    assert {"no_spine"} == {entry.rule for entry in result.drops}


def test_only_known_structures_are_asked_about(real):
    for name in ("abdomen_pelvis_3mm", "thorax_aorta_cta_1p5mm"):
        for structure in structures_of(real(name, per_subtype=2)):
            assert describe(structure.partition("#")[0]).group
