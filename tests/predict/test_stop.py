"""A run that must stop: what is answered stays, nothing more is read or asked, and a resume goes on."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from medspatial.errors import RunStopped
from medspatial.inputs import Query
from medspatial.models import Answer, Model
from medspatial.predict import predict, read_predictions
from medspatial.records import Prediction, Question


class Limited(Model):
    """Answers some questions, by id, and stops at all others; a mixed batch fails as a whole."""

    needs_volume = True

    def __init__(self, allowed: set[str]) -> None:
        self.name = "limited"
        self.allowed = allowed
        self.earlier: list[str] = []

    def resume(self, answered: Sequence[Prediction]) -> None:
        self.earlier = [row.id for row in answered]

    def answer(self, encoded: Any, queries: Sequence[Query]) -> list[Answer]:
        known = [query.id for query in queries if query.id in self.allowed]
        if not known:
            raise RunStopped("no more")
        if len(known) < len(queries):
            raise RuntimeError("some have no answer")
        return [Answer("left") for _ in queries]


def questions() -> list[Question]:
    return [
        Question(id=f"{c}{n}", case_id=f"case{c}", question=f"Side {n}?", answer="left")
        for c in "abcd"
        for n in range(3)
    ]


def test_a_stop_keeps_every_answer_of_its_batch(tmp_path: Path) -> None:
    path = tmp_path / "p.jsonl"
    loads: list[str] = []
    with pytest.raises(RunStopped, match="no more"):
        predict(Limited({"a0", "a1", "a2", "b2"}), questions(), path, cases=loads.append)
    rows = read_predictions(path)
    assert [row.id for row in rows] == ["a0", "a1", "a2", "b2"]
    assert all(row.status == "ok" for row in rows)
    assert "cased" not in loads[:3]
    assert set(loads) <= {"casea", "caseb", "casec"}


def test_a_resume_tells_the_model_what_is_there_and_goes_on(tmp_path: Path) -> None:
    path = tmp_path / "p.jsonl"
    with pytest.raises(RunStopped):
        predict(Limited({"a0"}), questions(), path, cases=lambda case_id: None)
    model = Limited({question.id for question in questions()})
    run = predict(model, questions(), path, cases=lambda case_id: None)
    assert model.earlier == ["a0"]
    assert (run.resumed, run.answered, run.failed) == (1, 11, 0)
