"""What a straight segment in the patient passes through."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from medspatial.geometry.grid import Floats, Ints, RasGrid
from medspatial.geometry.runs import Runs


def crossed(start_mm: Floats, end_mm: Floats, grid: RasGrid) -> tuple[Ints, Floats]:
    """Voxels that a segment passes through, in order, and the length in mm inside each.

    Voxels are the cells around the voxel centres; cells outside the grid are passed through as well.
    """
    start, end = grid.to_index(start_mm), grid.to_index(end_mm)
    step = end - start
    cuts = [np.array([0.0, 1.0])]
    for axis in range(3):
        if step[axis] != 0.0:
            low, high = sorted((start[axis], end[axis]))
            planes = np.arange(np.ceil(low - 0.5), np.floor(high - 0.5) + 1) + 0.5
            cuts.append((planes - start[axis]) / step[axis])
    at = np.unique(np.clip(np.concatenate(cuts), 0.0, 1.0))
    middle = (at[1:] + at[:-1]) / 2
    voxels = np.rint(start + middle[:, None] * step).astype(np.int64)
    length = float(np.linalg.norm(np.asarray(end_mm) - np.asarray(start_mm)))
    return voxels, np.diff(at) * length


def shares_between(
    start_mm: Floats, end_mm: Floats, ends: tuple[Runs, Runs], others: Mapping[str, Runs], grid: RasGrid
) -> tuple[dict[str, float], float]:
    """Share of a segment inside each of some structures, where the parts inside its two ends do not count.

    Returns
    -------
    shares of the structures that are crossed, and the length in mm that counts.
    """
    voxels, lengths = crossed(start_mm, end_mm, grid)
    free = ~(ends[0].contains(voxels) | ends[1].contains(voxels))
    voxels, lengths = voxels[free], lengths[free]
    total = float(lengths.sum())
    if total == 0.0:
        return {}, 0.0
    inside = {name: float(lengths[runs.contains(voxels)].sum()) / total for name, runs in others.items()}
    return {name: share for name, share in inside.items() if share > 0.0}, total
