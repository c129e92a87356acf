"""Fields of view: the box of voxels of a grid that a mask file of its own grid has seen.

Where a mask file ends inside the CT, its border cuts structures as the border of the scan does, and beyond it
nothing is known to be absent.
"""

from __future__ import annotations

from itertools import product

import numpy as np
from numpy.typing import NDArray

from medspatial.volume.axes import OPPOSITE
from medspatial.volume.grid import Grid

Box = tuple[tuple[int, int, int], tuple[int, int, int]]
"""First and last (inclusive) voxel index along the three axes."""

BORDER_VOXELS = 1
"""A mask file may end this many voxels before the CT does: rounding of converters. It cuts, unsaid."""


def seen_box(mask: Grid, grid: Grid) -> Box | None:
    """Return the voxels of a grid whose centres lie in a mask file's grid, None where that is all of them.

    On a grid turned against the mask's, the largest box that is surely inside is returned.
    """
    ends = [(-0.5, n - 0.5) for n in mask.shape]
    corners = grid.to_index(mask.to_mm(list(product(*ends))))
    ordered = np.sort(corners, axis=0)
    low = np.ceil(ordered[3] - 1e-3).astype(int)  # the last of the four corners on the low side
    high = np.floor(ordered[4] + 1e-3).astype(int)
    last = np.array(grid.shape) - 1
    low, high = np.clip(low, 0, last), np.clip(high, 0, last)
    if (low <= 0).all() and (high >= last).all():
        return None
    return _box(low, np.maximum(high, low))


def turned_box(box: Box, old: Grid, new: Grid) -> Box:
    """Return the same box of the same grid stored along other axes (no resampling)."""
    corners = new.to_index(old.to_mm(box))
    return _box(np.rint(corners.min(axis=0)).astype(int), np.rint(corners.max(axis=0)).astype(int))


def mirrored_box(box: Box, grid: Grid) -> Box:
    """Return the box after voxels were mirrored along the array axis that runs from left to right."""
    axis = next(k for k, letter in enumerate(grid.axcodes) if letter in "LR")
    low, high = np.array(box[0]), np.array(box[1])
    low[axis], high[axis] = grid.shape[axis] - 1 - high[axis], grid.shape[axis] - 1 - low[axis]
    return _box(low, high)


def common_box(first: Box | None, second: Box | None) -> Box | None:
    """Return what two boxes share; None stands for the whole grid."""
    if first is None or second is None:
        return first or second
    low, high = np.maximum(first[0], second[0]), np.minimum(first[1], second[1])
    return _box(low, np.maximum(low, high))


def border_words(box: Box, grid: Grid) -> str:
    """Return the patient's sides at which a box ends well before its grid does, such as ``feet, head``.

    A voxel less is the grid's own border: it cuts all the same, and is not said.
    """
    words = {"L": "left", "R": "right", "A": "front", "P": "back", "S": "head", "I": "feet"}
    found = []
    for axis, letter in enumerate(grid.axcodes):
        if box[0][axis] > BORDER_VOXELS:
            found.append(words[OPPOSITE[letter]])
        if box[1][axis] < grid.shape[axis] - 1 - BORDER_VOXELS:
            found.append(words[letter])
    return ", ".join(sorted(found))


def _box(low: NDArray[np.int64], high: NDArray[np.int64]) -> Box:
    a, b, c = (int(one) for one in low)
    d, e, f = (int(one) for one in high)
    return (a, b, c), (d, e, f)
