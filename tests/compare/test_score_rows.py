"""Scores as columns: the same as the rows they stand for, in memory and in their files."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from medspatial.compare import CorrectnessMatrix, compare, reports, scores_from_reports, scores_of_files
from medspatial.compare.score_rows import SCORED, UNANSWERED, UNSCORED, ScoreColumns, ScoreRows, one_metric
from medspatial.errors import InputError
from medspatial.records import Question, Score, StoredRecords, write_records


def score(name: str, model: str = "m", **fields: object) -> Score:
    facts = {"id": name, "case_id": name, "question": f"Q {name}?", "answer": "left", "prediction": "left"}
    return Score.model_validate({**facts, "model": model, "metric": "exact", **fields})


ROWS = [
    score("a", correct=True, score=1.0),
    score("b", correct=False, score=0.0, visible_share=0.25),
    score("c", status="unanswered"),
    score("a", "k", status="unscored", rule="failed"),
    score("b", "k", status="unscored"),
    score("c", "k", metric="bleu", score=0.4, arm="blank"),
    score("d", "k", correct=True, score=1.0),
]


def test_columns_say_what_the_rows_say() -> None:
    rows = ScoreRows.of(ROWS)
    assert list(rows) == ROWS
    assert [list(one) for one in (rows.ids, rows.models, rows.metrics, rows.arms)] == [
        [getattr(one, name) for one in ROWS] for name in ("id", "model", "metric", "arm")
    ]
    assert rows.states.tolist() == [SCORED, SCORED, UNANSWERED, UNSCORED, UNSCORED, SCORED, SCORED]
    assert rows.verdicts.tolist() == [1.0, 0.0, 0.0, 0.0, 0.0, 0.4, 1.0]
    assert rows.graded.tolist() == [False] * 5 + [True, False]
    assert rows.failed.tolist() == [False, False, False, True, False, False, False]
    assert np.flatnonzero(np.isfinite(rows.visible)).tolist() == [1]
    assert ScoreRows.of(rows) is rows


def test_judgements_are_the_same_in_any_order_of_the_rows() -> None:
    found = ScoreRows.of(ROWS).judgements()
    assert found == ScoreRows.of(ROWS[::-1]).judgements()
    assert found[:2] == [
        ("a", "k", "standard", "exact", UNSCORED, 0.0),
        ("a", "m", "standard", "exact", SCORED, 1.0),
    ]


def test_a_part_keeps_order_and_names() -> None:
    rows = ScoreRows.of(ROWS)
    part = rows.only(rows.models.among({"k"}))
    assert list(part) == ROWS[3:]
    assert part.models.there() == ("k",)
    assert part.ids.there() == ("a", "b", "c", "d")
    assert list(part[1:3]) == ROWS[4:6]
    assert part[-1] == ROWS[-1]
    assert list(part.only(part.metrics.among({"none"}))) == []
    with pytest.raises(IndexError):
        part[4]


def test_other_names_of_models_reach_the_rows_and_two_may_become_one() -> None:
    rows = ScoreRows.of(ROWS).renamed({"k": "K"})
    assert [one.model for one in rows] == ["m"] * 3 + ["K"] * 4
    assert ScoreRows.of(ROWS).renamed({"k": "m"}).models.there() == ("m",)


def test_one_metric_is_named_where_there_are_several() -> None:
    with pytest.raises(InputError, match="scores hold 2 metrics, name one of them: bleu, exact"):
        one_metric(ROWS, None)
    name, rows = one_metric(ROWS, "bleu")
    assert (name, list(rows)) == ("bleu", ROWS[5:6])
    with pytest.raises(InputError, match="no scores to compare"):
        one_metric([], None)


def test_columns_can_be_cut_and_must_fit_their_parts() -> None:
    taken = ScoreColumns()
    for one in ROWS:
        taken.add(one)
    taken.cut(3)
    assert list(taken.rows([ROWS[:1], ROWS[1:3]])) == ROWS[:3]
    with pytest.raises(ValueError, match="2 scores in 1 parts, columns of 3"):
        taken.rows([ROWS[:2]])
    assert len(ScoreColumns().rows([])) == 0


def test_files_of_this_project_keep_their_rows_and_compare_as_in_memory(tmp_path: Path) -> None:
    models = {"m": [1, 0, 1, 1], "k": [0, 0, 1, 0]}
    files, memory = [], []
    for model, verdicts in models.items():
        rows = [score(f"q{n}", model, correct=bool(v), score=float(v)) for n, v in enumerate(verdicts)]
        files.append(write_records(tmp_path / f"{model}.jsonl", rows))
        memory += rows
    asked = [Question(id=f"q{n}", case_id=f"q{n}", question=f"Q q{n}?", answer="left") for n in range(5)]
    stored = scores_of_files(files)
    assert all(isinstance(part, StoredRecords) for part in stored._parts)
    assert list(stored) == memory
    assert compare(stored, questions=asked, resamples=50) == compare(memory, questions=asked, resamples=50)
    matrix = CorrectnessMatrix.from_scores(stored, questions=asked)
    assert matrix.rows == CorrectnessMatrix.from_scores(memory, questions=asked).rows


def test_files_beyond_those_that_may_be_held_open_come_into_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reports, "MOST_HELD", 2)
    files = [write_records(tmp_path / f"m{n}.jsonl", [score("a", f"m{n}", correct=True)]) for n in range(4)]
    for found in (scores_of_files(files), scores_from_reports(tmp_path, "*.jsonl")):
        assert [isinstance(part, StoredRecords) for part in found._parts] == [True, True, False, False]
        assert [one.model for one in found] == ["m0", "m1", "m2", "m3"]


def test_a_file_that_changes_while_it_is_used_is_told(tmp_path: Path) -> None:
    path = write_records(tmp_path / "m.jsonl", [score("a", correct=True), score("b", correct=True)])
    rows = scores_of_files([path])
    path.write_text("x" * path.stat().st_size)  # in place: another file under its name would change nothing
    with pytest.raises(InputError, match="has changed while it was used"):
        rows[1]


def test_a_file_that_is_not_plain_after_some_rows_is_read_whole(tmp_path: Path) -> None:
    rows = [score("a", correct=True), score("b", correct=True)]
    text = "".join(row.to_json() + "\n" for row in rows)
    theirs = {"case_id": "c", "question": "Q c?", "answer": "x", "correct": False, "model": "k"}
    (tmp_path / "both.jsonl").write_text(text + json.dumps(theirs) + "\n")
    found = scores_from_reports(tmp_path, "*.jsonl")
    assert [one.model for one in found] == ["m", "m", "k"]
    assert list(found.models) == ["m", "m", "k"]
    assert found.verdicts.tolist() == [1.0, 1.0, 0.0]


@pytest.mark.parametrize("mark", ["\u2028", "\x85", "\u2029"])
@pytest.mark.parametrize("twice", [False, True])  # a file with an id twice is read into memory
def test_marks_that_end_lines_elsewhere_may_stand_in_a_reply(tmp_path: Path, mark: str, twice: bool) -> None:
    rows = [score("a", correct=True, prediction=f"left{mark}side")]
    rows += [score("a", "k", correct=False, score=0.0)] * twice
    write_records(tmp_path / "m.jsonl", rows)
    found = scores_from_reports(tmp_path, "*.jsonl")
    assert list(found) == rows
