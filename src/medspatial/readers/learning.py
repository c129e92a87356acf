"""Whether readers change while they read: a line through each reader's answers in the order given."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

PER = 10  # questions


@dataclass(frozen=True)
class Trend:
    """The mean change over ten questions, over readers as a sample of readers.

    Attributes
    ----------
    by_reader
        Each reader's own slope per ten questions.
    low, high, p
        Of the mean, by the spread of the readers; NaN for one reader.
    """

    by_reader: dict[str, float]
    mean: float
    low: float
    high: float
    p: float


def trend(series: dict[str, Sequence[float]], level: float = 0.95) -> Trend | None:
    """Fit a line to each reader's figures in order, and average the slopes.

    Two stages: least squares within each reader, then a t interval over the readers' slopes, so that
    readers may learn at different speeds.

    Parameters
    ----------
    series
        Per reader the figures in the order given: 0 and 1 for wrong and right, or log seconds.

    Returns
    -------
    Trend or None
        None where no reader gave three answers.

    Examples
    --------
    >>> found = trend({"a": [0, 0.1, 0.2, 0.3], "b": [0, 0.1, 0.2, 0.3]})
    >>> round(found.mean, 6), round(found.p, 6)
    (1.0, 0.0)
    """
    from scipy import stats  # here: importing it takes longer than all else in this room

    slopes = {
        reader: float(stats.linregress(np.arange(len(values)), values).slope) * PER
        for reader, values in series.items()
        if len(values) > 2
    }
    if not slopes:
        return None
    found = np.array(list(slopes.values()))
    mean = float(found.mean())
    if len(found) < 2:
        return Trend(slopes, mean, math.nan, math.nan, math.nan)
    se = float(found.std(ddof=1)) / math.sqrt(len(found))
    if se < 1e-12 * max(1.0, abs(mean)):
        return Trend(slopes, mean, mean, mean, 0.0 if abs(mean) > 1e-12 else math.nan)
    reach = float(stats.t.ppf((1 + level) / 2, len(found) - 1)) * se
    p = 2 * float(stats.t.sf(abs(mean) / se, len(found) - 1))
    return Trend(slopes, mean, mean - reach, mean + reach, p)
