"""Judging in several processes: the same scores in the same order, or the same error."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from medspatial.errors import InputError
from medspatial.records import Prediction
from medspatial.score import Mark, Metric, metric, score_file
from medspatial.score.workers import judged


def rows(count: int) -> list[Prediction]:
    return [
        Prediction(
            case_id=f"c{n}",
            question="On which side?",
            answer="left",
            answer_type="side",
            prediction=f"On the {'left' if n % 3 else 'right'}, image {n}.",
        )
        for n in range(count)
    ]


class Raising(Metric):
    """Fails at one row."""

    name = "raising"
    in_workers = True

    def marks(self, rows: Sequence[Prediction]) -> list[Mark]:
        """Judge by nothing."""
        if any(row.case_id == "c7" for row in rows):
            raise InputError("row c7 cannot be judged")
        return [Mark(1.0) for _ in rows]


@pytest.mark.parametrize("name", ["structured", "exact", "token_f1"])
def test_two_processes_write_the_file_of_one(tmp_path: Path, name: str) -> None:
    for workers in (1, 2):
        run = score_file(metric(name), rows(20), tmp_path / f"{workers}.jsonl", batch=3, workers=workers)
        assert (run.rows, run.scored) == (20, 20)
    assert (tmp_path / "1.jsonl").read_bytes() == (tmp_path / "2.jsonl").read_bytes()


def test_an_error_of_a_worker_is_that_of_the_run_and_what_came_before_stays(tmp_path: Path) -> None:
    path = tmp_path / "scores.jsonl"
    with pytest.raises(InputError, match="row c7 cannot be judged"):
        score_file(Raising(), rows(12), path, batch=2, workers=2)
    assert len(path.read_text().splitlines()) == 6


def test_a_metric_that_holds_something_stays_in_one_process() -> None:
    class Held(Metric):
        name = "held"

        def __init__(self) -> None:
            self.open = Path(__file__).open()  # noqa: SIM115 (no process could be given this)

        def marks(self, rows: Sequence[Prediction]) -> list[Mark]:
            return [Mark(float(len(row.answer))) for row in rows]

        def close(self) -> None:
            self.open.close()

    held = Held()
    found = list(judged(held, [("a", rows(2)), ("b", rows(1))], workers=2))
    held.close()
    assert [(name, len(scores)) for name, scores in found] == [("a", 2), ("b", 1)]


def test_no_worker_is_refused() -> None:
    with pytest.raises(InputError, match="at least 1, got 0"):
        list(judged(metric("exact"), [("a", rows(1))], workers=0))
