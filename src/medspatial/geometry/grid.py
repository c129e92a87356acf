"""The voxel grid of one case in RAS order: lengths of index steps, also on oblique and sheared grids."""

from __future__ import annotations

from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from medspatial.volume import Grid

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

WORLD_FACES = (("left", "right"), ("posterior", "anterior"), ("inferior", "superior"))
"""The two faces across each axis of a RAS-ordered grid: at index 0 and at the last index."""


class RasGrid(Grid):
    """A grid with axes to the patient's right, anterior and superior side, and the lengths of its steps."""

    @property
    def vmax(self) -> float:
        """Largest voxel side in mm."""
        return max(self.spacing)

    @cached_property
    def voxel_ml(self) -> float:
        """Volume of one voxel in millilitres."""
        return self.affine.voxel_volume_ml

    @cached_property
    def metric(self) -> Floats:
        """(3, 3) matrix G with squared length = step @ G @ step for an index step in mm^2."""
        axes = self.affine.matrix[:3, :3]
        metric = axes.T @ axes
        scale = np.sqrt(np.outer(np.diag(metric), np.diag(metric)))
        return np.asarray(np.where(np.abs(metric) > 1e-7 * scale, metric, 0.0))

    @cached_property
    def squared_steps(self) -> Floats:
        """(3, 3, 3) squared length in mm^2 of each step of -1, 0, 1 along i, j, k."""
        step = np.indices((3, 3, 3)) - 1
        return np.asarray(np.einsum("aijk,ab,bijk->ijk", step, self.metric, step))

    @cached_property
    def tightness(self) -> float:
        """Factor c <= 1 with squared length >= c * sum of (step * spacing)^2; 1 for a right-angled grid."""
        root = np.sqrt(np.diag(self.metric))
        return min(1.0, float(np.linalg.eigvalsh(self.metric / np.outer(root, root))[0]))
