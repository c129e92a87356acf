"""The psychometric function: how the share of right answers rises with a quantity, and where it has risen.

``P(x) = g + (1 - g - l) F((ln x - m) / w)`` with the normal distribution function ``F``, the guess rate
``g`` (known: one of two answers), the lapse rate ``l`` (what is missed however easy it is), the middle
``exp(m)`` and the width ``w`` in ln units. The threshold is the level of 75 % right answers, half-way between
guessing and always right.

References
----------
Wichmann and Hill 2001, Percept. Psychophys. 63:1293 and 1314 (lapse rate, bootstrap).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

WIDTHS = tuple(np.geomspace(0.06, 2.5, 12))
MOST_LAPSE = 0.1
"""What a reader can miss however easy it is; a preparation that leaves out half of the scan misses more."""
_LAPSE_STEPS = 6
_STEPS = 161
_BEYOND = 1.0  # how far beyond the levels a threshold is looked for, in ln units
_PRIOR = 0.05  # mean lapse rate expected of a reader that may miss MOST_LAPSE


@dataclass(frozen=True)
class Curve:
    """A fitted psychometric function.

    Attributes
    ----------
    middle
        Where half of what can be gained over guessing is gained, in the quantity's unit.
    width
        Standard deviation of F in ln units: 0.7 is from a half to twice the middle.
    falling
        Whether larger levels are harder.
    """

    middle: float
    width: float
    lapse: float
    guess: float = 0.5
    falling: bool = False

    @property
    def threshold(self) -> float:
        """Level of 75 % right answers (of two); beyond every level where the lapses are too many."""
        shift = float(_to_criterion(np.array(self.width), np.array(self.lapse), self.guess))
        return float(np.exp(np.log(self.middle) + (-shift if self.falling else shift)))

    def share(self, levels: NDArray[np.float64] | float) -> Floats:
        """Return the share of right answers at levels."""
        from scipy.special import ndtr

        sign = -1 if self.falling else 1
        z = sign * (np.log(np.asarray(levels, dtype=float)) - np.log(self.middle)) / self.width
        return np.asarray(self.guess + (1 - self.guess - self.lapse) * ndtr(z))


def _to_criterion(width: Floats, lapse: Floats, guess: float) -> Floats:
    """How far the threshold lies beyond the middle, ln units towards the easy; infinite if never reached."""
    from scipy.special import ndtri

    needed = (1 - guess) / 2 / np.maximum(1 - guess - lapse, 1e-9)
    return np.asarray(np.where(needed < 1, width * ndtri(np.minimum(needed, 1 - 1e-12)), np.inf))


def fit(
    levels: Floats,
    right: Floats,
    total: Floats,
    *,
    guess: float = 0.5,
    falling: bool = False,
    most_lapse: float = MOST_LAPSE,
) -> Curve:
    """Fit a psychometric function by likelihood, with few lapses expected where few are possible.

    Parameters
    ----------
    levels, right, total
        (levels,) values of the quantity, right answers and trials; right answers may be expected ones, not
        whole numbers.
    most_lapse
        Largest lapse rate looked for.
    """
    from scipy.optimize import minimize

    grid = _Grid(levels, guess, falling, most_lapse)
    m, w, lapse = grid.best(right, total)
    start = np.array([m, np.log(w), lapse])

    def curve(parameters: Floats) -> Curve:
        m, w = np.exp(parameters[:2])
        return Curve(float(m), float(w), float(parameters[2]), guess, falling)

    def loss(parameters: Floats) -> float:
        p = np.clip(curve(parameters).share(levels), 1e-9, 1 - 1e-9)
        likelihood = (right * np.log(p) + (total - right) * np.log(1 - p)).sum()
        return float(-likelihood - _prior(parameters[2], most_lapse))

    bounds = [grid.ends, (np.log(WIDTHS[0]), np.log(WIDTHS[-1])), (0.0, most_lapse)]
    found = minimize(loss, start, method="L-BFGS-B", bounds=bounds)
    return curve(found.x if found.fun <= loss(start) else start)


class _Grid:
    """All curves of a grid of thresholds, widths and lapse rates, for many samples at once."""

    def __init__(self, levels: Floats, guess: float, falling: bool, most_lapse: float) -> None:
        from scipy.special import ndtr

        x = np.log(levels)
        self.ends = float(x.min()) - _BEYOND, float(x.max()) + _BEYOND
        self._m, self._w, self._l = (
            part.ravel()
            for part in np.meshgrid(
                np.linspace(*self.ends, _STEPS),
                WIDTHS,
                np.linspace(0, most_lapse, _LAPSE_STEPS),
                indexing="ij",
            )
        )
        z = (-1 if falling else 1) * (x[None, :] - self._m[:, None]) / self._w[:, None]
        p = guess + (1 - guess - self._l[:, None]) * ndtr(z)
        p = np.clip(p, 1e-9, 1 - 1e-9)
        self._right, self._wrong = np.log(p), np.log(1 - p)
        self._prior = _prior(self._l, most_lapse)
        shift = _to_criterion(self._w, self._l, guess)
        self._threshold = self._m + (-shift if falling else shift)

    def best(self, right: Floats, total: Floats) -> tuple[float, float, float]:
        """Return the likeliest ln middle, width and lapse rate of one sample."""
        n = int(self._likeliest(right[None, :], total[None, :])[0])
        return float(self._m[n]), float(self._w[n]), float(self._l[n])

    def thresholds(self, right: Floats, total: Floats) -> Floats:
        """Return the ln threshold of each row."""
        return np.asarray(self._threshold[self._likeliest(right, total)])

    def _likeliest(self, right: Floats, total: Floats) -> NDArray[np.intp]:
        likelihood = right @ self._right.T + (total - right) @ self._wrong.T + self._prior
        return np.asarray(likelihood.argmax(axis=1))


def _prior(lapse: Floats, most_lapse: float) -> Floats:
    """Log density of the lapse rate, an exponential one; flat where many lapses are possible."""
    return np.asarray(-np.asarray(lapse) / _PRIOR if most_lapse <= MOST_LAPSE else 0.0 * np.asarray(lapse))


def bootstrap_thresholds(
    levels: Floats,
    right: Floats,
    total: Floats,
    *,
    guess: float = 0.5,
    falling: bool = False,
    most_lapse: float = MOST_LAPSE,
    draws: int = 1000,
    seed: int = 0,
) -> Floats:
    """Return the ln thresholds of samples of patients drawn with replacement.

    Parameters
    ----------
    right, total
        (patients, levels).
    """
    rng = np.random.default_rng(seed)
    patients = len(right)
    weights = rng.multinomial(patients, np.full(patients, 1 / patients), size=draws).astype(float)
    return _Grid(levels, guess, falling, most_lapse).thresholds(weights @ right, weights @ total)


def threshold_interval(
    curve: Curve,
    levels: Floats,
    right: Floats,
    total: Floats,
    *,
    confidence: float = 0.95,
    most_lapse: float = MOST_LAPSE,
    draws: int = 1000,
) -> tuple[float, float]:
    """Return the interval of a fitted threshold, in the quantity's unit; patients are drawn, not answers.

    The percentile limits are stretched about the estimate by ``sqrt(G / (G - 1))`` and by Student's t with
    ``G - 1`` degrees of freedom over the normal quantile: few patients differ less among themselves than the
    patients they stand for.

    Parameters
    ----------
    curve
        Fitted to the sums over the patients.
    right, total
        (patients, levels).
    """
    from scipy.special import ndtri, stdtrit

    patients = len(right)
    if patients < 2 or not 0 < curve.threshold < np.inf:
        return 0.0, float("inf")
    found = bootstrap_thresholds(
        levels,
        right,
        total,
        guess=curve.guess,
        falling=curve.falling,
        most_lapse=most_lapse,
        draws=draws,
    )
    tail = (1 - confidence) / 2
    low, high = np.quantile(found, [tail, 1 - tail], method="nearest")
    stretch = np.sqrt(patients / (patients - 1)) * stdtrit(patients - 1, 1 - tail) / ndtri(1 - tail)
    middle = np.log(curve.threshold)
    ends = middle - stretch * max(middle - low, 0.0), middle + stretch * max(high - middle, 0.0)
    return float(np.exp(ends[0])), float(np.exp(ends[1]))
