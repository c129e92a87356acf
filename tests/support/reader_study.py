"""A study of readers over one small case."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml
from viewed_run import body

from medspatial.records import Case, Prediction, Question, write_records
from medspatial.volume import write_volume

READERS = ("anna", "ben", "carla")


def write_study(folder: Path, number: int = 6, *, words: str = "", **design: Any) -> Path:
    """Write cases, questions, an assistant's answers and the design; returns the design's path.

    ``words`` are added to every question, as a third option and to the assistant's answers.
    """
    write_volume(body()[0], folder / "data" / "ct_1.nii.gz")
    case = Case(case_id="patient-name-1", patient_id="patient-name-1", image_path="ct_1.nii.gz")
    write_records(folder / "data" / "cases.jsonl", [case])
    asked = [
        Question(
            case_id="patient-name-1",
            question=f"Question {place}: on which side is the liver?{words}",
            answer="right",
            options=("left", "right", *([words] if words else ())),
            category="laterality",
            subtype="L1",
            answer_type="choice",
        )
        for place in range(number)
    ]
    write_records(folder / "questions.jsonl", asked)
    shared = ("id", "case_id", "question", "answer")
    rows = [
        Prediction(**{name: getattr(one, name) for name in shared}, model="helper", prediction=f"left{words}")
        for one in asked
    ]
    write_records(folder / "helper.jsonl", rows)
    settings = {
        "cases": "data/cases.jsonl",
        "questions": "questions.jsonl",
        "readers": list(READERS),
        **design,
    }
    (folder / "readers.yaml").write_text(yaml.safe_dump(settings))
    return folder / "readers.yaml"
