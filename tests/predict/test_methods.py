"""What a model's methods may give the runner, and which of them an error names."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from medspatial.errors import InputError
from medspatial.inputs import Query
from medspatial.models import Answer, Model
from medspatial.predict import predict, read_failures, read_predictions
from medspatial.records import Question

QUESTIONS = [Question(case_id="a", question=f"Question {n}?", answer="left") for n in range(3)]
CUT = "left \ud83d"  # a reply that was cut inside an emoji


class Giving(Model):
    """Answers with what a function makes of the queries."""

    needs_volume = False

    def __init__(self, give: Callable[[Sequence[Query]], Any], facts: Any = None) -> None:
        self.name = "giving"
        self.give = give
        self.facts = {} if facts is None else facts

    def answer(self, encoded: Any, queries: Sequence[Query]) -> list[Answer]:
        answers: list[Answer] = self.give(queries)
        return answers

    def describe(self) -> dict[str, Any]:
        facts: dict[str, Any] = self.facts
        return facts


def each(answer: Any) -> Callable[[Sequence[Query]], Any]:
    return lambda queries: [answer] * len(queries)


@pytest.mark.parametrize(
    ("give", "got"),
    [
        (each("left"), "got 'left' (str)"),
        (each(Answer(None)), "got Answer with text None (NoneType)"),  # type: ignore[arg-type]
        (each(Answer(5)), "got Answer with text 5 (int)"),  # type: ignore[arg-type]
        (each(Answer("x", None)), "got Answer with metadata None (NoneType)"),  # type: ignore[arg-type]
        (each(Answer("x", {"a": [Path("b")]})), "got Answer with metadata['a'][0]: PosixPath('b')"),
        (each(Answer("x", {5: 1})), "got Answer with metadata: key 5 (int)"),  # type: ignore[dict-item]
        (lambda queries: None, "got None (NoneType)"),
        (lambda queries: "x" * len(queries), "(str)"),
        (lambda queries: (Answer("x") for _ in queries), "(generator)"),
        (lambda queries: [], "got 0 answers to 1 queries"),
    ],
)
def test_answers_of_the_wrong_kind_are_failures_that_state_the_rule(
    give: Callable[[Sequence[Query]], Any], got: str, tmp_path: Path
) -> None:
    done = predict(Giving(give), QUESTIONS, tmp_path / "p.jsonl")
    assert (done.answered, done.failed) == (0, 3)
    for row in read_failures(done.path):
        assert str(row.error).startswith(
            "answer: TypeError: model 'giving': answer() must give one "
            "Answer(text: str, metadata: plain JSON data) per query, got "
        )
        assert got in str(row.error)


def test_a_wrong_answer_costs_its_own_question_alone(tmp_path: Path) -> None:
    def give(queries: Sequence[Query]) -> Any:
        return [None if "1" in query.text else Answer("left") for query in queries]

    done = predict(Giving(give), QUESTIONS, tmp_path / "p.jsonl")
    assert (done.answered, done.failed) == (2, 1)


def test_numpy_in_metadata_becomes_plain(tmp_path: Path) -> None:
    facts = {"p": np.float32(0.5), "n": np.int64(3), "all": np.eye(2), "pair": (1, np.True_)}
    done = predict(Giving(each(Answer("left", facts))), QUESTIONS, tmp_path / "p.jsonl")
    assert done.failed == 0
    plain = {"p": 0.5, "n": 3, "all": [[1.0, 0.0], [0.0, 1.0]], "pair": [1, True]}
    assert [row.metadata for row in read_predictions(done.path)] == [plain] * 3


@pytest.mark.parametrize(
    ("facts", "got"),
    [
        ({"a": {"b": {1}}}, "got describe()['a']['b']: {1} (set)"),
        ({"path": Path("x")}, "got describe()['path']: PosixPath('x')"),
        ([1], "got [1] (list)"),
        ({1: "x"}, "got describe(): key 1 (int)"),
    ],
)
def test_a_description_that_is_not_plain_is_refused_before_the_run(
    facts: Any, got: str, tmp_path: Path
) -> None:
    with pytest.raises(InputError) as caught:
        predict(Giving(each(Answer("x")), facts), QUESTIONS, tmp_path / "p.jsonl")
    assert str(caught.value).startswith("model 'giving': describe() must give a dict of plain JSON data, got")
    assert got in str(caught.value)
    assert list(tmp_path.iterdir()) == []


def test_numpy_in_a_description_is_written_plain_and_resumed(tmp_path: Path) -> None:
    for resumed in (0, 3):
        model = Giving(each(Answer("x")), {"spacing": np.array([1.5, 2.0]), "bins": np.int32(7)})
        assert predict(model, QUESTIONS, tmp_path / "p.jsonl").resumed == resumed
    manifest = json.loads((tmp_path / "p.manifest.json").read_text())
    assert manifest["configuration"]["spacing"] == [1.5, 2.0]
    assert manifest["configuration"]["bins"] == 7


@pytest.mark.parametrize("method", ["prepare", "encode", "answer"])
def test_an_error_names_the_method_that_raised_it(method: str, tmp_path: Path) -> None:
    def broken(*arguments: Any) -> Any:
        raise KeyError("x")

    model = Giving(each(Answer("left")))
    setattr(model, method, broken)
    done = predict(model, QUESTIONS, tmp_path / "p.jsonl")
    assert done.errors == {f"{method}: KeyError: 'x'": 3}
    assert {row.error for row in read_failures(done.path)} == set(done.errors)


def test_a_volume_that_cannot_be_read_is_no_fault_of_a_method(tmp_path: Path) -> None:
    def load(case_id: str) -> Any:
        raise InputError("a.nii.gz: no such file")

    class Looking(Giving):
        needs_volume = True

    done = predict(Looking(each(Answer("left"))), QUESTIONS, tmp_path / "p.jsonl", cases=load)
    assert done.errors == {"load: InputError: a.nii.gz: no such file": 3}


def test_half_a_character_is_written_as_a_replacement(tmp_path: Path) -> None:
    answer = Answer(CUT, {CUT: [CUT, "\ud83d\ude00"]})
    done = predict(Giving(each(answer), {"prompt": CUT}), QUESTIONS, tmp_path / "p.jsonl")
    assert (done.answered, done.failed) == (3, 0)
    row = read_predictions(done.path)[0]
    assert row.prediction == "left \ufffd"
    assert row.metadata == {"left \ufffd": ["left \ufffd", "\U0001f600"]}
    again = predict(Giving(each(answer), {"prompt": CUT}), QUESTIONS, tmp_path / "p.jsonl")
    assert (again.resumed, again.answered) == (3, 0)


def test_half_a_character_in_an_error_is_written_too(tmp_path: Path) -> None:
    def give(queries: Sequence[Query]) -> Any:
        raise ValueError(CUT)

    done = predict(Giving(give), QUESTIONS, tmp_path / "p.jsonl")
    assert {row.error for row in read_failures(done.path)} == {"answer: ValueError: left \ufffd"}
