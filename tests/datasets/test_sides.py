from __future__ import annotations

import nibabel as nib
import numpy as np
import pytest

from medspatial.datasets.sides import Reason, check_answer_sides, left_share
from medspatial.errors import InputError
from medspatial.records import Case, Evidence, MaskSource, Question
from medspatial.volume import Affine, MaskSet

AFFINE = np.diag([2.0, 2.0, 2.0, 1.0])
AFFINE[:3, 3] = (-60, -40, -30)  # RAS: the patient's left is at negative x


def _masks(nodule_at):
    shape = (60, 20, 20)
    left, right, nodule = (np.zeros(shape, bool) for _ in range(3))
    left[5:25], right[35:55] = True, True
    for low, high in nodule_at:
        nodule[low:high, 5:9, 5:9] = True
    return MaskSet.from_masks(
        {"lung_lower_lobe_left": left & ~nodule, "lung_lower_lobe_right": right & ~nodule, "nodule": nodule},
        Affine(AFFINE),
    )


def test_share_on_the_left():
    assert left_share(_masks([(8, 12)]), "nodule") == 1.0
    assert left_share(_masks([(40, 44)]), "nodule") == 0.0
    assert left_share(_masks([(8, 12), (40, 44)]), "nodule") == 0.5
    assert left_share(_masks([(8, 9)]), "nodule") is None  # 16 voxels say nothing
    with pytest.raises(InputError, match="no mask named 'cyst'"):
        left_share(_masks([]), "cyst")


@pytest.mark.parametrize(
    ("nodule_at", "answer", "verdict"),
    [
        ([(8, 12)], "left", "agrees"),
        ([(8, 12)], "right", "conflict"),
        ([(8, 12)], "both sides", "conflict"),
        ([(8, 12), (40, 44)], "both sides", "agrees"),
        ([(8, 12), (40, 44)], "left", "unclear"),
        ([(8, 20), (40, 42)], "both sides", "unclear"),
    ],
)
def test_answers_against_masks(tmp_path, nodule_at, answer, verdict):
    masks = _masks(nodule_at)
    folder = tmp_path / "masks"
    folder.mkdir()
    for name in masks.names:
        nib.Nifti1Image(masks.mask(name).astype(np.uint8), AFFINE).to_filename(folder / f"{name}.nii.gz")
    case = Case(case_id="c", patient_id="c", masks=(MaskSource(path="masks"),))
    question = Question(
        case_id="c",
        question="On which side is the nodule?",
        answer=answer,
        evidence=Evidence(details={"finding": "nodule"}),
    )
    silent = Question(case_id="c", question="How large is the nodule?", answer="5 mm")
    report = check_answer_sides([question, silent], [case], tmp_path)
    (check,) = report.checks
    assert (check.verdict, check.finding) == (verdict, "nodule")
    assert len(report.conflicts) == (verdict == "conflict")
    assert report.reasons == {Reason.NO_SIDE: 1}


def test_organ_that_is_not_there(tmp_path):
    mask = np.zeros((20, 20, 20), np.uint8)
    mask[5:9, 5:9, 5:9] = 1
    (tmp_path / "masks").mkdir()
    nib.Nifti1Image(mask, AFFINE).to_filename(tmp_path / "masks" / "kidney_left.nii.gz")
    case = Case(case_id="c", patient_id="c", masks=(MaskSource(path="masks"),))
    asked = [
        Question(case_id="c", question="Where is the cyst?", answer="right kidney"),
        Question(case_id="c", question="Where is the stone?", answer="left kidney"),
    ]
    report = check_answer_sides(asked, [case], tmp_path)
    (check,) = report.checks
    assert report.reasons == {Reason.NOT_CONTRADICTED: 1}
    assert (check.id, check.verdict, check.finding) == (asked[0].id, "conflict", "kidney")


def test_every_answer_that_is_not_compared_has_a_reason(tmp_path):
    mask = np.zeros((20, 20, 20), np.uint8)
    mask[5:9, 5:9, 5:9] = 1
    (tmp_path / "masks").mkdir()
    nib.Nifti1Image(mask, AFFINE).to_filename(tmp_path / "masks" / "liver.nii.gz")
    cases = [
        Case(case_id="c", patient_id="c", masks=(MaskSource(path="masks"),)),
        Case(case_id="bare", patient_id="c"),
        Case(case_id="broken", patient_id="c", masks=(MaskSource(path="nowhere.nii.gz"),)),
    ]
    asked = [
        Question(case_id=name, question=f"Where is {finding}?", answer=answer)
        for name, finding, answer in (
            ("c", "the nodule", "left lung"), ("c", "the mass", "liver"), ("bare", "it", "left"),
            ("broken", "it", "right"), ("gone", "it", "right"), ("gone", "that", "nowhere"),
        )
    ]  # fmt: skip
    report = check_answer_sides(asked, cases, tmp_path)
    assert report.checks == ()
    assert report.reasons == {
        Reason.UNKNOWN_CASE: 2, Reason.NO_MASK_OF_IT: 1, Reason.NO_SIDE: 1, Reason.NO_MASKS: 1,
        Reason.UNREADABLE: 1,
    }  # fmt: skip
    assert list(report.cases_with(Reason.UNKNOWN_CASE)) == ["gone"]
    assert "nowhere.nii.gz: no such file" in report.cases_with(Reason.UNREADABLE)["broken"]
