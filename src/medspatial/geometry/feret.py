"""Largest diameter of a structure, in axial slices and in space (maximum Feret diameter)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from medspatial.geometry.grid import Floats, Ints, RasGrid
from medspatial.geometry.runs import Runs, Shape

TIE = 1e-9
CHUNK = 512


@dataclass(frozen=True)
class Diameter:
    """A largest diameter, edge to edge.

    Parameters
    ----------
    mm
        Distance of the two farthest voxel centres plus one voxel's projection on their direction.
    voxel_a, voxel_b
        These voxels, RAS-ordered indices.
    """

    mm: float
    voxel_a: Shape
    voxel_b: Shape


def axial_diameter(runs: Runs, grid: RasGrid) -> Diameter:
    """Largest diameter in any axial slice (plane of constant k); ties go to the lowest slice."""
    found = [farthest(_row_ends(runs.take(runs.k == k)), grid, axes=2) for k in np.unique(runs.k)]
    best = max(one.mm for one in found)
    return next(one for one in found if one.mm >= best * (1 - TIE))


def solid_diameter(runs: Runs, grid: RasGrid) -> Diameter:
    """Largest diameter in space."""
    return farthest(_hull(_row_ends(runs)), grid, axes=3)


def smallest_axial_extent(runs: Runs, grid: RasGrid) -> float:
    """Smaller of the edge-to-edge sizes in mm along i and j, over all slices together."""
    low, high = runs.box
    return min((high[axis] - low[axis] + 1) * grid.spacing[axis] for axis in range(2))


def farthest(index: Ints, grid: RasGrid, axes: int) -> Diameter:
    """Farthest two of some voxels (m, 3), and their distance edge to edge.

    Among pairs that are equally far the one with the longest result counts, then the first in lexicographic
    order. The projection of the voxel counts its first `axes` sides. A single voxel has its longest side.
    """
    index = index[np.lexsort(index.T[::-1])]
    points = grid.to_mm(index)
    longest, pairs = 0.0, np.zeros((1, 2), dtype=np.int64)
    for begin in range(0, len(points), CHUNK):
        step = points[begin : begin + CHUNK, None] - points[None, :]
        squared = np.einsum("abx,abx->ab", step, step)
        top = float(squared.max())
        if top < longest * (1 - TIE):
            continue
        if top > longest * (1 + TIE):
            pairs = pairs[:0]
        longest = max(longest, top)
        found = np.argwhere(squared >= longest * (1 - TIE))
        found[:, 0] += begin
        pairs = np.concatenate([pairs, found[found[:, 0] <= found[:, 1]]])
    lengths = np.array([_edge_to_edge(points[b] - points[a], grid, axes) for a, b in pairs])
    a, b = pairs[int(np.argmax(lengths >= lengths.max() * (1 - TIE)))]
    return Diameter(float(lengths.max()), _voxel(index[a]), _voxel(index[b]))


def _edge_to_edge(step: Floats, grid: RasGrid, axes: int) -> float:
    sides = grid.affine.matrix[:3, :axes]
    length = float(np.linalg.norm(step))
    if length == 0.0:
        return float(np.linalg.norm(sides, axis=0).max())
    return length + float(np.abs(step / length @ sides).sum())


def _row_ends(runs: Runs) -> Ints:
    """First and last voxel of each grid line along i: the only ones that can be farthest."""
    first = np.append(True, runs.row[1:] != runs.row[:-1])
    last = np.append(first[1:], True)
    ends = np.concatenate([runs.take(first).ends()[: first.sum()], runs.take(last).ends()[last.sum() :]])
    return np.unique(ends, axis=0)


def _hull(index: Ints) -> Ints:
    """Drop points that lie between others on a line along j or k, then those inside the convex hull."""
    from scipy.spatial import ConvexHull, QhullError

    for axis in (1, 2):
        others = [other for other in range(3) if other != axis]
        order = np.lexsort((index[:, axis], index[:, others[0]], index[:, others[1]]))
        index = index[order]
        same = (index[1:, others] == index[:-1, others]).all(axis=1)
        index = index[~(np.append(False, same) & np.append(same, False))]
    if len(index) < CHUNK:
        return index
    try:
        return np.asarray(index[ConvexHull(index).vertices])
    except QhullError:  # all points in one plane: there are few of them
        return index


def _voxel(index: Ints) -> Shape:
    i, j, k = index.tolist()
    return i, j, k
