"""Drawing patients with replacement, as matrix products."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from medspatial.compare.clustered import Floats, PatientSums

Singles = NDArray[np.float32]
_CHUNK_CELLS = 4_000_000  # draws x patients held at once: 16 MB in single precision


def bootstrap_weights(patients: int, resamples: int, rng: np.random.Generator) -> Iterator[Singles]:
    """Yield (draws, patients) counts of how often each patient was drawn, ``resamples`` rows in all."""
    for draws in _chunks(patients, resamples):
        drawn = rng.integers(patients, size=(draws, patients), dtype=np.int32)
        drawn += np.arange(draws, dtype=np.int32)[:, None] * np.int32(patients)
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
    Products run in single precision: sums of right answers are whole numbers far below 2^24 and
    therefore exact.
    """
    patients = len(groups[0].counts)
    columns = np.hstack([np.hstack([group.sums, group.counts[:, None]]) for group in groups])
    columns = columns.astype(np.float32)
    products = np.vstack([weights @ columns for weights in bootstrap_weights(patients, resamples, rng)])
    means: list[Singles] = []
    start = 0
    with np.errstate(invalid="ignore", divide="ignore"):
        for group in groups:
            stop = start + group.sums.shape[1]
            means.append(products[:, start:stop] / products[:, stop, None])
            start = stop + 1
    return means


def percentile_limits(draws: Singles, confidence: float) -> Floats:
    """(2, columns) limits of the percentile interval; draws without a question (NaN) are left out."""
    tail = (1 - confidence) / 2
    kept = draws[np.isfinite(draws).all(axis=1)]
    if not len(kept):
        return np.full((2, draws.shape[1]), np.nan)
    return np.asarray(np.quantile(kept, [tail, 1 - tail], axis=0), dtype=np.float64)


def _chunks(patients: int, resamples: int) -> Iterator[int]:
    size = max(1, _CHUNK_CELLS // max(patients, 1))
    for start in range(0, resamples, size):
        yield min(size, resamples - start)
