"""What a run says of its failures at its end."""

from __future__ import annotations

from pathlib import Path

from medspatial.predict import PredictionRun, failure_lines


def run(errors: dict[str, int]) -> PredictionRun:
    return PredictionRun(Path("p/toy.jsonl"), 12, 0, 12, sum(errors.values()), errors=errors)


def test_nothing_is_said_where_nothing_failed() -> None:
    assert failure_lines(run({})) == []


def test_the_most_frequent_error_is_named_with_its_count_and_the_file() -> None:
    (line,) = failure_lines(run({"encode: KeyError: 'x'": 1, "answer: ValueError:\nlong\n" + "x" * 999: 4}))
    assert line.startswith("5 of 12 questions failed, most often (4 times): answer: ValueError: long xxx")
    assert line.endswith("…; each with its error: p/toy.failures.jsonl")
    assert len(line) < 450
