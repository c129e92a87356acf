"""Voxels of one structure as runs along the first grid axis, and set operations on them.

A run is the half-open index interval [start, stop) on one grid line along i. The line at (j, k) has the
number ``row = k * pitch + j + 1`` with ``pitch = ny + 2``: the spare numbers make ``row + 1``,
``row + pitch`` and so on the neighbouring lines without ever wrapping round. Runs are sorted by (row, start),
maximal, and never touch each other on one row, so a structure has exactly one representation.

A torso label volume of 100 million voxels has about a million runs; all measurements work on them.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from medspatial.geometry.grid import Ints
from medspatial.volume.fields import Box

Shape = tuple[int, int, int]


@dataclass(frozen=True, eq=False)
class Runs:
    """The voxels of one structure.

    Parameters
    ----------
    row, start, stop
        (n,) int64 arrays, sorted by (row, start).
    shape
        Grid size along i, j, k.
    """

    row: Ints
    start: Ints
    stop: Ints
    shape: Shape

    @classmethod
    def of_mask(cls, mask: NDArray[Any], corner: Shape = (0, 0, 0), shape: Shape | None = None) -> Runs:
        """Runs of the true voxels of a 3D array indexed (i, j, k).

        Parameters
        ----------
        mask
            Boolean array; a part of the grid when `corner` and `shape` are given.
        corner
            Grid index of the array's first voxel.
        shape
            Size of the whole grid.
        """
        grid_shape = shape or _shape3(mask.shape)
        lines = np.zeros((mask.shape[2], mask.shape[1], mask.shape[0] + 2), dtype=np.int8)
        lines[:, :, 1:-1] = mask.T
        step = np.diff(lines, axis=2)
        k, j, start = np.nonzero(step == 1)
        stop = np.nonzero(step == -1)[2]
        row = (k + corner[2]) * (grid_shape[1] + 2) + j + corner[1] + 1
        return cls(row.astype(np.int64), start + corner[0], stop + corner[0], grid_shape)

    @classmethod
    def empty(cls, shape: Shape) -> Runs:
        """No voxels on a grid."""
        none = np.zeros(0, dtype=np.int64)
        return cls(none, none, none, shape)

    @property
    def pitch(self) -> int:
        """Difference of row numbers between (j, k) and (j, k + 1)."""
        return self.shape[1] + 2

    @cached_property
    def j(self) -> Ints:
        """Second grid index of each run."""
        return self.row % self.pitch - 1

    @cached_property
    def k(self) -> Ints:
        """Third grid index of each run."""
        return self.row // self.pitch

    @cached_property
    def voxels(self) -> int:
        """Number of voxels."""
        return int((self.stop - self.start).sum())

    @cached_property
    def box(self) -> Box:
        """First and last (inclusive) voxel index of the bounding box; only for a non-empty structure."""
        low = (int(self.start.min()), int(self.j.min()), int(self.k[0]))
        high = (int(self.stop.max()) - 1, int(self.j.max()), int(self.k[-1]))
        return low, high

    def take(self, chosen: NDArray[Any]) -> Runs:
        """The runs at a boolean or ascending index array."""
        return Runs(self.row[chosen], self.start[chosen], self.stop[chosen], self.shape)

    def shifted(self, rows: int) -> Runs:
        """The same intervals on the rows `rows` further on (which may leave the grid)."""
        return Runs(self.row + rows, self.start, self.stop, self.shape)

    def ends(self) -> Ints:
        """(m, 3) voxel indices of the first and last voxel of every run."""
        first = np.stack([self.start, self.j, self.k], axis=1)
        last = np.stack([self.stop - 1, self.j, self.k], axis=1)
        return np.concatenate([first, last])

    def first_voxel(self) -> Shape:
        """The voxel that comes first in lexicographic (i, j, k) order."""
        order = np.lexsort((self.k, self.j, self.start))[0]
        return int(self.start[order]), int(self.j[order]), int(self.k[order])

    def contains(self, index: Ints) -> NDArray[np.bool_]:
        """Whether each voxel index of (m, 3) belongs to the structure."""
        inside = np.all((index >= 0) & (index < np.array(self.shape)), axis=1)
        if self.row.size == 0:
            return np.zeros(len(index), dtype=bool)
        position = (index[:, 2] * self.pitch + index[:, 1] + 1) * _width(self) + index[:, 0]
        before = np.searchsorted(self.row * _width(self) + self.start, position, side="right") - 1
        stop = self.row * _width(self) + self.stop
        return np.asarray(inside & (before >= 0) & (position < stop[np.maximum(before, 0)]))

    def crop(self, low: Shape, high: Shape) -> NDArray[np.bool_]:
        """Boolean array (i, j, k) of the voxels from `low` to `high`, both inclusive.

        The box may leave the grid; voxels out there are false.
        """
        size = np.array(high) - np.array(low) + 1
        rows = (self.k >= low[2]) & (self.k <= high[2]) & (self.j >= low[1]) & (self.j <= high[1])
        near = self.take(rows & (self.stop > low[0]) & (self.start <= high[0]))
        steps = np.zeros((size[2], size[1], size[0] + 1), dtype=np.int8)
        k, j = near.k - low[2], near.j - low[1]
        steps[k, j, np.maximum(near.start - low[0], 0)] = 1
        steps[k, j, np.minimum(near.stop - low[0], size[0])] = -1
        inside = np.cumsum(steps[:, :, :-1], axis=2, dtype=np.int8, out=steps[:, :, :-1])
        return np.asarray(inside.view(bool).T)

    def mask(self) -> NDArray[np.bool_]:
        """Boolean array of the whole grid."""
        nx, ny, nz = self.shape
        return self.crop((0, 0, 0), (nx - 1, ny - 1, nz - 1))


def union(parts: list[Runs]) -> Runs:
    """Voxels that are in any of the parts (at least one part, all on one grid)."""
    return _combined([(part, 1) for part in parts], lambda depth: depth >= 1)


def intersection(parts: list[Runs]) -> Runs:
    """Voxels that are in all parts."""
    return _combined([(part, 1) for part in parts], lambda depth: depth == len(parts))


def difference(keep: Runs, remove: Runs) -> Runs:
    """Voxels of `keep` that are not in `remove`."""
    return _combined([(keep, 2), (remove, 1)], lambda depth: depth == 2)


def boundary(runs: Runs) -> Runs:
    """Voxels with a face neighbour outside the structure; outside the grid counts as outside."""
    inner = Runs(runs.row, runs.start + 1, runs.stop - 1, runs.shape)
    inner = inner.take(inner.stop > inner.start)
    around = [runs.shifted(step) for step in (1, -1, runs.pitch, -runs.pitch)]
    return difference(runs, intersection([inner, *around]))


def _combined(parts: list[tuple[Runs, int]], wanted: Any) -> Runs:
    """Sweep over all interval borders; keep where the summed weight of covering parts is wanted."""
    shape = parts[0][0].shape
    width = _width(parts[0][0])
    borders = [part.row * width + at for part, _ in parts for at in (part.start, part.stop)]
    weights = [np.full(part.row.size, sign * weight) for part, weight in parts for sign in (1, -1)]
    at = np.concatenate(borders)
    order = np.argsort(at, kind="stable")
    at = at[order]
    if at.size == 0:
        return Runs.empty(shape)
    last = np.append(at[1:] != at[:-1], True)
    depth = np.cumsum(np.concatenate(weights)[order])[last]
    inside = np.concatenate([[False], wanted(depth)])
    edge = np.flatnonzero(inside[1:] != inside[:-1])
    start, stop = at[last][edge[0::2]], at[last][edge[1::2]]
    row = start // width
    return Runs(row, start - row * width, stop - row * width, shape)


def _width(runs: Runs) -> int:
    """Length of one row when all rows are laid end to end, with a gap so that rows never join."""
    return runs.shape[0] + 2


def _shape3(shape: tuple[int, ...]) -> Shape:
    return shape[0], shape[1], shape[2]
