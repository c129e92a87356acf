"""Values of a volume on another grid, by world position.

Conventions: a voxel is a box around its centre, so the field of view ends half a voxel beyond the outermost
centres. Inside the field of view positions beyond the outermost centres take the value of the edge; outside
of it they take the fill value. No smoothing is done before going to a coarser grid (as the preprocessing of
the published CT models does, which uses plain trilinear interpolation).
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from medspatial.errors import InputError
from medspatial.volume.affine import Affine

Voxels = NDArray[Any]
Taps = tuple[
    NDArray[np.intp], NDArray[np.float32]
]  # (taps, n) source indices and weights per target position

ORDERS: dict[int, str] = {0: "nearest", 1: "linear", 3: "cubic"}
# Positions this close (in voxels) to a half or to the border of the field of view count as lying on it.
_ON_EDGE = 1e-6


def grid_of_spacing(
    shape: Sequence[int], affine: Affine, spacing: Sequence[float]
) -> tuple[tuple[int, int, int], Affine]:
    """Grid of another spacing over the same field of view.

    The number of voxels is rounded to the nearest whole (halves up, at least 1) and the grid is centred on
    the old one, so the result does not depend on the storage orientation.
    """
    if len(spacing) != 3 or not all(np.isfinite(s) and s > 0 for s in spacing):
        raise InputError(f"resample: spacing must be three positive numbers in mm, got {tuple(spacing)}")
    move = np.eye(4)
    sizes = []
    for axis, (old, size, new) in enumerate(zip(affine.spacing, shape, spacing, strict=True)):
        count = max(1, int(np.floor(size * old / new + 0.5 + _ON_EDGE)))
        sizes.append(count)
        move[axis, axis] = new / old
        move[axis, 3] = (size - 1) / 2 - (count - 1) / 2 * new / old
    return (sizes[0], sizes[1], sizes[2]), affine.compose(move)


def resampled_to(
    voxels: Voxels, affine: Affine, shape: Sequence[int], target: Affine, order: int, fill: float
) -> Voxels:
    """Sample ``voxels`` at the voxel centres of a grid of ``shape`` and affine ``target``.

    Parameters
    ----------
    order
        0 nearest (type kept; a tie goes to the voxel nearer to the right, posterior, inferior end of the
        patient, whatever the storage order), 1 trilinear, 3 cubic convolution (Keys 1981, a = -1/2).
        Orders 1 and 3 give float32.
    fill
        Value outside the field of view.
    """
    if order not in ORDERS:
        raise InputError(f"resample: order must be 0 (nearest), 1 (linear) or 3 (cubic), got {order!r}")
    if len(shape) != 3 or min(shape) < 1:
        raise InputError(f"resample: need three positive sizes, got {tuple(shape)}")
    if order == 0 and np.asarray(fill).astype(voxels.dtype) != fill:
        raise InputError(f"resample: fill value {fill!r} does not fit voxels of type {voxels.dtype}")
    to_source = np.linalg.inv(affine.matrix) @ target.matrix
    to_source[np.abs(to_source) < 1e-9] = 0.0
    low_ties = tuple(letter in "RAS" for letter in affine.axcodes)
    if (np.count_nonzero(to_source[:3, :3], axis=1) == 1).all():
        return _separable(voxels, to_source, shape, order, fill, low_ties)
    return _general(voxels, to_source, shape, order, fill, low_ties)


def interpolation_taps(positions: NDArray[np.float64], size: int, order: int, low_ties: bool = True) -> Taps:
    """Indices and weights with which source samples 0..size-1 make the value at each position."""
    if order == 0:
        near = np.ceil(positions - 0.5 - _ON_EDGE) if low_ties else np.floor(positions + 0.5 + _ON_EDGE)
        return np.clip(near, 0, size - 1).astype(np.intp)[None], np.ones((1, len(positions)), np.float32)
    base = np.floor(positions)
    t = positions - base
    if order == 1:
        offsets, weights = (0, 1), [1 - t, t]
    else:
        offsets = (-1, 0, 1, 2)
        weights = [
            ((-0.5 * t + 1.0) * t - 0.5) * t,
            (1.5 * t - 2.5) * t * t + 1.0,
            ((-1.5 * t + 2.0) * t + 0.5) * t,
            (0.5 * t - 0.5) * t * t,
        ]
    index = np.stack([np.clip(base + k, 0, size - 1) for k in offsets]).astype(np.intp)
    return index, np.stack(weights).astype(np.float32)


def _outside(positions: NDArray[np.float64], size: int) -> NDArray[np.bool_]:
    return np.asarray((positions < -0.5 - _ON_EDGE) | (positions > size - 0.5 + _ON_EDGE))


def _separable(
    voxels: Voxels,
    to_source: NDArray[np.float64],
    shape: Sequence[int],
    order: int,
    fill: float,
    low_ties: Sequence[bool],
) -> Voxels:
    """Grids with parallel axes: one pass per axis."""
    source_of = [int(np.flatnonzero(to_source[:3, k])[0]) for k in range(3)]
    values = voxels.transpose(source_of)  # axes now in the order of the target
    passes = []
    for axis, source in enumerate(source_of):
        positions = to_source[source, axis] * np.arange(shape[axis]) + to_source[source, 3]
        passes.append((axis, positions, low_ties[source]))
    outside = [_outside(positions, values.shape[axis]) for axis, positions, _ in passes]
    # The axis that shrinks most first, so that later passes touch fewer voxels.
    for axis, positions, low in sorted(passes, key=lambda p: len(p[1]) / values.shape[p[0]]):
        if order != 0 and _is_identity(positions, values.shape[axis]):
            continue
        values = _along(values, axis, interpolation_taps(positions, values.shape[axis], order, low))
    wanted = voxels.dtype if order == 0 else np.dtype(np.float32)
    result = np.array(values, dtype=wanted, order="F", copy=True)
    for axis, mask in enumerate(outside):
        if mask.any():
            result[(slice(None),) * axis + (mask,)] = fill
    return result


def _is_identity(positions: NDArray[np.float64], size: int) -> bool:
    return len(positions) == size and bool(np.allclose(positions, np.arange(size), rtol=0, atol=_ON_EDGE))


def _along(values: Voxels, axis: int, taps: Taps) -> Voxels:
    """Weighted sum of slabs along one axis."""
    index, weights = taps
    moved = np.moveaxis(values, axis, 2)
    if len(index) == 1:
        return np.moveaxis(moved[:, :, index[0]], 2, axis)
    layout = [size for k, size in enumerate(values.shape) if k != axis]
    shape = [*values.shape]
    shape[axis] = index.shape[1]
    result = np.empty(shape, np.float32, order="F")
    target = np.moveaxis(result, axis, 2)
    part = np.empty(layout, np.float32, order="F")
    for k in range(index.shape[1]):
        np.multiply(moved[:, :, index[0, k]], weights[0, k], out=target[:, :, k])
        for row, weight in zip(index[1:, k], weights[1:, k], strict=True):
            if weight != 0:
                target[:, :, k] += np.multiply(moved[:, :, row], weight, out=part)
    return result


def _general(
    voxels: Voxels,
    to_source: NDArray[np.float64],
    shape: Sequence[int],
    order: int,
    fill: float,
    low_ties: Sequence[bool],
) -> Voxels:
    """Grids at an angle: gather per voxel, one target slice at a time."""
    result = np.empty(shape, voxels.dtype if order == 0 else np.float32, order="F")
    ij = np.stack(np.meshgrid(np.arange(shape[0]), np.arange(shape[1]), indexing="ij")).reshape(2, -1)
    plane = to_source[:3, :2] @ ij + to_source[:3, 3:]
    for k in range(shape[2]):
        positions = plane + to_source[:3, 2:3] * k
        taps = [interpolation_taps(positions[a], voxels.shape[a], order, low_ties[a]) for a in range(3)]
        values = _gathered(voxels, taps, order)
        beyond = np.logical_or.reduce([_outside(positions[a], voxels.shape[a]) for a in range(3)])
        values[beyond] = fill
        result[:, :, k] = values.reshape(shape[0], shape[1])
    return result


def _gathered(voxels: Voxels, taps: Sequence[Taps], order: int) -> Voxels:
    (ix, wx), (iy, wy), (iz, wz) = taps
    if order == 0:
        return np.asarray(voxels[ix[0], iy[0], iz[0]])
    values = np.zeros(ix.shape[1], np.float32)
    for a, b, c in product(range(len(ix)), repeat=3):
        values += voxels[ix[a], iy[b], iz[c]] * (wx[a] * wy[b] * wz[c])
    return values
