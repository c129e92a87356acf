"""The voxels that a phantom is drawn on: RAS storage, any spacing, rotation and field of view."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from medspatial.cases.phantom.shapes import Array, Bounds, Shape

Box = tuple[slice, slice, slice]


@dataclass(frozen=True)
class Raster:
    """Voxel centres ``matrix @ (i, j, k, 1)`` in plan millimetres, stored right-anterior-superior.

    Attributes
    ----------
    shape
        Voxels along the three axes.
    matrix
        (4, 4) from voxel index to plan millimetres.
    """

    shape: tuple[int, int, int]
    matrix: Array

    @classmethod
    def covering(cls, field: Bounds, spacing: Array, turn: Array) -> Raster:
        """Grid whose voxels cover a box, turned about the box's centre by a (3, 3) rotation."""
        low, high = (np.asarray(corner, dtype=float) for corner in field)
        shape = np.maximum(np.ceil((high - low) / spacing - 1e-9), 1).astype(int)
        matrix = np.eye(4)
        matrix[:3, :3] = turn * spacing
        matrix[:3, 3] = (low + high) / 2 - matrix[:3, :3] @ ((shape - 1) / 2)
        return cls((int(shape[0]), int(shape[1]), int(shape[2])), matrix)

    @property
    def spacing(self) -> Array:
        """Distance of voxel centres along the three axes, plan mm."""
        return np.asarray(np.sqrt((self.matrix[:3, :3] ** 2).sum(axis=0)))

    @cached_property
    def _inverse(self) -> Array:
        return np.asarray(np.linalg.inv(self.matrix))

    def box(self, bounds: Bounds) -> Box | None:
        """Slices of the voxels whose centres can lie inside the bounds; None where none can."""
        low, high = bounds
        middle = self._inverse[:3, :3] @ ((low + high) / 2) + self._inverse[:3, 3]
        reach = np.abs(self._inverse[:3, :3]) @ ((high - low) / 2) + 1e-6
        slices = []
        for centre, half, size in zip(middle.tolist(), reach.tolist(), self.shape, strict=True):
            start, stop = max(math.ceil(centre - half), 0), min(math.floor(centre + half) + 1, size)
            if start >= stop:
                return None
            slices.append(slice(start, stop))
        return slices[0], slices[1], slices[2]

    def to_index(self, points: Array) -> Array:
        """Return the (fractional) voxel indices of ``(n, 3)`` plan points."""
        return np.asarray(points @ self._inverse[:3, :3].T + self._inverse[:3, 3])

    def points(self, box: Box) -> tuple[Array, Array, Array]:
        """Plan coordinates of a box's voxel centres, as three arrays that broadcast to its shape."""
        counts = [np.arange(s.start, s.stop, dtype=np.float64) for s in box]
        index = [counts[0][:, None, None], counts[1][None, :, None], counts[2][None, None, :]]
        coordinates = []
        for row in self.matrix[:3]:
            terms = [factor * axis for factor, axis in zip(row[:3], index, strict=True) if factor != 0.0]
            coordinates.append((sum(terms) + row[3]).astype(np.float32))
        return coordinates[0], coordinates[1], coordinates[2]

    def draw(self, shape: Shape) -> tuple[Box, NDArray[np.bool_]] | None:
        """Rasterise a shape: the box it can touch, and which of the box's voxel centres lie inside."""
        whole = self.box(shape.bounds)
        if whole is None:
            return None
        parts = shape.parts()
        size = tuple(s.stop - s.start for s in whole)
        if len(parts) == 1:
            inside = parts[0].inside(*self.points(whole))
            return whole, inside if inside.shape == size else np.broadcast_to(inside, size).copy()
        mask = np.zeros(size, dtype=bool)
        for part in parts:
            box = self.box(part.bounds)
            if box is not None:
                i, j, k = (
                    slice(s.start - w.start, s.stop - w.start) for s, w in zip(box, whole, strict=True)
                )
                mask[i, j, k] |= part.inside(*self.points(box))
        return whole, mask
