"""Drawing patients with replacement, and flipping the signs of patients, as matrix products."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from medspatial.compare.clustered import Floats, PatientSums

Singles = NDArray[np.float32]
_CHUNK_CELLS = 4_000_000  # draws x patients held at once: 16 MB of float32
_EXACT_FLIPS = 12  # up to this many patients all 2^G sign patterns are counted


def bootstrap_weights(patients: int, resamples: int, rng: np.random.Generator) -> Iterator[Singles]:
    """Yield (draws, patients) counts of how often each patient was drawn, ``resamples`` rows in all."""
    chunk = max(1, _CHUNK_CELLS // max(patients, 1))
    for start in range(0, resamples, chunk):
        draws = min(chunk, resamples - start)
        drawn = rng.integers(patients, size=(draws, patients), dtype=np.int32)
        drawn += np.arange(draws, dtype=np.int32)[:, None] * patients
        counts = np.bincount(drawn.ravel(), minlength=draws * patients)
        yield counts.reshape(draws, patients).astype(np.float32)


def bootstrap_means(groups: Sequence[PatientSums], resamples: int, rng: np.random.Generator) -> list[Singles]:
    """Pooled accuracy in each draw of patients.

    Parameters
    ----------
    groups
        Sums of several groups of questions over the *same* patients; all share the draws.

    Returns
    -------
    list of (resamples, models) arrays
        One per group. NaN in a draw that holds no question of the group.

    Notes
    -----
    Products run in single precision: the sums of right answers are whole numbers far below 2^24 and
    therefore exact.
    """
    patients = len(groups[0].counts)
    widths = [group.sums.shape[1] for group in groups]
    columns = np.hstack([np.hstack([group.sums, group.counts[:, None]]) for group in groups])
    columns = columns.astype(np.float32)
    products = np.vstack([weights @ columns for weights in bootstrap_weights(patients, resamples, rng)])
    means: list[Singles] = []
    start = 0
    with np.errstate(invalid="ignore", divide="ignore"):
        for width in widths:
            means.append(products[:, start : start + width] / products[:, start + width, None])
            start += width + 1
    return means


def percentile_limits(draws: Singles, confidence: float) -> Floats:
    """(2, models) limits of the percentile interval; NaN draws are left out."""
    tail = (1 - confidence) / 2
    if not len(draws) or np.isnan(draws).all(axis=0).any():
        return np.full((2, draws.shape[1]), np.nan)
    empty = np.isnan(draws[:, 0])
    kept = draws[~empty] if empty.any() else draws
    return np.quantile(kept, [tail, 1 - tail], axis=0).astype(np.float64)
