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
    done: frozenset[tuple[str, str, str, str]] = frozenset(),
) -> Iterator[Score]:
    """Judge rows batch by batch by several metrics; memory does not grow with the number of rows.

    Parameters
    ----------
    batch
        Rows that are judged together.
    done
        Keys ``(id, model, arm, metric)`` of scores that exist already (see :func:`score_key`); they
        are left out.

    Yields
    ------
    Score
        Per batch: all rows by the first metric, then by the second, ...
    """
    source = iter(rows)
    while chunk := list(islice(source, batch)):
        for metric in metrics:
            todo = (
                [row for row in chunk if (row.id, row.model, row.arm, metric.name) not in done]
                if done
                else chunk
            )
            yield from metric.score(todo)


def score_key(score: Score) -> tuple[str, str, str, str]:
    """Return what makes a score the only one of its kind: ``(id, model, arm, metric)``."""
    return score.id, score.model, score.arm, score.metric
