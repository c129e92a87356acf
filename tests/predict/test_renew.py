"""Answers that no longer hold are set aside, the others stay."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from medspatial.models import create_model
from medspatial.predict import predict, renew
from medspatial.records import Prediction, Question, read_records

STATES = {"a": "1", "b": "1"}


def asked(**answers: str) -> list[Question]:
    return [
        Question(case_id=case, question="Which side?", answer=answer, options=("left", "right"))
        for case, answer in answers.items()
    ]


def answered(path: Path) -> list[str]:
    return [row.case_id for row in read_records(path, Prediction)]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "echo.jsonl"
    questions = asked(a="left", b="right")
    assert renew(path, questions, STATES) == 0
    predict(create_model("echo"), questions, path)
    return path


def test_unchanged_files_are_not_touched(path: Path) -> None:
    before = {one.name: one.read_bytes() for one in path.parent.iterdir()}
    assert renew(path, asked(a="left", b="right"), STATES) == 0
    assert {one.name: one.read_bytes() for one in path.parent.iterdir()} == before


def test_answers_of_a_changed_case_are_asked_again(path: Path) -> None:
    questions = asked(a="left", b="right")
    assert renew(path, questions, {**STATES, "b": "2"}) == 1
    assert answered(path) == ["a"]
    assert answered(path.with_suffix(".outdated").rename(path.with_name("old.jsonl"))) == ["b"]
    run = predict(create_model("echo"), questions, path)
    assert (run.resumed, run.answered) == (1, 1)
    assert renew(path, questions, {**STATES, "b": "2"}) == 0


def test_other_questions_are_asked_and_old_ones_leave(path: Path) -> None:
    questions = asked(a="left", b="left", c="left")
    assert renew(path, questions, {**STATES, "c": "1"}) == 1
    assert answered(path) == ["a"]
    run = predict(create_model("echo"), questions, path)
    assert (run.resumed, run.answered) == (1, 2)


def test_where_cases_depend_on_each_other_all_are_asked_again(path: Path) -> None:
    assert renew(path, asked(a="left", b="right"), {**STATES, "b": "2"}, each_alone=False) == 2
    assert answered(path) == []


def test_killed_before_the_end_it_comes_to_the_same(path: Path) -> None:
    with path.open("a") as file:
        file.write('{"id": "torn')
    states = path.with_name("echo.cases.json")
    before = states.read_bytes()
    for _ in range(2):
        states.write_bytes(before)  # the last thing that is written
        renew(path, asked(a="left", b="right"), {**STATES, "b": "2"})
        assert answered(path) == ["a"]
    assert json.loads(states.read_text()) == {**STATES, "b": "2"}
