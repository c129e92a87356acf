"""Tests on discordant verdicts that take questions as independent: McNemar and Cochran."""

from __future__ import annotations

import numpy as np

from medspatial.compare.clustered import Floats


def mcnemar(n10: int, n01: int) -> tuple[float, float]:
    """Exact and mid-p two-sided McNemar test.

    Parameters
    ----------
    n10, n01
        Questions that only the first, only the second model answered rightly.

    Returns
    -------
    exact, mid_p
        ``mid_p`` is the exact p minus the point probability of the smaller count (1 minus it when
        both counts are equal); both are 1 without discordant questions.

    References
    ----------
    Fagerland, Lydersen, Laake 2013, BMC Med. Res. Methodol. 13:91.
    """
    from scipy import special

    total, smaller = n10 + n01, min(n10, n01)
    if total == 0:
        return 1.0, 1.0
    below = float(special.bdtr(smaller, total, 0.5))  # binomial distribution function at one half
    point = below - float(special.bdtr(smaller - 1, total, 0.5)) if smaller else below
    if n10 == n01:
        return 1.0, 1.0 - point
    exact = min(1.0, 2 * below)
    return exact, exact - point


def cochran_q(verdicts: Floats) -> tuple[float, int, float] | None:
    """Cochran's Q, its degrees of freedom and its p value.

    Parameters
    ----------
    verdicts
        (questions, models) of zeros and ones.

    Returns
    -------
    tuple or None
        None with fewer than two models, or when no question tells the models apart.

    References
    ----------
    Cochran 1950, Biometrika 37:256.
    """
    from scipy import special

    models = verdicts.shape[1]
    by_model, by_question = verdicts.sum(axis=0), verdicts.sum(axis=1)
    spread = models * by_question.sum() - np.square(by_question).sum()
    if models < 2 or spread <= 0:
        return None
    between = models * np.square(by_model).sum() - by_model.sum() ** 2
    statistic = float((models - 1) * between / spread)
    return statistic, models - 1, float(special.chdtrc(models - 1, statistic))
