"""The sign-flip permutation test by patient: exact for whole numbers, whatever the number of patients.

Under the null hypothesis the difference of a patient's sums is as likely positive as negative; the signs of
all patients are flipped, all questions of a patient together.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from medspatial.compare.clustered import Floats
from medspatial.compare.groups import Settings

EXACT_FLIPS = 12  # fractions: up to this many patients all 2^G sign patterns are counted
_LARGEST_SUM = 2_000_000  # whole sums above this are drawn: their distribution has too many places
_CHUNK_CELLS = 4_000_000  # draws x patients held at once: 16 MB in single precision


class SignFlip(NamedTuple):
    """A two-sided p value; ``exact`` unless it was drawn, ``(1 + hits) / (1 + draws)``."""

    p: float
    exact: bool


def sign_flip(sums: Floats, pairs: list[tuple[int, int]], settings: Settings) -> list[SignFlip]:
    """Test the difference of each two columns by flipping the signs of patients.

    Parameters
    ----------
    sums
        (patients, columns) sums of verdicts.
    pairs
        Columns to compare.

    Returns
    -------
    list of SignFlip
        One per pair. Whole numbers (right answers) are convolved to the distribution over all ``2^G`` sign
        patterns; fractions are counted with at most ``EXACT_FLIPS`` patients, else drawn.
    """
    if np.equal(sums, np.rint(sums)).all() and np.abs(sums).sum(axis=0).max(initial=0) <= _LARGEST_SUM:
        return [SignFlip(_convolved(sums[:, a] - sums[:, b]), exact=True) for a, b in pairs]
    exact = len(sums) <= EXACT_FLIPS
    return [SignFlip(float(p), exact) for p in _counted(sums, pairs, settings)]


def smallest_p(patients: int) -> float:
    """Smallest p value that the exact test can give: that of equal signs in all patients, ``2 / 2^G``."""
    return min(1.0, 2.0 ** (1 - patients))


def _convolved(differences: Floats) -> float:
    """P value of whole differences, ``P(|sum of ± d| >= |sum of d|)`` over all sign patterns.

    Half the signed sum and half the sum of sizes is the sum of the sizes with a positive sign. Its
    distribution is built size by size: the number of positive signs among equal sizes is binomial.
    """
    total = int(abs(differences.sum()))
    if total == 0:
        return 1.0
    sizes, counts = np.unique(np.abs(differences[differences != 0]).astype(np.int64), return_counts=True)
    shares: Floats = np.ones(1)
    for size, count in zip(sizes.tolist(), counts.tolist(), strict=True):
        shares = _spread(shares, size, _binomial(count))
    reached = (int(sizes @ counts) + total) // 2
    return min(1.0, 2 * float(shares[reached:].sum()))


def _spread(shares: Floats, step: int, weights: Floats) -> Floats:
    """Convolve with ``weights`` that stand ``step`` places apart."""
    length = len(shares) + step * (len(weights) - 1)
    if len(weights) <= step:
        found = np.zeros(length)
        for place, weight in enumerate(weights):
            found[place * step : place * step + len(shares)] += weight * shares
        return found
    grid = np.zeros((-(-len(shares) // step), step))  # each residue of the place is a column of its own
    grid.flat[: len(shares)] = shares
    return np.stack([np.convolve(column, weights) for column in grid.T], axis=1).ravel()[:length]


def _binomial(count: int) -> Floats:
    """Shares of 0 .. ``count`` heads of a fair coin, from the middle outward, so that nothing overflows."""
    places = np.arange(count - count // 2, count)
    upper = np.concatenate([[1.0], np.cumprod((count - places) / (places + 1))])
    lower = upper[::-1] if count % 2 else upper[:0:-1]
    shares = np.concatenate([lower, upper])
    return np.asarray(shares / shares.sum(), dtype=np.float64)


def _counted(sums: Floats, pairs: list[tuple[int, int]], settings: Settings) -> Floats:
    """(pairs,) p values of fractions, over all sign patterns of few patients or over drawn ones."""
    first = np.array([a for a, _ in pairs], dtype=np.intp)
    second = np.array([b for _, b in pairs], dtype=np.intp)
    totals = sums.sum(axis=0)
    scale = 1e-9 * (1 + np.abs(sums[:, first] - sums[:, second]).sum(axis=0))
    observed = np.abs(totals[first] - totals[second]) - scale
    hits, draws = np.zeros(len(pairs), dtype=np.int64), 0
    for signs in _signs(len(sums), settings.resamples, settings.rng()):
        flipped = signs.astype(np.float64) @ sums
        hits += (np.abs(flipped[:, first] - flipped[:, second]) >= observed).sum(axis=0)
        draws += len(flipped)
    exact = len(sums) <= EXACT_FLIPS
    return np.asarray(hits / draws if exact else (1 + hits) / (1 + draws), dtype=np.float64)


def _signs(patients: int, resamples: int, rng: np.random.Generator) -> Iterator[NDArray[np.int8]]:
    if patients <= EXACT_FLIPS:
        patterns = np.arange(2**patients)[:, None] >> np.arange(patients)
        yield (2 * (patterns & 1) - 1).astype(np.int8)
        return
    size = max(1, _CHUNK_CELLS // patients)
    for start in range(0, resamples, size):
        draws = min(size, resamples - start)
        yield 2 * rng.integers(2, size=(draws, patients), dtype=np.int8) - np.int8(1)
