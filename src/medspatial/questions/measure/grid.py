"""The voxel grid of one case in RAS order: indices to millimetres and lengths of index steps."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

WORLD_FACES = (("left", "right"), ("posterior", "anterior"), ("inferior", "superior"))
"""The two faces across each axis of a RAS-ordered grid: at index 0 and at the last index."""


@dataclass(frozen=True, eq=False)
class Grid:
    """Shape and affine of a grid whose axes run to the patient's right, anterior and superior side.

    Parameters
    ----------
    shape
        Number of voxels along i, j, k.
    matrix
        (4, 4) affine from voxel index to RAS+ millimetres.
    """

    shape: tuple[int, int, int]
    matrix: Floats

    @cached_property
    def spacing(self) -> tuple[float, float, float]:
        """Length of one index step along i, j, k in mm."""
        steps = np.linalg.norm(self.matrix[:3, :3], axis=0)
        return (float(steps[0]), float(steps[1]), float(steps[2]))

    @property
    def vmax(self) -> float:
        """Largest voxel side in mm."""
        return max(self.spacing)

    @cached_property
    def voxel_ml(self) -> float:
        """Volume of one voxel in millilitres."""
        return abs(float(np.linalg.det(self.matrix[:3, :3]))) / 1000.0

    @cached_property
    def metric(self) -> Floats:
        """(3, 3) matrix G with squared length = step @ G @ step for an index step in mm^2."""
        axes = self.matrix[:3, :3]
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

    def to_mm(self, index: Any) -> Floats:
        """Voxel indices (..., 3) to RAS+ millimetres (..., 3)."""
        return np.asarray(np.asarray(index, dtype=float) @ self.matrix[:3, :3].T + self.matrix[:3, 3])

    def to_index(self, points: Any) -> Floats:
        """RAS+ millimetres (..., 3) to fractional voxel indices (..., 3)."""
        inverse = np.linalg.inv(self.matrix[:3, :3])
        return np.asarray((np.asarray(points, dtype=float) - self.matrix[:3, 3]) @ inverse.T)

    def voxel_projection(self, direction: Any) -> float:
        """Length in mm of one voxel's shadow on a unit direction given in RAS+ millimetres."""
        return float(np.abs(np.asarray(direction, dtype=float) @ self.matrix[:3, :3]).sum())
