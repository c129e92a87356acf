"""Cut out a part of a grid, or set it into a larger one; world positions are kept."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from medspatial.errors import InputError
from medspatial.volume.affine import Affine

Voxels = NDArray[Any]


def _shifted(affine: Affine, start: Sequence[int]) -> Affine:
    """The affine of a grid whose voxel (0, 0, 0) is voxel ``start`` of this one."""
    move = np.eye(4)
    move[:3, 3] = start
    return affine.compose(move)


def cropped(
    voxels: Voxels, affine: Affine, start: Sequence[int], stop: Sequence[int]
) -> tuple[Voxels, Affine]:
    """Voxels ``start`` (included) to ``stop`` (excluded) along each axis; a view.

    Raises
    ------
    InputError
        If the box is empty or leaves the grid (negative indices do not count from the end).
    """
    for axis, (low, high, size) in enumerate(zip(start, stop, voxels.shape, strict=True)):
        if not 0 <= low < high <= size:
            raise InputError(f"crop: axis {axis} needs 0 <= start < stop <= {size}, got {low}..{high}")
    box = tuple(slice(low, high) for low, high in zip(start, stop, strict=True))
    return voxels[box], _shifted(affine, start)


def padded(
    voxels: Voxels, affine: Affine, before: Sequence[int], after: Sequence[int], fill: float
) -> tuple[Voxels, Affine]:
    """Add ``before`` and ``after`` voxels of value ``fill`` at the two ends of each axis."""
    if min(*before, *after) < 0:
        raise InputError(
            f"pad: widths must not be negative, got {tuple(before)} before, {tuple(after)} after"
        )
    if np.asarray(fill).astype(voxels.dtype) != fill:
        raise InputError(f"pad: fill value {fill!r} does not fit voxels of type {voxels.dtype}")
    widths = list(zip(before, after, strict=True))
    result = np.pad(voxels, widths, constant_values=voxels.dtype.type(fill))
    return result, _shifted(affine, [-width for width in before])


def cropped_or_padded(
    voxels: Voxels, affine: Affine, shape: Sequence[int], fill: float
) -> tuple[Voxels, Affine]:
    """Crop or pad each axis about the centre to reach ``shape``.

    An odd difference is split with the smaller half at the start, both for cropping and padding
    (``difference // 2`` at the start).
    """
    if len(shape) != 3 or min(shape) < 1:
        raise InputError(f"crop or pad: need three positive sizes, got {tuple(shape)}")
    spare = [size - want for size, want in zip(voxels.shape, shape, strict=True)]
    start = [max(s, 0) // 2 for s in spare]
    stop = [low + min(size, want) for low, size, want in zip(start, voxels.shape, shape, strict=True)]
    voxels, affine = cropped(voxels, affine, start, stop)
    before = [max(-s, 0) // 2 for s in spare]
    after = [max(-s, 0) - width for s, width in zip(spare, before, strict=True)]
    if max(*before, *after) == 0:
        return voxels, affine
    return padded(voxels, affine, before, after, fill)
