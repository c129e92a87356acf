"""Around a metric on the command line: options, resuming a costly one, the report of mistakes."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from medspatial.cli.scoring import scored, taken, write_report
from medspatial.errors import InputError
from medspatial.records import Prediction, write_records
from medspatial.score import Mark, Metric, metric


def rows(*texts: str) -> list[Prediction]:
    return [
        Prediction(
            id=f"q{n}", case_id="c", question=f"Side {n}?", answer="left", answer_type="side", prediction=text
        )
        for n, text in enumerate(texts)
    ]


class Costly(Metric):
    name = "costly"
    costly = True

    def __init__(self) -> None:
        self.asked: list[str] = []

    def marks(self, rows: Sequence[Prediction]) -> list[Mark]:
        self.asked += [row.id for row in rows]
        return [Mark(1.0, row.prediction == "left") for row in rows]


def test_a_costly_metric_scores_only_what_is_new_or_changed(tmp_path: Path) -> None:
    target, judge = tmp_path / "s.jsonl", Costly()
    write_records(target, scored(judge, rows("left", "right"), target))
    again = scored(judge, rows("left", "left", "right"), target)
    assert judge.asked == ["q0", "q1", "q1", "q2"]
    assert [score.correct for score in again] == [True, True, False]
    assert [score.id for score in again] == ["q0", "q1", "q2"]


def test_a_cheap_metric_is_always_scored_afresh(tmp_path: Path) -> None:
    target = tmp_path / "s.jsonl"
    old = [score.model_copy(update={"correct": True}) for score in metric("exact").score(rows("right"))]
    write_records(target, old)
    assert scored(metric("exact"), rows("right"), target)[0].correct is False


def test_options_go_to_the_metric_and_unknown_ones_are_named() -> None:
    assert taken("sbert", ["model=folder"]) == {"model": "folder"}
    with pytest.raises(InputError, match=r"metric 'sbert': unknown option 'modle'; it takes: .*model"):
        taken("sbert", ["modle=folder"])


def test_the_report_holds_figures_and_every_mistake(tmp_path: Path) -> None:
    scores = metric("exact").score(rows("left", "right"))
    write_report(tmp_path / "r.json", [{"accuracy": 0.5}], [one for one in scores if not one.correct])
    found = json.loads((tmp_path / "r.json").read_text())
    assert found["figures"] == [{"accuracy": 0.5}]
    assert [(row["id"], row["prediction"]) for row in found["mismatches"]] == [("q1", "right")]
