"""The field's plain rows."""

from __future__ import annotations

import json
from pathlib import Path

from medspatial.exchange.plain_rows import write_plain_rows
from medspatial.records import Score


def score(**fields: object) -> Score:
    common = {"case_id": "c", "question": "q?", "answer": "links ü", "model": "m", "metric": "exact"}
    return Score.model_validate({**common, **fields})


def test_rows_as_the_field_has_them(tmp_path: Path) -> None:
    rows = [
        score(image_path="a.nii.gz", prediction="x", score=0.0, correct=False),
        score(prediction="y\u2028z", status="unscored"),
        score(prediction=None, status="unscored", rule="failed"),
    ]
    assert write_plain_rows(tmp_path / "rows.jsonl", rows) == 2
    lines = (tmp_path / "rows.jsonl").read_text(encoding="utf-8").split("\n")
    assert [json.loads(line) for line in lines if line] == [
        {
            "image_path": "a.nii.gz",
            "question": "q?",
            "prediction": "x",
            "answer": "links ü",
            "correct": False,
        },
        {"case_id": "c", "question": "q?", "prediction": "y\u2028z", "answer": "links ü", "correct": None},
    ]
