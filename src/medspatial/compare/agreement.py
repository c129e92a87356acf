"""Agreement of two raters: two judges, or a judge and people."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from medspatial.agreement import cohen_kappa
from medspatial.compare.intervals import z_quantile
from medspatial.records import Record


class Agreement(Record):
    """How far two raters agree.

    Attributes
    ----------
    labels, table
        Classes, and counts with the first rater in rows and the second in columns.
    raw
        Share of equal verdicts.
    kappa, se, low, high
        Cohen's unweighted kappa with its large-sample standard error and interval; None where one
        rater, or both, used a single class throughout.
    recall
        For each label: share of the first rater's cases of this label that the second gave it too
        (sensitivity with the first as reference); None for a label that the first never gave.
    """

    labels: tuple[str, ...]
    table: tuple[tuple[int, ...], ...]
    n: int
    raw: float
    kappa: float | None = None
    se: float | None = None
    low: float | None = None
    high: float | None = None
    recall: tuple[float | None, ...] = ()


def agreement(first: Sequence[str], second: Sequence[str], confidence: float = 0.95) -> Agreement:
    """Compare two raters' verdicts on the same items, in the same order."""
    labels = tuple(sorted({*first, *second}))
    place = {label: number for number, label in enumerate(labels)}
    counts = np.zeros((len(labels), len(labels)), dtype=np.int64)
    for a, b in zip(first, second, strict=True):
        counts[place[a], place[b]] += 1
    n = int(counts.sum())
    rows = counts.sum(axis=1)
    kappa = cohen_kappa(counts.tolist())
    z = z_quantile(confidence)
    return Agreement(
        labels=labels,
        table=tuple(tuple(int(count) for count in row) for row in counts),
        n=n,
        raw=float(np.trace(counts) / n) if n else 0.0,
        kappa=kappa.value if kappa else None,
        se=kappa.se if kappa else None,
        low=kappa.value - z * kappa.se if kappa else None,
        high=kappa.value + z * kappa.se if kappa else None,
        recall=tuple(float(counts[i, i] / total) if total else None for i, total in enumerate(rows.tolist())),
    )
