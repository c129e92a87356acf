"""Scoring a file of any length: rows are read, judged and handed on in batches."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

from medspatial.pool import Place
from medspatial.records import Prediction, Score
from medspatial.score.base import Metric
from medspatial.score.workers import judged

BATCH_ROWS = 1024


def score_stream(
    rows: Iterable[Prediction],
    metrics: Sequence[Metric],
    *,
    batch: int = BATCH_ROWS,
    workers: int = 1,
    place: Place | None = None,
) -> Iterator[Score]:
    """Judge rows batch by batch by several metrics; memory does not grow with the number of rows.

    Parameters
    ----------
    batch
        Rows that are judged together.
    workers
        Processes that judge, where there is one metric; see `medspatial.score.workers`.
    place
        Makes the workers in place of this many processes.

    Yields
    ------
    Score
        Per batch: all rows by the first metric, then by the second, ...
    """
    source = iter(rows)
    if len(metrics) == 1:
        chunks = iter(lambda: list(islice(source, batch)), [])
        for _, scores in judged(metrics[0], ((None, chunk) for chunk in chunks), workers, place):
            yield from scores
        return
    while chunk := list(islice(source, batch)):
        for metric in metrics:
            yield from metric.score(chunk)
