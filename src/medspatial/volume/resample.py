"""Values of a volume on another grid, by world position.

Conventions: a voxel is a box around its centre, so the field of view ends half a voxel beyond the outermost
centres. Inside the field of view positions beyond the outermost centres take the value of the edge; outside
of it they take the fill value. No smoothing is done before going to a coarser grid (as the preprocessing of
the published CT models does, which uses plain trilinear interpolation).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from medspatial.errors import InputError
from medspatial.volume.affine import Affine
from medspatial.volume.grid import Grid

Voxels = NDArray[Any]
Taps = tuple[
    NDArray[np.intp], NDArray[np.float32]
]  # (taps, n) source indices and weights per target position

ORDERS: dict[int, str] = {0: "nearest", 1: "linear", 3: "cubic"}
# Positions this close (in voxels) to a half or to the border of the field of view count as lying on it.
_ON_EDGE = 1e-6

# Axes that drift apart by less than this (in voxels) over the whole grid count as parallel.
_PARALLEL = 1e-4


@dataclass(frozen=True)
class _Wanted:
    """A target grid as seen from the source: ``to_source`` (4, 4) maps its indices to source indices."""

    shape: tuple[int, int, int]
    to_source: NDArray[np.float64]
    order: int
    fill: float
    low_ties: tuple[bool, ...]  # per source axis: does a tie go to the lower index

    def dtype(self, voxels: Voxels) -> np.dtype[Any]:
        return voxels.dtype if self.order == 0 else np.dtype(np.float32)


def grid_of_spacing(grid: Grid, spacing: Sequence[float]) -> Grid:
    """Grid of another spacing over the same field of view.

    The number of voxels is rounded to the nearest whole (halves up, at least 1) and the grid is centred on
    the old one, so the result does not depend on the storage orientation.
    """
    if len(spacing) != 3 or not all(np.isfinite(s) and s > 0 for s in spacing):
        raise InputError(f"resample: spacing must be three positive numbers in mm, got {tuple(spacing)}")
    move = np.eye(4)
    sizes = []
    for axis, (old, size, new) in enumerate(zip(grid.spacing, grid.shape, spacing, strict=True)):
        count = max(1, int(np.floor(size * old / new + 0.5 + _ON_EDGE)))
        sizes.append(count)
        move[axis, axis] = new / old
        move[axis, 3] = (size - 1) / 2 - (count - 1) / 2 * new / old
    return Grid((sizes[0], sizes[1], sizes[2]), grid.affine.compose(move))


def resampled_to(voxels: Voxels, affine: Affine, target: Grid, *, order: int, fill: float) -> Voxels:
    """Sample ``voxels`` of an affine at the voxel centres of another grid.

    Parameters
    ----------
    order
        0 nearest (type kept; a tie goes to the voxel nearer to the left, posterior, inferior end of the
        patient, whatever the storage order), 1 trilinear, 3 cubic convolution (Keys 1981, a = -1/2).
        Orders 1 and 3 give float32.
    fill
        Value outside the field of view.
    """
    if order not in ORDERS:
        raise InputError(f"resample: order must be 0 (nearest), 1 (linear) or 3 (cubic), got {order!r}")
    if min(target.shape) < 1:
        raise InputError(f"resample: need three positive sizes, got {target.shape}")
    if order == 0 and np.asarray(fill).astype(voxels.dtype) != fill:
        raise InputError(f"resample: fill value {fill!r} does not fit voxels of type {voxels.dtype}")
    to_source = np.linalg.inv(affine.matrix) @ target.affine.matrix
    to_source[:3, :3][np.abs(to_source[:3, :3]) * max(target.shape) < _PARALLEL] = 0.0
    low_ties = tuple(letter in "RAS" for letter in affine.axcodes)
    wanted = _Wanted(target.shape, to_source, order, fill, low_ties)
    parallel = (np.count_nonzero(to_source[:3, :3], axis=1) == 1).all()
    return _separable(voxels, wanted) if parallel else _general(voxels, wanted)


def interpolation_taps(positions: NDArray[np.float64], size: int, order: int, low_ties: bool = True) -> Taps:
    """Indices and weights with which source samples 0..size-1 make the value at each position."""
    if order == 0:
        near = np.ceil(positions - 0.5 - _ON_EDGE) if low_ties else np.floor(positions + 0.5 + _ON_EDGE)
        return np.clip(near, 0, size - 1).astype(np.intp)[None], np.ones((1, len(positions)), np.float32)
    base = np.floor(positions)
    t = positions - base
    if order == 1:
        offsets: tuple[int, ...] = (0, 1)
        weights = [1 - t, t]
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


def _separable(voxels: Voxels, wanted: _Wanted) -> Voxels:
    """Grids with parallel axes: one pass per axis."""
    to_source, order = wanted.to_source, wanted.order
    source_of = [int(np.flatnonzero(to_source[:3, k])[0]) for k in range(3)]
    values = voxels.transpose(source_of)  # axes now in the order of the target
    passes = []
    for axis, source in enumerate(source_of):
        positions = to_source[source, axis] * np.arange(wanted.shape[axis]) + to_source[source, 3]
        passes.append((axis, positions, wanted.low_ties[source]))
    outside = [_outside(positions, values.shape[axis]) for axis, positions, _ in passes]
    # The axis that shrinks most first, so that later passes touch fewer voxels.
    for axis, positions, low in sorted(passes, key=lambda p: len(p[1]) / values.shape[p[0]]):
        if order != 0 and _is_identity(positions, values.shape[axis]):
            continue
        values = _along(values, axis, interpolation_taps(positions, values.shape[axis], order, low))
    result = np.array(values, dtype=wanted.dtype(voxels), order="F", copy=True)
    for axis, mask in enumerate(outside):
        if mask.any():
            result[(slice(None),) * axis + (mask,)] = wanted.fill
    return result


def _is_identity(positions: NDArray[np.float64], size: int) -> bool:
    return len(positions) == size and bool(np.allclose(positions, np.arange(size), rtol=0, atol=_ON_EDGE))


def _along(values: Voxels, axis: int, taps: Taps) -> Voxels:
    """Interpolate along one axis, slab by slab along the axis that is slowest in memory."""
    layout = sorted(range(3), key=lambda k: -abs(values.strides[k]))
    slow_first = values.transpose(layout)
    place = layout.index(axis)
    if len(taps[0]) == 1:
        mixed = np.take(slow_first, taps[0][0], axis=place)
    elif place == 0:
        mixed = _across_slabs(slow_first, taps)
    else:
        mixed = _within_slabs(slow_first, place - 1, taps)
    return np.asarray(mixed).transpose([layout.index(k) for k in range(3)])


def _across_slabs(values: Voxels, taps: Taps) -> Voxels:
    """Weighted sums of slabs ``values[k]``."""
    index, weights = taps
    result = np.empty((index.shape[1], *values.shape[1:]), np.float32)
    part = np.empty(values.shape[1:], np.float32)
    for k, slab in enumerate(result):
        np.multiply(values[index[0, k]], weights[0, k], out=slab)
        for row, weight in zip(index[1:, k], weights[1:, k], strict=True):
            if weight != 0:
                np.add(slab, np.multiply(values[row], weight, out=part), out=slab)
    return result


def _within_slabs(values: Voxels, axis: int, taps: Taps) -> Voxels:
    """Weighted sums along ``axis`` (0 or 1) of each slab ``values[k]``."""
    index, weights = taps
    shape = [*values.shape]
    shape[axis + 1] = index.shape[1]
    result = np.empty(shape, np.float32)
    factors = weights[:, :, None] if axis == 0 else weights[:, None, :]
    part = np.empty(shape[1:], np.float32)
    for slab, mixed in zip(values, result, strict=True):
        plain = np.ascontiguousarray(slab, dtype=np.float32)
        np.take(plain, index[0], axis=axis, out=mixed, mode="clip")
        np.multiply(mixed, factors[0], out=mixed)
        for rows, factor in zip(index[1:], factors[1:], strict=True):
            np.take(plain, rows, axis=axis, out=part, mode="clip")
            part *= factor
            np.add(mixed, part, out=mixed)
    return result


def _general(voxels: Voxels, wanted: _Wanted) -> Voxels:
    """Grids at an angle: gather per voxel, one target slice at a time."""
    shape, to_source, order = wanted.shape, wanted.to_source, wanted.order
    result = np.empty(shape, wanted.dtype(voxels), order="F")
    ij = np.stack(np.meshgrid(np.arange(shape[0]), np.arange(shape[1]), indexing="ij")).reshape(2, -1)
    plane = to_source[:3, :2] @ ij + to_source[:3, 3:]
    for k in range(shape[2]):
        positions = plane + to_source[:3, 2:3] * k
        taps = [
            interpolation_taps(positions[a], voxels.shape[a], order, wanted.low_ties[a]) for a in range(3)
        ]
        values = _gathered(voxels, taps, order)
        beyond = np.logical_or.reduce([_outside(positions[a], voxels.shape[a]) for a in range(3)])
        values[beyond] = wanted.fill
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
