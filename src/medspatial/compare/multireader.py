"""Several readers, several cases, both a sample: Obuchowski-Rockette and Dorfman-Berbaum-Metz.

Readers of one study are a few of all radiologists, and its cases a few of all patients, so that an interval
must allow for both. Arrays are laid out as treatment, reader, case throughout; a treatment is a way of
reading, such as with and without a model's answer. Degrees of freedom are those of Hillis.

References
----------
Obuchowski and Rockette 1995, Commun. Stat. Simul. Comput. 24:285. Dorfman, Berbaum and Metz 1992, Invest.
Radiol. 27:723. Hillis 2007, Stat. Med. 26:596; Hillis 2014, Stat. Med. 33:330.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from medspatial.errors import InputError

Array = NDArray[np.float64]
Figure = Callable[[Array], Array]


@dataclass(frozen=True)
class Estimate:
    """A figure with its standard error, degrees of freedom, interval and test against zero."""

    value: float
    se: float
    df: float
    low: float
    high: float
    p: float


@dataclass(frozen=True)
class FTest:
    """The test that all treatments are equal."""

    f: float
    df1: float
    df2: float
    p: float


@dataclass(frozen=True)
class Components:
    """Mean squares, and the error's variance and covariances.

    Attributes
    ----------
    ms_treatment, ms_interaction
        Mean squares of treatments and of treatment by reader; zero for one treatment.
    variance
        Of one figure, over cases.
    cov1, cov2, cov3
        Of two figures: same reader and other treatment, other reader and same treatment, both other.
    reader, interaction
        Variance components of readers and of treatment by reader; may be negative, as estimates may.
    """

    ms_treatment: float
    ms_interaction: float
    variance: float
    cov1: float
    cov2: float
    cov3: float
    reader: float
    interaction: float


@dataclass(frozen=True)
class MultiReader:
    """What follows for readers and cases like these.

    Attributes
    ----------
    figures
        The figure of each treatment and reader, shape (treatments, readers).
    means
        Per treatment the mean over readers, each from its own data alone.
    differences
        Of the means of two treatments, first minus second, by their places.
    test
        None for one treatment.
    """

    figures: Array
    components: Components
    means: tuple[Estimate, ...]
    differences: dict[tuple[int, int], Estimate]
    test: FTest | None


def mean_over_cases(scores: Array) -> Array:
    """Return the mean over the last axis: accuracy, where scores are 0 and 1."""
    return np.asarray(scores.mean(axis=-1), dtype=np.float64)


def jackknife(
    scores: Array, patients: Sequence[Hashable] | None = None, figure: Figure = mean_over_cases
) -> tuple[Array, Array]:
    """Return figures, and the figures again with each patient left out.

    Parameters
    ----------
    scores
        Shape (treatments, readers, questions).
    patients
        The patient of each question: questions of one patient are left out together. None: each its own.
    figure
        From such an array to one figure per treatment and reader.

    Returns
    -------
    tuple
        Shapes (treatments, readers) and (treatments, readers, patients).

    Raises
    ------
    InputError
        Other than three axes, a value that is no number, or fewer than two patients.
    """
    scores = np.asarray(scores, dtype=np.float64)
    if scores.ndim != 3 or 0 in scores.shape:
        raise InputError(f"scores must have treatments, readers and questions, got shape {scores.shape}")
    if not np.isfinite(scores).all():
        raise InputError("scores must all be numbers: every reader reads every question in every treatment")
    who = list(range(scores.shape[2])) if patients is None else list(patients)
    if len(who) != scores.shape[2]:
        raise InputError(f"patients: must be one for each of {scores.shape[2]} questions, got {len(who)}")
    places = {patient: place for place, patient in enumerate(dict.fromkeys(who))}
    if len(places) < 2:
        raise InputError(f"needs at least two patients, got {len(places)}")
    group = np.array([places[patient] for patient in who])
    without = [figure(scores[..., group != place]) for place in range(len(places))]
    return figure(scores), np.stack(without, axis=-1)


def jackknife_covariance(without: Array) -> Array:
    """Return the covariance of all figures, shape (treatments, readers, treatments, readers)."""
    shape, n = without.shape[:2], without.shape[-1]
    apart = (without - without.mean(axis=-1, keepdims=True)).reshape(-1, n)
    return np.asarray(((n - 1) / n * apart @ apart.T).reshape(*shape, *shape))


def pseudovalues(figures: Array, without: Array) -> Array:
    """Return the jackknife's pseudovalues, moved so that each mean is the figure itself."""
    n = without.shape[-1]
    raw = n * figures[..., None] - (n - 1) * without
    return np.asarray(raw + (figures - raw.mean(axis=-1))[..., None])


def obuchowski_rockette(figures: Array, covariance: Array, level: float = 0.95) -> MultiReader:
    """Analyse figures of several readers, with readers and cases random.

    Parameters
    ----------
    figures
        Shape (treatments, readers), at least two readers.
    covariance
        Of the figures over cases, shape (treatments, readers, treatments, readers).

    Raises
    ------
    InputError
        Fewer than two readers, or shapes that do not fit.
    """
    figures = np.asarray(figures, dtype=np.float64)
    if figures.ndim != 2 or figures.shape[1] < 2:
        raise InputError(f"needs treatments by at least two readers, got shape {figures.shape}")
    t, r = figures.shape
    if covariance.shape != (t, r, t, r):
        raise InputError(f"covariance must have shape {(t, r, t, r)}, got {covariance.shape}")
    variance, cov1, cov2, cov3 = _pooled(covariance)
    by_treatment, by_reader = figures.mean(axis=1), figures.mean(axis=0)
    rest = figures - by_treatment[:, None] - by_reader + figures.mean()
    ms_t = r * float(by_treatment.var(ddof=1)) if t > 1 else 0.0
    ms_r = t * float(by_reader.var(ddof=1))
    ms_tr = float((rest**2).sum()) / ((t - 1) * (r - 1)) if t > 1 else 0.0
    parts = Components(
        ms_t, ms_tr, variance, cov1, cov2, cov3,
        reader=(ms_r - ms_tr) / t - cov1 + cov3 if t > 1 else ms_r - variance + cov2,
        interaction=ms_tr - variance + cov1 + cov2 - cov3 if t > 1 else 0.0,
    )  # fmt: skip
    means = tuple(
        _mean(figures[place], _pooled(covariance[place : place + 1, :, place : place + 1, :])[2], level)
        for place in range(t)
    )
    if t == 1:
        return MultiReader(figures, parts, means, {}, None)
    denominator = ms_tr + max(r * (cov2 - cov3), 0.0)
    df = _hillis(denominator, ms_tr, (t - 1) * (r - 1))
    differences = {
        (one, other): _estimate(
            float(by_treatment[one] - by_treatment[other]), math.sqrt(2 * denominator / r), df, level
        )
        for one, other in combinations(range(t), 2)
    }
    return MultiReader(figures, parts, means, differences, _f_test(ms_t, denominator, t - 1, df))


def dorfman_berbaum_metz(values: Array) -> FTest:
    """Test that treatments are equal, by an analysis of variance of pseudovalues.

    The same question by another way: with the jackknife's covariances `obuchowski_rockette` gives the
    same F and degrees of freedom.

    Parameters
    ----------
    values
        Pseudovalues, shape (treatments, readers, patients), at least two of each.

    Raises
    ------
    InputError
        Fewer than two of any.
    """
    if values.ndim != 3 or min(values.shape) < 2:
        raise InputError(f"needs two treatments, readers and patients or more, got shape {values.shape}")
    t, r, n = values.shape
    grand = values.mean()
    one = {axis: values.mean(axis=tuple({0, 1, 2} - {axis})) for axis in range(3)}
    tr, tc, rc = values.mean(axis=2), values.mean(axis=1), values.mean(axis=0)
    ms_t = r * n * float(((one[0] - grand) ** 2).sum()) / (t - 1)
    of_tr = tr - one[0][:, None] - one[1] + grand
    ms_tr = n * float((of_tr**2).sum()) / ((t - 1) * (r - 1))
    of_tc = tc - one[0][:, None] - one[2] + grand
    ms_tc = r * float((of_tc**2).sum()) / ((t - 1) * (n - 1))
    of_trc = (
        values - tr[:, :, None] - tc[:, None, :] - rc
        + one[0][:, None, None] + one[1][None, :, None] + one[2] - grand
    )  # fmt: skip
    ms_trc = float((of_trc**2).sum()) / ((t - 1) * (r - 1) * (n - 1))
    denominator = ms_tr + max(ms_tc - ms_trc, 0.0)
    return _f_test(ms_t, denominator, t - 1, _hillis(denominator, ms_tr, (t - 1) * (r - 1)))


def _pooled(covariance: Array) -> tuple[float, float, float, float]:
    """Variance, cov1, cov2, cov3: the means over pairs of each kind; zero where there is no such pair."""
    t, r = covariance.shape[:2]
    same_t = np.eye(t, dtype=bool)[:, None, :, None]
    same_r = np.eye(r, dtype=bool)[None, :, None, :]
    kinds = (same_t & same_r, ~same_t & same_r, same_t & ~same_r, ~same_t & ~same_r)
    variance, cov1, cov2, cov3 = (
        float(covariance[kind].mean()) if kind.any() else 0.0
        for kind in (np.broadcast_to(one, covariance.shape) for one in kinds)
    )
    return variance, cov1, cov2, cov3


def _mean(figures: Array, cov2: float, level: float) -> Estimate:
    r = len(figures)
    ms_r = float(figures.var(ddof=1))
    total = ms_r + max(r * cov2, 0.0)
    return _estimate(float(figures.mean()), math.sqrt(total / r), _hillis(total, ms_r, r - 1), level)


def _hillis(total: float, readers: float, df: int) -> float:
    """Degrees of freedom; infinite where readers add nothing to the cases' part."""
    return total**2 / (readers**2 / df) if readers > 0 else math.inf


def _estimate(value: float, se: float, df: float, level: float) -> Estimate:
    if se == 0:
        return Estimate(value, 0.0, df, value, value, math.nan)
    from scipy import stats  # here: importing it takes longer than all else in this room

    reach = float(stats.t.ppf((1 + level) / 2, df)) * se
    return Estimate(value, se, df, value - reach, value + reach, 2 * float(stats.t.sf(abs(value / se), df)))


def _f_test(above: float, below: float, df1: int, df2: float) -> FTest:
    if below == 0:
        return FTest(math.nan, df1, df2, math.nan)
    f = above / below
    from scipy import stats

    p = stats.chi2.sf(f * df1, df1) if math.isinf(df2) else stats.f.sf(f, df1, df2)
    return FTest(f, df1, df2, float(p))
