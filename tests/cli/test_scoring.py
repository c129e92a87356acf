"""Around a metric on the command line: options, where scores go, the report of mistakes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from medspatial.cli.scoring import detail_lines, score_table, scored, taken, write_report
from medspatial.errors import InputError
from medspatial.progress import Silent
from medspatial.records import Prediction
from medspatial.score import metric


def rows(*texts: str) -> list[Prediction]:
    return [
        Prediction(
            id=f"q{n}", case_id="c", question=f"Side {n}?", answer="left", answer_type="side", prediction=text
        )
        for n, text in enumerate(texts)
    ]


def test_scores_that_go_to_a_file_are_kept_there(tmp_path: Path) -> None:
    target = tmp_path / "s.jsonl"
    assert [one.correct for one in scored(metric("exact"), rows("left", "right"), target, Silent())] == [
        True,
        False,
    ]
    lines = target.read_text().splitlines()
    target.write_text(lines[0].replace('"correct": true', '"correct": false') + "\n")
    again = list(scored(metric("exact"), rows("left", "left"), target, Silent()))
    assert [one.correct for one in again] == [False, True], "the first stood in the file"
    assert [one.correct for one in scored(metric("exact"), rows("left"), None, Silent())] == [True]


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


def test_progress_counts_every_row_kept_or_new(tmp_path: Path) -> None:
    class Counting(Silent):
        done = 0

        def advance(self, steps: int = 1, note: str = "") -> None:
            self.done += steps

    target, bar = tmp_path / "s.jsonl", Counting()
    list(scored(metric("exact"), rows("left"), target, bar))
    list(scored(metric("exact"), rows(*["left"] * 300), target, bar))
    assert bar.done == 301


def test_the_table_is_read_by_people() -> None:
    answers = rows("left", "right", "")
    exact, rouge = metric("exact"), metric("rouge")
    found = [(("[red]m",), judge.aggregate(judge.score(answers))) for judge in (exact, rouge)]
    table = score_table(found, [(judge.name, judge.warning) for judge in (exact, rouge)])
    assert [column.title for column in table.columns] == [
        "Model", "Metric", "Accuracy (%)", "Mean", "Rows", "Unanswered", "No verdict",
    ]  # fmt: skip
    shown = [[cell.main for cell in row] for row in table.rows]
    assert shown[0] == ["[red]m", "exact", "33.3", "–", "3", "1", "0"]
    assert shown[1][:4] == ["[red]m", "rouge", "–", "0.3333"]
    assert "rouge: knows ASCII letters" in table.note
    lines = detail_lines(found[1][1])
    assert any(line.startswith("rouge, mean: score 0.3333, ") and line.endswith("rows 3") for line in lines)
    assert not any("{" in line for line in lines)


def test_accuracies_alone_have_no_column_of_means() -> None:
    judge = metric("exact")
    table = score_table([(("m",), judge.aggregate(judge.score(rows("left"))))], [])
    assert "Mean" not in [column.title for column in table.columns]
