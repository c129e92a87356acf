"""Resampling as MONAI's ``Spacing`` does: the first voxel stays in place, the edge goes on beyond the last.

Unlike `Volume.resampled`, the new grid is not centred on the old one, and no position is outside.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from medspatial.volume import Affine, Volume

Array = NDArray[Any]


def spaced_grid(volume: Volume, spacing: tuple[float, float, float]) -> tuple[tuple[int, int, int], Affine]:
    """Return shape and affine of a volume at another spacing in mm.

    The number of voxels of an axis is round((n - 1) * old / new) + 1, halves to even.
    """
    scale = np.diag([new / old for old, new in zip(volume.spacing, spacing, strict=True)] + [1.0])
    x, y, z = (round((n - 1) / scale[k, k]) + 1 for k, n in enumerate(volume.shape))
    return (x, y, z), volume.affine.compose(scale)


def respaced(volume: Volume, spacing: tuple[float, float, float]) -> Volume:
    """Resample along the volume's own axes, linear, to a spacing in mm; float32."""
    values: Array = np.ascontiguousarray(volume.voxels, dtype=np.float32)
    shape, affine = spaced_grid(volume, spacing)
    for axis, (count, old, new) in enumerate(zip(shape, volume.spacing, spacing, strict=True)):
        values = along(values, axis, np.arange(count) * (new / old))
    return Volume(values, affine, unit=volume.unit, source=volume.source)


def along(values: Array, axis: int, positions: Array) -> NDArray[np.float32]:
    """Interpolate linearly along one axis at positions in voxels; the outermost values go on beyond."""
    last = values.shape[axis] - 1
    place = np.clip(positions, 0, last)
    low = np.minimum(np.floor(place).astype(np.intp), last)
    weight = (place - low).astype(np.float32)
    if not weight.any():
        return np.asarray(np.take(values, low, axis=axis), dtype=np.float32)
    shape = [1, 1, 1]
    shape[axis] = len(positions)
    first = np.take(values, low, axis=axis).astype(np.float32)
    second = np.take(values, np.minimum(low + 1, last), axis=axis)
    return np.asarray(first + (second - first) * weight.reshape(shape), dtype=np.float32)


def part_affine(affine: Affine, start: tuple[int, int, int]) -> Affine:
    """Return the affine of a part of a grid that begins at the voxel ``start`` (which may be negative)."""
    move = np.eye(4)
    move[:3, 3] = start
    return affine.compose(move)
