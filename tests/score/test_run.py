"""The scoring loop: what stands in the file is kept while nothing it rests on has changed."""

from __future__ import annotations

import inspect
import json
import tracemalloc
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from medspatial.errors import InputError
from medspatial.files import locked
from medspatial.records import Prediction
from medspatial.score import Mark, Metric, metric, score_file
from medspatial.score.base import unscored


class Counting(Metric):
    """Counts what it is asked."""

    name = "counting"

    def __init__(self, *, word: str = "left", stop_at: str | None = None) -> None:
        self.word, self.stop_at = word, stop_at
        self.asked: list[str] = []

    def marks(self, rows: Sequence[Prediction]) -> list[Mark]:
        self.asked += [row.id for row in rows]
        if any(row.id == self.stop_at for row in rows):
            raise KeyboardInterrupt
        return [Mark(1.0, row.prediction == self.word) for row in rows]

    def identity(self) -> dict[str, Any]:
        return {"word": self.word}


def rows(*texts: str, **fields: Any) -> list[Prediction]:
    return [
        Prediction(id=f"q{n}", case_id="c", question=f"Side {n}?", answer="left", prediction=text, **fields)
        for n, text in enumerate(texts)
    ]


def asked_now(path: Path, answers: Sequence[Prediction], judge: Counting | None = None) -> list[str]:
    judge = judge or Counting()
    run = score_file(judge, answers, path)
    assert (run.rows, run.scored) == (len(answers), len(judge.asked))
    assert run.kept == run.rows - run.scored
    assert [score.id for score in run.scores()] == [row.id for row in answers]
    return judge.asked


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "scores" / "m.jsonl"


def test_what_is_scored_is_not_asked_again(path: Path) -> None:
    answers = rows("left", "right", "left")
    assert asked_now(path, answers) == ["q0", "q1", "q2"]
    before = path.read_bytes()
    assert asked_now(path, answers) == []
    assert path.read_bytes() == before
    assert [json.loads(line)["correct"] for line in before.splitlines()] == [True, False, True]


def test_a_changed_row_is_asked_again_alone(path: Path) -> None:
    answers = rows("left", "right", "left")
    asked_now(path, answers)
    answers[1] = answers[1].model_copy(update={"prediction": "left"})
    assert asked_now(path, answers) == ["q1"]
    answers[2] = answers[2].model_copy(update={"tolerance": 1.0})
    assert asked_now(path, answers) == ["q2"]
    whole = path.read_bytes()
    assert asked_now(path, answers[::-1] + rows("x", "y", "z", "new")[3:]) == ["q3"]
    path.unlink()
    asked_now(path, answers)
    assert path.read_bytes() == whole, "the same bytes as in one go"


def test_other_options_ask_all_again(path: Path) -> None:
    answers = rows("left", "right")
    asked_now(path, answers)
    assert asked_now(path, answers, Counting(word="right")) == ["q0", "q1"]
    assert '"correct": true' in path.read_text().splitlines()[1]


def test_options_count_where_a_metric_says_nothing_of_them(path: Path) -> None:
    class Silent(Counting):
        identity = Metric.identity

        def __init__(self, word: str = "left", **options: Any) -> None:
            super().__init__(word=word)

    @dataclass
    class Plain(Metric):
        limit: int = 1
        name = "counting"

        def marks(self, rows: Sequence[Prediction]) -> list[Mark]:
            return [Mark(1.0) for row in rows]

    answers = rows("left")
    assert asked_now(path, answers, Silent()) == ["q0"]
    assert asked_now(path, answers, Silent()) == []
    assert asked_now(path, answers, Silent("right")) == ["q0"]
    assert "word" in inspect.signature(Silent).parameters
    assert score_file(Plain(), answers, path).scored == 1
    assert score_file(Plain(), answers, path).scored == 0
    assert score_file(Plain(limit=2), answers, path).scored == 1


def test_other_code_asks_all_again(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    answers = rows("left")
    asked_now(path, answers)
    monkeypatch.setattr("medspatial.score.identity.code_hash", lambda kind: "other")
    assert asked_now(path, answers) == ["q0"]
    monkeypatch.setattr("medspatial.score.identity.code_hash", lambda kind: None)
    assert asked_now(path, answers) == ["q0"]
    assert asked_now(path, answers) == ["q0"], "without source nobody knows whether it changed"


def test_a_metric_that_counts_rows_is_scored_as_a_whole(path: Path) -> None:
    class InOrder(Counting):
        resumable = False

    asked_now(path, rows("left"), InOrder())
    assert asked_now(path, rows("left"), InOrder()) == ["q0"]


@pytest.mark.parametrize("torn", ['{"id": "q', '{"id": "q1", "row_hash": "0"}', ""])
def test_a_killed_scoring_goes_on_where_it_was(path: Path, torn: str) -> None:
    answers = rows("left", "right", "left", "right")
    asked_now(path, answers)
    whole = path.read_bytes()
    path.unlink()
    with pytest.raises(KeyboardInterrupt):
        score_file(Counting(stop_at="q2"), answers, path, batch=1)
    with path.open("a") as stream:
        stream.write(torn)
    assert asked_now(path, answers) == ["q2", "q3"]
    assert path.read_bytes() == whole


def test_a_damaged_line_is_scored_again(path: Path) -> None:
    answers = rows("left", "right")
    asked_now(path, answers)
    path.write_text("no json\n" + path.read_text().splitlines()[1] + "\n")
    assert asked_now(path, answers) == ["q0"]


def test_what_could_not_be_scored_is_tried_again(path: Path) -> None:
    class Failing(Counting):
        def marks(self, rows: Sequence[Prediction]) -> list[Mark]:
            return [unscored("no reply") for mark in super().marks(rows)]

        def identity(self) -> dict[str, Any]:
            return {"word": "left"}

    answers = rows("left")
    asked_now(path, answers, Failing())
    assert asked_now(path, answers) == ["q0"]
    assert len(path.read_text().splitlines()) == 1


def test_scores_of_earlier_versions_are_made_again(path: Path) -> None:
    path.parent.mkdir()
    row = {"id": "q0", "case_id": "c", "question": "Side 0?", "answer": "left", "metric": "counting"}
    path.write_text(json.dumps(row) + "\n")
    assert asked_now(path, rows("left")) == ["q0"]


def test_two_rows_that_are_the_same_share_a_score(path: Path) -> None:
    (one,) = rows("left")
    judge = Counting()
    run = score_file(judge, [one, one], path)
    assert judge.asked == ["q0"]
    assert len(list(run.scores())) == 2


def test_two_runs_at_once_are_refused(path: Path) -> None:
    path.parent.mkdir()
    with locked(path), pytest.raises(InputError, match="another run is writing this file"):
        score_file(Counting(), rows("left"), path)
    with pytest.raises(InputError, match="is a folder"):
        score_file(Counting(), rows("left"), path.parent)


def test_memory_holds_no_rows(tmp_path: Path) -> None:
    judge = metric("exact")

    def made(count: int) -> Iterator[Prediction]:
        for n in range(count):
            yield Prediction(id=str(n), case_id="c", question="q" * 2000, answer="a", prediction="b")

    def peak(count: int) -> int:
        tracemalloc.start()
        run = score_file(judge, made(count), tmp_path / f"{count}.jsonl", batch=50)
        assert sum(1 for _ in run.scores()) == count
        size = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return size

    peak(100)
    assert peak(1600) - peak(200) < 1400 * 400
