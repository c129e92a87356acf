"""The longest axial diameter of a lesion."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from medspatial.questions.measure import Grid, Runs

Point = tuple[float, float, float]
TIE_MM = 1e-6


@dataclass(frozen=True)
class Diameter:
    """A length in mm and the two voxel centres at its ends, RAS+ mm."""

    mm: float
    point_a: Point
    point_b: Point


def longest_axial_diameter(runs: Runs, grid: Grid) -> Diameter:
    """Return the largest Feret diameter in any slice along the third (superior) grid axis.

    The diameter of a slice is the distance of its two farthest voxel centres plus one in-plane voxel's
    projection on that direction (the larger sum where several pairs are equally far). Only the ends of
    runs can be farthest.

    Parameters
    ----------
    runs
        Voxels of the lesion, not empty.
    grid
        Its grid, axes to the patient's right, anterior and superior side.
    """
    best: tuple[float, Point, Point] | None = None
    in_plane = grid.matrix[:3, :2]
    for k in np.unique(runs.k):
        part = runs.take(runs.k == k)
        points = grid.to_mm(part.ends())
        steps = points[:, None, :] - points[None, :, :]
        lengths = np.linalg.norm(steps, axis=-1)
        directions = steps / np.where(lengths > 0, lengths, 1.0)[..., None]
        widths = lengths + np.abs(directions @ in_plane).sum(axis=-1)
        widths[lengths == 0] = max(grid.spacing[:2])
        widths[lengths < lengths.max() - TIE_MM] = -1.0
        a, b = np.unravel_index(int(np.argmax(widths)), widths.shape)
        if best is None or widths[a, b] > best[0] + 1e-9:
            best = (float(widths[a, b]), _point(points[a]), _point(points[b]))
    assert best is not None
    return Diameter(*best)


def _point(values: NDArray[np.float64]) -> Point:
    return float(values[0]), float(values[1]), float(values[2])
