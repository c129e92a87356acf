"""The rule for ties between closest pairs, shared by all compiled searches."""

from __future__ import annotations

from typing import Any

from medspatial.volume.compiled import compiled

TIE = 1e-9
"""Squared distances that differ by less than this share are a tie."""


@compiled
def keep_closest(pair: Any, squared: float, nearest: float, best: Any) -> float:
    """Put a pair of voxels into `best` if it is closer, or as close and earlier; return the least distance.

    Parameters
    ----------
    pair
        Six int64: i, j, k of the first and of the second voxel; earlier means lexicographically smaller.
    squared, nearest
        Squared distance of the pair, and the least one so far.
    best
        (6,) pair kept so far.
    """
    if squared > nearest * (1.0 + TIE):
        return nearest
    wins = squared < nearest * (1.0 - TIE)
    if not wins:
        for at in range(6):
            if pair[at] != best[at]:
                wins = pair[at] < best[at]
                break
    if wins:
        for at in range(6):
            best[at] = pair[at]
    return min(nearest, squared)
