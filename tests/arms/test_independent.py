"""What an arm makes true, measured by SimpleITK and SciPy from the changed arrays, not by our geometry."""

from __future__ import annotations

from dataclasses import replace
from functools import reduce
from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk
from scipy import ndimage

from medspatial.arms import ARMS
from medspatial.arms.edit import edited
from medspatial.arms.evidence import edit_of, structures_of
from medspatial.arms.opened import Opened
from medspatial.cases import CaseData, find_cases, load_case, make_phantom
from medspatial.questions import Plan, questions_of
from medspatial.records import Case, Question
from medspatial.volume import MaskSet

HOSTED = {"liver": ("liver_tumor", "liver_cyst"), "kidney_left": ("kidney_tumor", "kidney_cyst")}
HOSTED["kidney_right"] = HOSTED["kidney_left"]
REAL = ("abdomen_pelvis_3mm", "abdomen_slab_3mm", "thorax_aorta_cta_1p5mm")


def real(shared: Path, name: str) -> CaseData:
    folder = shared / "data" / "real_ct" / name
    found = find_cases(folder)
    return load_case(found.cases[0], found.root)


def image(data: CaseData, names: list[str]) -> sitk.Image:
    """The union of masks as a SimpleITK image in its own (LPS) space, from the voxels as they are stored."""
    assert data.masks is not None
    union = reduce(np.logical_or, [data.masks.mask(name) for name in names])
    affine = np.array(data.masks.affine.matrix)
    lps = np.diag([-1.0, -1.0, 1.0]) @ affine[:3]
    spacing = np.linalg.norm(lps[:, :3], axis=0)
    found = sitk.GetImageFromArray(union.astype(np.uint8).transpose())
    found.SetSpacing(spacing.tolist())
    found.SetDirection((lps[:, :3] / spacing).ravel().tolist())
    found.SetOrigin(lps[:, 3].tolist())
    return found


def whole(data: CaseData, name: str) -> sitk.Image:
    """A structure as questions mean it: an organ with its lesions, the largest piece of a lesion ``#1``."""
    assert data.masks is not None
    mask, _, number = name.partition("#")
    names = [mask, *(one for one in HOSTED.get(mask, ()) if one in data.masks.names)]
    found = image(data, names)
    if not number:
        return found
    pieces = sitk.RelabelComponent(sitk.ConnectedComponent(found, True), sortByObjectSize=True)
    return sitk.Cast(pieces == int(number), sitk.sitkUInt8)


def centroid(found: sitk.Image) -> np.ndarray:
    """Centre in RAS+ mm."""
    filter_ = sitk.LabelShapeStatisticsImageFilter()
    filter_.Execute(found)
    return np.array(filter_.GetCentroid(1)) * (-1, -1, 1)


def gap(first: sitk.Image, second: sitk.Image) -> float:
    """Least distance in mm from a voxel of one to a voxel of the other."""
    far = sitk.DanielssonDistanceMap(first, inputIsBinary=True, squaredDistance=False, useImageSpacing=True)
    return float(sitk.GetArrayFromImage(far)[sitk.GetArrayFromImage(second) > 0].min())


def agrees(question: Question, data: CaseData) -> bool | None:
    """Whether SimpleITK measures the same, for subtypes whose rule is one measurement; None for others."""
    assert question.evidence is not None
    names, value = question.evidence.structures, float(question.evidence.value or 0)
    if question.subtype == "D2" and question.value is not None:
        return bool(abs(gap(*(whole(data, name) for name in names)) - question.value) <= 0.15)
    if question.subtype not in {"L5", "A5"}:
        return None
    first, second = (centroid(whole(data, name)) for name in names)
    if question.subtype == "L5":
        right = "yes" if first[0] < second[0] else "no"
        return bool(question.answer == right and abs(second[0] - first[0] - value) <= 0.5)
    axis = int(np.abs(first - second).argmax())
    step = float((first - second)[axis])
    words = (("right", "left"), ("anterior", "posterior"), ("superior", "inferior"))[axis]
    return bool(question.answer == words[int(step < 0)] and abs(abs(step) - abs(value)) <= 0.5)


def rests_on_a_lesion(question: Question) -> bool:
    assert question.evidence is not None
    return any("#" in name for name in question.evidence.structures)


def checked(data: CaseData, plan: Plan) -> list[str]:
    """Move lesions, measure each new answer independently, and return the subtypes that were checked."""
    asked = [one for one in questions_of(data, plan).questions if rests_on_a_lesion(one)]
    measured = {question.id: agrees(question, data) for question in asked}
    known = [verdict for verdict in measured.values() if verdict is not None]
    assert sum(known) >= 0.8 * len(known), "stray voxels, which our geometry sets aside, explain a few alone"
    found = []
    opened = Opened(data)
    usable = [question for question in asked if measured[question.id]]
    for question in ARMS["evidence_moved"].questions(usable, lambda _: data):
        assert agrees(question, edited(opened, edit_of(question))), question
        assert not agrees(question, data), "the move turned nothing"
        found.append(question.subtype or "")
    return found


PLAN = Plan(subtypes=("L5", "D2", "A5"), per_subtype=12, forms=("open",))


def test_moved_answers_of_a_phantom_are_those_that_simpleitk_measures() -> None:
    made = make_phantom(2, spacing=4.0, axcodes="PIL")
    case = Case(case_id=made.case_id, patient_id=made.patient_id)
    assert {"L5", "D2"} <= set(checked(CaseData(case, made.ct, made.masks), PLAN))


def test_moved_answers_of_a_real_ct_are_those_that_simpleitk_measures(shared: Path) -> None:
    """A lesion is drawn into the liver of a real CT: 60 HU over it, with a mask of its own."""
    data = real(shared, "abdomen_slab_3mm")
    assert data.ct is not None
    assert data.masks is not None
    masks = {name: data.masks.mask(name) for name in data.masks.names}
    padded = np.pad(masks["liver"], 1)  # the scan ends in the liver: the lesion must not be cut
    depth = ndimage.distance_transform_edt(padded, sampling=data.masks.affine.spacing)[1:-1, 1:-1, 1:-1]
    seed = np.unravel_index(int(depth.argmax()), depth.shape)
    grid = np.indices(depth.shape)
    squared = sum(
        ((axis - at) * mm) ** 2 for axis, at, mm in zip(grid, seed, data.masks.affine.spacing, strict=True)
    )
    lesion = (squared <= 9.0**2) & masks["liver"]
    masks["liver"] = masks["liver"] & ~lesion
    masks["liver_tumor"] = lesion
    voxels = np.where(lesion, data.ct.voxels + 60, data.ct.voxels).astype(data.ct.voxels.dtype)
    drawn = replace(
        data,
        ct=replace(data.ct, voxels=voxels),
        masks=MaskSet.from_masks(masks, data.masks.affine),
    )
    assert checked(drawn, PLAN)


@pytest.mark.parametrize("name", REAL)
def test_removal_on_a_real_ct_touches_the_structure_alone_and_takes_its_contrast(
    shared: Path, name: str
) -> None:
    """By arrays alone: outside nothing changes; inside, the step to the surroundings is gone."""
    data = real(shared, name)
    opened = Opened(data)
    asked = questions_of(data, Plan(per_subtype=1, forms=("choice",))).questions
    found = ARMS["evidence_removed"].questions(asked, lambda _: data)
    if not found:
        pytest.skip("this case gives no question with evidence")
    assert data.masks is not None
    question = min(found, key=lambda one: opened.region(structures_of(one)).sum())
    named = [one.partition("#")[0] for one in structures_of(question)]
    inside = image(data, [one for one in named if one in data.masks.names])
    where = sitk.GetArrayFromImage(inside).transpose() > 0
    changed = edited(opened, edit_of(question))
    assert data.ct is not None
    assert changed.ct is not None
    before, after = data.ct.voxels.astype(float), changed.ct.voxels.astype(float)
    far = ~ndimage.binary_dilation(where, iterations=12)  # its lesions and stray pieces lie nearer
    assert np.array_equal(before[far], after[far])
    rim = ndimage.binary_dilation(where, iterations=2) & ~where & (before == after)
    steps = [abs(np.median(one[where]) - np.median(one[rim])) for one in (before, after)]
    assert steps[1] <= max(0.5 * steps[0], 25.0), steps
