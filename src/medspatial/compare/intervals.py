"""Intervals of one proportion: Wilson, cluster-robust t, and Wilson on the effective sample."""

from __future__ import annotations

import math
from statistics import NormalDist

from medspatial.compare.accuracy_result import Interval

_NO_SPREAD = 1e-12  # a standard error this small is rounding: all patients have the same accuracy


def z_quantile(confidence: float) -> float:
    """Two-sided quantile of the normal distribution: 1.96 for 0.95."""
    return NormalDist().inv_cdf(0.5 + confidence / 2)


def t_quantile(confidence: float, df: int) -> float:
    """Two-sided quantile of Student's t with ``df`` degrees of freedom."""
    from scipy import special  # here: importing scipy takes longer than all else in this room

    return float(special.stdtrit(df, 0.5 + confidence / 2))


def wilson(
    p: float, n: float, confidence: float = 0.95, quantile: float | None = None
) -> tuple[float, float]:
    """Wilson's score interval of a proportion ``p`` seen in ``n`` (not necessarily whole) trials.

    ``quantile`` replaces the normal quantile, for a t quantile with clustered data.

    References
    ----------
    Wilson 1927, J. Am. Stat. Assoc. 22:209.
    """
    z = z_quantile(confidence) if quantile is None else quantile
    centre = (p + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    # the interval holds p; the outer bounds only undo rounding
    return min(p, max(0.0, centre - half)), max(p, min(1.0, centre + half))


def symmetric(value: float, se: float, quantile: float, method: str) -> Interval:
    """``value ± quantile * se``, not clipped."""
    return Interval(low=value - quantile * se, high=value + quantile * se, method=method)


def main_interval(
    p: float, n: int, clusters: int, se: float | None, confidence: float = 0.95
) -> tuple[Interval, str | None]:
    """Interval of an accuracy over the questions of several patients: Wilson on the effective sample.

    The number of questions is divided by the design effect (never below 1), and the normal quantile
    is replaced by Student's t with ``clusters - 1`` degrees of freedom. The interval stays within 0
    and 1 and never has width zero:

    - all right or all wrong: the design effect cannot be estimated, so every patient counts as
      one observation (``n`` becomes the number of patients);
    - one patient: nothing is known about other patients; plain Wilson over the questions, with a
      note saying so.

    Parameters
    ----------
    p, n, clusters
        Accuracy, questions (at least 1) and patients.
    se
        Cluster-robust standard error (CR1) of ``p``; None with one patient.

    References
    ----------
    Korn and Graubard 1998, Survey Methodology 24:193; Dean and Pagano 2015, J. Surv. Stat.
    Methodol. 3:484 (which recommends Wilson on the effective sample).
    """
    if clusters < 2 or se is None:
        low, high = wilson(p, n, confidence)
        lone = "one patient: the interval is about questions of this patient, not about other patients"
        return Interval(low=low, high=high, method="wilson"), lone
    note: str | None = None
    variance = p * (1 - p)
    if variance <= 0:
        effective = float(clusters)
        note = "all verdicts equal: each patient counts as one observation in the interval"
    elif se <= _NO_SPREAD:
        effective = float(clusters)
        note = "all patients equal: each patient counts as one observation in the interval"
    else:
        effective = min(float(n), variance / se**2)
    low, high = wilson(p, effective, confidence, t_quantile(confidence, clusters - 1))
    return Interval(low=low, high=high, method="wilson_clustered"), note
