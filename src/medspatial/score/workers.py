"""Batches judged by several workers, and given back in their order."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, TypeVar

from medspatial.errors import InputError
from medspatial.pool import Lost, Place, Task, on_processors, results_of
from medspatial.records import Prediction, Score
from medspatial.score.base import Metric
from medspatial.score.identity import metric_facts

K = TypeVar("K")


def judged(
    metric: Metric,
    batches: Iterable[tuple[K, list[Prediction]]],
    workers: int = 1,
    place: Place | None = None,
) -> Iterator[tuple[K, list[Score]]]:
    """Judge batches of rows, in their order.

    A worker that dies costs its batch, which is tried once more; then its rows are unscored, with the cause.

    Parameters
    ----------
    batches
        What names a batch, and its rows.
    workers
        Processes. A metric that may not run in several (`Metric.in_workers`) is asked in this one.
    place
        Makes the workers in place of this many processes, such as actors of a Ray cluster.

    Yields
    ------
    tuple
        What names the batch, and its scores: the same for any number of workers.

    Raises
    ------
    InputError
        No worker at all, one whose metric is another, or what the metric raises.
    """
    if workers < 1:
        raise InputError(f"workers: must be at least 1, got {workers}")
    if place is None and workers > 1:
        place = on_processors(workers)
    if place is None or not metric.in_workers:
        for name, rows in batches:
            yield name, metric.score(rows)
        return
    names: deque[K] = deque()

    def units() -> Iterator[tuple[list[Prediction], list[Score] | None]]:
        for name, rows in batches:
            names.append(name)
            yield rows, None

    def same(facts: Any) -> None:
        if facts != metric_facts(metric):
            raise InputError(
                f"metric '{metric.name}': the workers have another version of it, or other settings"
            )

    task = Task(_Judging(metric), _facts)
    for rows, scores in results_of(place(task), units(), same):
        yield names.popleft(), metric.unscored(rows, scores.cause) if isinstance(scores, Lost) else scores


class _Judging:
    """What a worker does with each batch; a metric that holds a network is made anew from its options."""

    def __init__(self, metric: Metric) -> None:
        self._metric = None if metric.remade else metric
        self._kind, (self._arguments, self._options) = type(metric), metric.made_with

    def __call__(self, device: str) -> Callable[[list[Prediction]], list[Score]]:
        return _Judge(self._metric or self._kind(*self._arguments, **self._options))


@dataclass(frozen=True)
class _Judge:
    metric: Metric

    def __call__(self, rows: list[Prediction]) -> list[Score]:
        return self.metric.score(rows)


def _facts(judge: Any) -> Any:
    return metric_facts(judge.metric)
