"""A small run with everything the viewer shows: a CT with masks, evidence, answers, models with inputs."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from medspatial.records import (
    Case,
    Evidence,
    EvidencePoint,
    MaskSource,
    Prediction,
    Question,
    Score,
    write_records,
)
from medspatial.volume import Affine, Volume, write_volume

TOKEN = "secret-token"
PORT = 8642
HOSTILE = '<script>window.hacked=1</script><img src=x onerror="window.hacked=1">\'"&'
SHAPE = (60, 50, 40)
SPACING = (4.0, 5.0, 6.0)
# A liver on the patient's right and a marker on the left, in RAS voxel indices.
LIVER = (slice(38, 54), slice(18, 36), slice(14, 28))
MARKER = (slice(8, 14), slice(30, 36), slice(26, 32))


def body(axcodes: str = "LPS") -> tuple[Volume, Volume]:
    affine = Affine.from_axcodes("RAS", SPACING, origin=(-118.0, -122.5, -117.0))
    rng = np.random.default_rng(0)
    hu = np.full(SHAPE, -1000, dtype=np.int16)
    hu[4:56, 6:44, 2:38] = rng.integers(-20, 60, size=(52, 38, 36))
    labels = np.zeros(SHAPE, dtype=np.uint8)
    labels[LIVER], labels[MARKER] = 5, 3
    hu[LIVER], hu[MARKER] = 150, 1000
    return Volume(hu, affine, unit="HU").oriented(axcodes), Volume(labels, affine).oriented(axcodes)


def middle(box: tuple[slice, slice, slice]) -> tuple[float, float, float]:
    affine = Affine.from_axcodes("RAS", SPACING, origin=(-118.0, -122.5, -117.0))
    x, y, z = affine.apply([(one.start + one.stop - 1) / 2 for one in box])
    return float(x), float(y), float(z)


def write_run(folder: Path) -> Path:
    cases = folder / "cases"
    hu, labels = body()
    write_volume(hu, cases / "case_1" / "ct.nii.gz")
    write_volume(labels, cases / "case_1" / "seg.nii.gz")
    (cases / "labels.json").write_text(json.dumps({"5": "liver", "3": "kidney_left"}))
    case = Case(
        case_id="case_1",
        patient_id="case_1",
        image_path="case_1/ct.nii.gz",
        masks=(MaskSource(path="case_1/seg.nii.gz", label_map="labels.json"),),
    )
    write_records(cases / "all_cases.jsonl", [case])
    question = Question(
        case_id="case_1",
        question=f"How far is the liver from the left kidney? {HOSTILE}",
        answer="80 mm",
        options=("40 mm", "80 mm", HOSTILE),
        category="distance",
        subtype="D3",
        answer_type="choice",
        evidence=Evidence(
            measurement=f"distance of the centroids {HOSTILE}",
            value=80.0,
            unit="mm",
            structures=("liver", "kidney_left"),
            points=(
                EvidencePoint(name="liver", xyz=middle(LIVER)),
                EvidencePoint(name="kidney_left", xyz=middle(MARKER)),
            ),
        ),
    )
    side = Question(
        case_id="case_1",
        question="On which side is the liver?",
        answer="right",
        options=("left", "right"),
        category="laterality",
        subtype="L1",
        answer_type="choice",
        evidence=Evidence(
            measurement="x offset of the centroid from the spine at its level",
            structures=("liver",),
            points=(
                EvidencePoint(name="liver", xyz=middle(LIVER)),
                EvidencePoint(name="spine", xyz=(0.0, -60.0, 9.0)),
            ),
        ),
    )
    write_records(folder / "questions" / "questions.jsonl", [question, side])
    shared = question.model_dump(include=set(Prediction.model_fields) & set(Question.model_fields))
    del shared["metadata"]
    for name, text in (("merlin", "80 mm"), ("grid", HOSTILE)):
        row = Prediction(**shared, model=name, prediction=text)
        write_records(folder / "predictions" / f"{name}.jsonl", [row])
        (folder / "predictions" / f"{name}.volumes.jsonl").write_text("not an answer\n")
        score = Score(
            **shared, model=name, metric="exact", score=1.0, correct=True, prediction=text, reason=HOSTILE
        )
        write_records(folder / "scores" / "exact" / f"{name}.jsonl", [score])
    settings = {
        "title": f"A study {HOSTILE}",
        "cases": {"path": None, "phantom": {}, "assume_axes": None},
        "models": [
            {"kind": "merlin", "name": "merlin", "options": {"path": "weights"}},
            {"kind": "openai", "name": "grid", "options": {"representation": "grid", "count": 4}},
            {"kind": "random", "name": "random", "options": {}},
        ],
    }
    (folder / "manifest.json").write_text(json.dumps({"configuration": settings}))
    (folder / "report").mkdir()
    (folder / "report" / "index.html").write_text("<h1>report</h1>")
    return folder


def write_real_report(folder: Path) -> None:
    """Replace the run's stand-in of a report by a real one."""
    from medspatial.compare import compare
    from medspatial.records import read_records
    from medspatial.report import write_report

    (folder / "report" / "index.html").unlink()
    questions = read_records(folder / "questions" / "questions.jsonl", Question).rows
    scores = [
        row
        for path in (folder / "scores" / "exact").glob("*.jsonl")
        for row in read_records(path, Score).rows
    ]
    write_report(
        folder / "report",
        title="A report",
        questions=questions,
        predictions=(),
        scores=scores,
        comparison=compare(scores, questions=questions, resamples=20),
        figure_formats=("svg",),
    )
