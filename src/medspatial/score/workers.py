"""Batches judged in several processes, and given back in their order."""

from __future__ import annotations

import multiprocessing
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from typing import TypeVar

from medspatial.errors import InputError
from medspatial.records import Prediction, Score
from medspatial.score.base import Metric

K = TypeVar("K")
_mine: Metric | None = None  # of a worker


def judged(
    metric: Metric, batches: Iterable[tuple[K, list[Prediction]]], workers: int = 1
) -> Iterator[tuple[K, list[Score]]]:
    """Judge batches of rows, in their order; at most two per worker are on their way.

    Parameters
    ----------
    batches
        What names a batch, and its rows.
    workers
        Processes. A metric that may not run in several (`Metric.in_workers`) is asked in this one.

    Yields
    ------
    tuple
        What names the batch, and its scores: the same for any number of workers.

    Raises
    ------
    InputError
        No worker at all, or what the metric raises.
    """
    if workers < 1:
        raise InputError(f"workers: must be at least 1, got {workers}")
    if workers == 1 or not metric.in_workers:
        for name, rows in batches:
            yield name, metric.score(rows)
        return
    context = multiprocessing.get_context("spawn")  # nothing that this process holds is inherited
    with ProcessPoolExecutor(workers, context, initializer=_take, initargs=(metric,)) as pool:
        waiting: deque[tuple[K, Future[list[Score]]]] = deque()
        try:
            for name, rows in batches:
                waiting.append((name, pool.submit(_judge, rows)))
                if len(waiting) > 2 * workers:
                    yield _first(waiting)
            while waiting:
                yield _first(waiting)
        finally:
            for _, left in waiting:
                left.cancel()


def _first(waiting: deque[tuple[K, Future[list[Score]]]]) -> tuple[K, list[Score]]:
    name, done = waiting.popleft()
    return name, done.result()


def _take(metric: Metric) -> None:
    global _mine  # noqa: PLW0603 (each worker has one)
    _mine = metric


def _judge(rows: list[Prediction]) -> list[Score]:
    assert _mine is not None
    return _mine.score(rows)
