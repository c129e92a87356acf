"""Contact and minimum surface distance of two structures.

Distances run between voxel centres. On a right-angled grid the closest pair always lies on boundary voxels,
so the least distance over all voxels is the surface distance; on a sheared grid (gantry tilt) all voxels
count. Two structures touch, and their distance is 0, when voxels of both are 26-neighbours.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from medspatial.geometry.grid import Floats, Ints, RasGrid
from medspatial.geometry.runs import Runs, Shape

RIGHT_ANGLED = 1.0 - 1e-9
"""Tightness of a grid from which on the closest voxels are known to be boundary voxels."""
LONGEST = 32
"""Runs are cut into pieces of this many voxels, so that the boxes around them stay small."""

Tree = NDArray[np.int32]


@dataclass(frozen=True)
class Contact:
    """How two structures meet.

    Parameters
    ----------
    faces
        Pairs of a voxel of the first and a voxel of the second structure that share a face.
    any26
        Whether any voxel of one is a 26-neighbour of, or the same as, a voxel of the other.
    overlap_voxels
        Voxels that belong to both (masks of different layers may overlap).
    """

    faces: int
    any26: bool
    overlap_voxels: int


@dataclass(frozen=True)
class Closest:
    """The closest pair of voxels.

    Parameters
    ----------
    mm
        Distance in mm; 0 when the structures touch.
    voxel_a, voxel_b
        RAS-ordered indices of the closest voxel centres. When the structures touch these are the closest
        among their neighbouring (or shared) voxels. Ties go to the first pair in lexicographic order.
    touching
        Whether any pair of voxels are 26-neighbours.
    """

    mm: float
    voxel_a: Shape
    voxel_b: Shape
    touching: bool


class Searchable:
    """A structure with the tree that distance searches walk; the tree is built when first needed."""

    def __init__(self, runs: Runs, grid: RasGrid) -> None:
        self.runs = runs
        self.grid = grid

    @cached_property
    def box(self) -> Ints:
        """(6,) first and last voxel index of the bounding box."""
        return np.array([*self.runs.box[0], *self.runs.box[1]], dtype=np.int32)

    @cached_property
    def tree(self) -> tuple[Tree, Tree, Tree]:
        """Columns, boxes and spans; see `boxtree`."""
        from medspatial.geometry.boxtree import grow

        columns = self._searched()
        count = columns.shape[1]
        order = np.empty(count, dtype=np.int32)
        boxes = np.empty((2 * count + 1, 6), dtype=np.int32)
        span = np.empty((2 * count + 1, 3), dtype=np.int32)
        nodes = grow(columns, np.array(self.grid.spacing), order, boxes, span)
        return columns[:, order], boxes[:nodes].copy(), span[:nodes].copy()

    def _searched(self) -> NDArray[np.int32]:
        """(4, m) start, stop, j, k of the runs to search: near the boundary where that is enough."""
        from medspatial.geometry.sweep import shell

        runs = self.runs
        if self.grid.tightness < RIGHT_ANGLED:
            return np.stack([runs.start, runs.stop, runs.j, runs.k]).astype(np.int32)
        room = 3 * runs.row.size
        while True:
            out = np.empty((4, room), dtype=np.int32)
            count = shell(runs.row, runs.start, runs.stop, runs.pitch, LONGEST, out)
            if count <= room:
                return np.ascontiguousarray(out[:, :count])
            room = count


def least_gap(a: Searchable, b: Searchable) -> float:
    """Lower bound in mm of the distance of two structures, from their bounding boxes alone.

    It is 0 where the boxes are neighbours, because structures in them may touch.
    """
    gap = np.maximum(0, np.maximum(b.box[:3] - a.box[3:], a.box[:3] - b.box[3:]))
    if gap.max() <= 1:
        return 0.0
    spacing = np.array(a.grid.spacing)
    return float(np.sqrt(a.grid.tightness * ((gap * spacing) ** 2).sum()))


def contact(a: Searchable, b: Searchable) -> tuple[Contact, Closest | None]:
    """Contact of two structures, and the closest pair of neighbouring voxels if there is any."""
    from medspatial.geometry.sweep import touch

    gap = np.maximum(b.box[:3] - a.box[3:], a.box[:3] - b.box[3:])
    if (gap > 1).any():
        return Contact(0, False, 0), None
    low, high = np.maximum(a.box[:3], b.box[:3]) - 1, np.minimum(a.box[3:], b.box[3:]) + 1
    near_a, near_b = _inside(a.runs, low, high), _inside(b.runs, low, high)
    best = np.zeros(6, dtype=np.int64)
    rows = [(runs.row, runs.start, runs.stop) for runs in (near_a, near_b)]
    faces, shared, squared = touch(rows[0], rows[1], a.runs.pitch, a.grid.squared_steps, best)
    if squared >= 1e300:
        return Contact(0, False, 0), None
    voxel_a, voxel_b = _voxels(best)
    return Contact(faces, True, shared), Closest(0.0, voxel_a, voxel_b, True)


def closest_pair(a: Searchable, b: Searchable, limit_mm: float = np.inf) -> Closest | None:
    """Closest voxels of two structures, or None when they are not within `limit_mm` of each other."""
    if least_gap(a, b) > limit_mm * (1.0 + 1e-9):
        return None
    return contact(a, b)[1] or closest_centres(a, b, limit_mm)


def closest_centres(a: Searchable, b: Searchable, limit_mm: float = np.inf) -> Closest | None:
    """Closest voxel centres of two structures that share no voxel, whether they touch or not."""
    from medspatial.geometry.boxtree import closest

    grid = a.grid
    spacing = np.array(grid.spacing) * np.sqrt(grid.tightness) * (1.0 - 1e-12)
    limit = 1e300 if np.isinf(limit_mm) else limit_mm**2 * (1.0 + 4e-9)
    best = np.full(6, -1, dtype=np.int64)
    squared = closest(a.tree, b.tree, grid.metric, spacing, limit, best)
    if best[0] < 0:
        return None
    voxel_a, voxel_b = _voxels(best)
    return Closest(float(np.sqrt(squared)), voxel_a, voxel_b, False)


def distance_to_point(runs: Runs, grid: RasGrid, point_mm: Floats) -> float:
    """Least distance in mm from a point to the voxel centres of a structure; infinite for no voxels."""
    if runs.row.size == 0:
        return float("inf")
    at = grid.to_index(point_mm)
    dj, dk = runs.j - at[1], runs.k - at[2]
    g = grid.metric
    ideal = np.floor(at[0] - (g[0, 1] * dj + g[0, 2] * dk) / g[0, 0])
    least = np.inf
    for i in (ideal, ideal + 1):
        step = np.stack([np.clip(i, runs.start, runs.stop - 1) - at[0], dj, dk])
        least = min(least, float(np.einsum("an,ab,bn->n", step, g, step).min()))
    return float(np.sqrt(max(least, 0.0)))


def _inside(runs: Runs, low: Ints, high: Ints) -> Runs:
    """Whole runs that meet the box; rows between the first and last plane only."""
    begin, end = np.searchsorted(runs.row, [low[2] * runs.pitch, (high[2] + 1) * runs.pitch])
    part = Runs(runs.row[begin:end], runs.start[begin:end], runs.stop[begin:end], runs.shape)
    j = part.row % runs.pitch - 1
    return part.take((j >= low[1]) & (j <= high[1]) & (part.stop > low[0]) & (part.start <= high[0]))


def _voxels(best: Ints) -> tuple[Shape, Shape]:
    i, j, k, i2, j2, k2 = best.tolist()
    return (i, j, k), (i2, j2, k2)
