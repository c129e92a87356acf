"""Scoring a file of any length: rows are read, judged and handed on in batches."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

from medspatial.records import Prediction, Score
from medspatial.score.base import Metric

BATCH_ROWS = 1024


def score_stream(
    rows: Iterable[Prediction],
    metrics: Sequence[Metric],
    *,
    batch: int = BATCH_ROWS,
) -> Iterator[Score]:
    """Judge rows batch by batch by several metrics; memory does not grow with the number of rows.

    Parameters
    ----------
    batch
        Rows that are judged together.

    Yields
    ------
    Score
        Per batch: all rows by the first metric, then by the second, ...
    """
    source = iter(rows)
    while chunk := list(islice(source, batch)):
        for metric in metrics:
            yield from metric.score(chunk)
