"""Where voxels lie in the patient: what a volume, its masks and its slices have in common."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray

from medspatial.errors import InputError
from medspatial.volume.affine import Affine
from medspatial.volume.axes import axis_moves, validate_axcodes

Floats = NDArray[np.float64]

# Grids that differ by less than this share of the smallest spacing are one grid, stored twice with rounding.
SAME_GRID_SHARE = 0.05
# A point this close (in voxels) to the border of the grid lies inside, whatever the rounding of the affine.
BORDER_ROUNDING = 1e-6


@dataclass(frozen=True)
class Grid:
    """Shape and affine of a voxel array.

    Two grids are equal if their shapes are and their affines are within the tolerance of `Affine`.

    Attributes
    ----------
    shape
        Number of voxels along the array axes i, j, k.
    affine
        Map of ``ijk`` (voxel centres at whole numbers) to RAS+ mm.

    Raises
    ------
    InputError
        If the shape is not that of a 3D array.
    """

    shape: tuple[int, int, int]
    affine: Affine

    def __post_init__(self) -> None:
        if len(self.shape) != 3:
            raise InputError(f"grid: needs 3 dimensions, got shape {tuple(self.shape)}")
        if not isinstance(self.affine, Affine):
            object.__setattr__(self, "affine", Affine(self.affine))

    @cached_property
    def spacing(self) -> tuple[float, float, float]:
        """Millimetres between voxel centres along each array axis."""
        return self.affine.spacing

    @cached_property
    def axcodes(self) -> str:
        """Where the array axes point, such as ``"LPS"``."""
        return self.affine.axcodes

    @property
    def centre(self) -> tuple[float, float, float]:
        """The middle of the grid in RAS+ mm."""
        x, y, z = self.affine.apply((np.array(self.shape) - 1) / 2)
        return float(x), float(y), float(z)

    @property
    def corners(self) -> Floats:
        """Centres of the eight corner voxels in RAS+ mm, (8, 3)."""
        return self.affine.apply(_ends(self.shape, 0.0))

    @property
    def extent(self) -> Floats:
        """Lowest and highest RAS+ mm of the grid along x, y, z, voxel edges included, (2, 3)."""
        world = self.affine.apply(_ends(self.shape, 0.5))
        return np.stack([world.min(axis=0), world.max(axis=0)])

    @cached_property
    def _inverse(self) -> Floats:
        return np.asarray(np.linalg.inv(self.affine.matrix[:3, :3]))

    def to_mm(self, index: ArrayLike) -> Floats:
        """Return the RAS+ mm, (..., 3), of voxel indices (..., 3)."""
        return self.affine.apply(index)

    def to_index(self, points: ArrayLike) -> Floats:
        """Return the fractional voxel indices, (..., 3), of points in RAS+ mm (..., 3)."""
        away = np.asarray(points, dtype=np.float64) - self.affine.matrix[:3, 3]
        return np.asarray(away @ self._inverse.T)

    def contains(self, points: ArrayLike) -> NDArray[np.bool_]:
        """Say for points in RAS+ mm, (..., 3), whether each lies in one of the voxels, (...)."""
        places = self.to_index(points)
        low, high = -0.5 - BORDER_ROUNDING, np.array(self.shape) - 0.5 + BORDER_ROUNDING
        return np.asarray(((places >= low) & (places <= high)).all(axis=-1))

    def close_to(self, other: Grid) -> bool:
        """Whether two arrays of one shape have each voxel at the same place, up to rounding."""
        if self.shape != other.shape:
            return False
        apart = np.linalg.norm(self.corners - other.corners, axis=1)
        return bool(apart.max() <= self._rounding(other))

    def same_voxels(self, other: Grid) -> bool:
        """Whether two arrays have voxels at the same places, up to rounding, in any storage orientation."""
        if sorted(self.shape) != sorted(other.shape):
            return False
        apart = np.linalg.norm(self.corners[:, None] - other.corners[None], axis=-1)
        nearest = max(float(apart.min(axis=1).max()), float(apart.min(axis=0).max()))
        return nearest <= self._rounding(other)

    def oriented(self, axcodes: str) -> Grid:
        """Return the same grid stored along other axes; of an oblique one, those closest to the codes."""
        codes = validate_axcodes(axcodes)
        if codes not in self._oriented:
            self._oriented[codes] = self._stored_along(codes)
        return self._oriented[codes]

    @cached_property
    def _oriented(self) -> dict[str, Grid]:
        return {}  # every slice of a grid asks for the same three

    def _stored_along(self, axcodes: str) -> Grid:
        order, flips = axis_moves(self.axcodes, axcodes)
        move = np.zeros((4, 4))
        move[3, 3] = 1.0
        for new, (old, flip) in enumerate(zip(order, flips, strict=True)):
            move[old, new] = -1.0 if flip else 1.0
            move[old, 3] = self.shape[old] - 1 if flip else 0.0
        i, j, k = (self.shape[old] for old in order)
        return Grid((i, j, k), self.affine.compose(move))

    def _rounding(self, other: Grid) -> float:
        return SAME_GRID_SHARE * min(*self.spacing, *other.spacing)


def _ends(shape: tuple[int, int, int], beyond: float) -> Floats:
    """Return the eight corners of an array, ``beyond`` voxels farther out than the outermost centres."""
    ends = np.array([(-beyond, n - 1 + beyond) for n in shape], np.float64)
    return np.stack(np.meshgrid(*ends, indexing="ij"), axis=-1).reshape(-1, 3)
