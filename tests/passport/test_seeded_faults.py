"""Every kind of fault that is put into a good set is found, and the good sets raise no alarm."""

from __future__ import annotations

import copy
import json
import random
import shutil

import nibabel as nib
import numpy as np
import pytest
from seeded_faults import SEEDS, rows_of

from medspatial.cases import Discovery, read_cases
from medspatial.passport import Kind, VqaSet, audit_set, read_set
from medspatial.passport import result as result_module
from medspatial.questions import build_questions, mirrored_cases
from medspatial.records import Question, write_records

ON_IMAGES = {Kind.SIDES, Kind.SIZES, Kind.ANSWERS, Kind.CASES_UNKNOWN}


@pytest.fixture(autouse=True)
def all_examples(monkeypatch):
    monkeypatch.setattr(result_module, "_EXAMPLES", 10_000)


def _kinds(passport):
    return {one.kind for one in passport.alarms}


def test_the_phantoms_raise_no_alarm(cohort, audit):
    root, questions = cohort
    found = audit(rows_of(questions), root / "cases.jsonl")
    assert found.alarms == ()
    assert found.verdict == "no alarm"
    assert (found.masks.compared, found.masks.differ) == (len(questions), 0)
    assert found.images.verdicts == {"fine": 8}
    assert found.sources == {"medspatial phantom": "CC0-1.0"}


def test_the_nine_real_cases_raise_no_alarm(shared, tmp_path):
    root = shared / "data" / "real_ct"
    cases = [_stated(case) for case in read_cases(root)]
    results = build_questions([*cases, *mirrored_cases(cases)], root, forms=("open", "choice"))
    rows = [question for result in results for question in result.questions]
    path = write_records(tmp_path / "real.jsonl", rows)
    found = audit_set(read_set(path), Discovery(cases), root)
    assert found.alarms == ()
    assert found.masks.compared == len(rows) > 150
    assert found.masks.differ == 0


def _stated(case):
    if not case.case_id.startswith("kits"):
        return case
    masks = tuple(one.model_copy(update={"label_map": case.case_id[:6]}) for one in case.masks)
    return case.model_copy(update={"masks": masks})


@pytest.mark.parametrize("name", SEEDS)
def test_recall_of(name, cohort, audit):
    """All rows that carry the fault are named, and nothing else is said to be wrong."""
    kind, seed = SEEDS[name]
    root, questions = cohort
    rows, marked = seed(copy.deepcopy(rows_of(questions)), random.Random(3))
    on_masks = kind in ON_IMAGES or name == "units swapped"
    found = audit(rows, root / "cases.jsonl" if on_masks else None)
    assert marked, "the fault was put nowhere"
    named = " ".join(line for one in found.alarms if one.kind is kind for line in one.examples)
    assert [one for one in marked if one not in named] == []
    assert _kinds(found) == {kind}


def _scaled(path, factor):
    image = nib.load(path)
    affine = image.affine.copy()
    affine[:3, :3] *= factor
    nib.Nifti1Image(np.asanyarray(image.dataobj), affine).to_filename(path)


def test_another_spacing_in_the_headers(cohort, audit, tmp_path):
    root, questions = cohort
    case = questions[0].case_id
    home = _copied(root, case, tmp_path / "scaled")
    for name in ("ct.nii.gz", "seg.nii.gz"):
        _scaled(home / case / name, 1.2)
    rows = [row for row in rows_of(questions) if row["case_id"] == case]
    found = audit(rows, home / "cases.jsonl")
    assert _kinds(found) <= {Kind.SPACING, Kind.ANSWERS}
    (spaced,) = [one for one in found.alarms if one.kind is Kind.SPACING]
    assert spaced.count >= sum(row.get("unit") == "ml" for row in rows) > 0


def test_left_and_right_of_the_images_exchanged(cohort, audit, tmp_path):
    root, questions = cohort
    case = questions[0].case_id
    home = _copied(root, case, tmp_path / "mirrored")
    for name in ("ct.nii.gz", "seg.nii.gz"):
        image = nib.load(home / case / name)
        mirror = np.diag([-1.0, 1.0, 1.0, 1.0])
        nib.Nifti1Image(np.asanyarray(image.dataobj), mirror @ image.affine).to_filename(home / case / name)
    rows = [row for row in rows_of(questions) if row["case_id"] == case]
    found = audit(rows, home / "cases.jsonl")
    assert Kind.IMAGES_REFUSED in _kinds(found)
    assert found.masks.not_compared == {"case refused": len(rows)}


def test_a_spacing_that_rows_state(cohort):
    root, questions = cohort
    case = questions[0].case_id
    rows = [row | {"metadata": {"row": {}}} for row in rows_of(questions) if row["case_id"] == case]
    held = _set_of(rows, [{**row, "spacing": "[0.7 0.7 1.25]", "patient_id": "p"} for row in rows])
    found = audit_set(held, Discovery(read_cases(root / "cases.jsonl")), root)
    (one,) = [alarm for alarm in found.alarms if alarm.kind is Kind.SPACING]
    assert "0.7 x 0.7 x 1.25 mm stated, 7 x 7 x 7 mm in the image" in one.examples[0]


def _set_of(rows, published):
    return VqaSet("set", "test", [Question.model_validate(row) for row in rows], published)


def test_a_licence_that_drops_the_terms_of_the_source(cohort, tmp_path):
    root, questions = cohort
    cases = [
        case.model_copy(update={"license": "CC BY-NC-SA 4.0", "source": "CT-RATE"})
        for case in read_cases(root / "cases.jsonl")
    ]
    path = write_records(tmp_path / "q.jsonl", questions[:4])
    held = read_set(path)
    for licence, broken in (("MIT", True), ("CC-BY-4.0", True), ("CC-BY-NC-SA-4.0", False)):
        found = audit_set(held, Discovery(cases), root, licence=licence)
        assert (Kind.LICENCE in _kinds(found)) is broken, licence


def _copied(root, case, home):
    shutil.copytree(root / case, home / case)
    lines = (root / "cases.jsonl").read_text().splitlines()
    own = [line for line in lines if json.loads(line)["case_id"] == case]
    (home / "cases.jsonl").write_text("\n".join(own) + "\n")
    return home
