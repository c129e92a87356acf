"""The map from voxel indices to patient space."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import ArrayLike, NDArray

from medspatial.errors import InputError
from medspatial.volume.axes import closest_axcodes, validate_axcodes, world_axis

# Two affines are equal within these: a NIfTI header holds float32, which is good to about 3e-5 mm at 500 mm.
ORIGIN_TOLERANCE_MM = 1e-3
COLUMN_TOLERANCE_MM = 1e-5
_LAST_ROW = np.array([0.0, 0.0, 0.0, 1.0])
_LAST_ROW_TOLERANCE = 1e-8 + 1e-5 * _LAST_ROW  # rounding
# |det| of the unit axes: 1 when they are perpendicular, 0 when they lie in one plane.
SINGULAR_LIMIT = 1e-4
# Cosine between two array axes from which on the grid counts as sheared (0.006 degrees).
SHEAR_LIMIT = 1e-4


class Affine:
    """Immutable map of voxel indices ``ijk`` (voxel centres at whole numbers) to RAS+ millimetres.

    Parameters
    ----------
    matrix
        (4, 4), last row 0 0 0 1; or (3, 4).

    Raises
    ------
    InputError
        If the shape is wrong, a number is not finite, or the matrix is singular.
    """

    __slots__ = ("_matrix",)
    __hash__ = None  # type: ignore[assignment]  # equality has a tolerance, so there can be no hash

    def __init__(self, matrix: ArrayLike | Affine) -> None:
        values = np.array(matrix.matrix if isinstance(matrix, Affine) else matrix, dtype=np.float64)
        if values.shape == (3, 4):
            values = np.vstack([values, [0.0, 0.0, 0.0, 1.0]])
        if values.shape != (4, 4):
            raise InputError(f"affine: need a 4x4 matrix, got shape {values.shape}")
        if not np.isfinite(values).all():
            raise InputError(f"affine: every number must be finite, got {values.tolist()}")
        if (np.abs(values[3] - _LAST_ROW) > _LAST_ROW_TOLERANCE).any():
            raise InputError(f"affine: the last row must be 0 0 0 1, got {values[3].tolist()}")
        norms = np.linalg.norm(values[:3, :3], axis=0)
        if norms.min() <= 0 or abs(np.linalg.det(values[:3, :3] / norms)) < SINGULAR_LIMIT:
            raise InputError(
                f"affine: singular matrix, it maps the voxels to a plane: {values[:3, :3].tolist()}"
            )
        values.flags.writeable = False
        self._matrix = values

    @classmethod
    def from_axcodes(
        cls,
        axcodes: str,
        spacing: Iterable[float],
        origin: Iterable[float] | None = None,
        shape: Iterable[int] | None = None,
    ) -> Affine:
        """Affine with axes along the world axes.

        Parameters
        ----------
        axcodes
            Where each array axis points.
        spacing
            Millimetres between voxel centres, per array axis.
        origin
            World position (mm) of voxel (0, 0, 0).
        shape
            Used when no origin is given: the centre of a grid of this shape is put at world (0, 0, 0).
        """
        matrix = np.eye(4)
        matrix[:3, :3] = 0.0
        for k, (letter, step) in enumerate(zip(validate_axcodes(axcodes), spacing, strict=True)):
            axis, sign = world_axis(letter)
            matrix[axis, k] = sign * step
        if origin is not None:
            matrix[:3, 3] = tuple(origin)
        elif shape is not None:
            matrix[:3, 3] = -matrix[:3, :3] @ ((np.array(tuple(shape)) - 1) / 2)
        return cls(matrix)

    @property
    def matrix(self) -> NDArray[np.float64]:
        """The (4, 4) float64 matrix, read-only."""
        return self._matrix

    @property
    def spacing(self) -> tuple[float, float, float]:
        """Distance in mm between voxel centres along each array axis (norms of the columns)."""
        x, y, z = np.linalg.norm(self._matrix[:3, :3], axis=0)
        return float(x), float(y), float(z)

    @property
    def vmax(self) -> float:
        """The largest of the three spacings, in mm."""
        return max(self.spacing)

    @property
    def origin(self) -> tuple[float, float, float]:
        """World position (RAS+ mm) of the centre of voxel (0, 0, 0)."""
        x, y, z = self._matrix[:3, 3]
        return float(x), float(y), float(z)

    @property
    def directions(self) -> NDArray[np.float64]:
        """(3, 3); column k is the unit vector of array axis k in RAS+."""
        return np.asarray(self._matrix[:3, :3] / np.linalg.norm(self._matrix[:3, :3], axis=0))

    @property
    def axcodes(self) -> str:
        """Codes of the closest world axes, such as ``"LPS"``."""
        return closest_axcodes(self.directions)

    @property
    def voxel_volume_ml(self) -> float:
        """Volume of one voxel in millilitres: the absolute determinant, also right for sheared grids."""
        return abs(float(np.linalg.det(self._matrix[:3, :3]))) / 1000.0

    @property
    def sheared(self) -> bool:
        """Whether the array axes are not perpendicular to each other."""
        cosines = self.directions.T @ self.directions
        return bool(np.abs(cosines - np.eye(3)).max() > SHEAR_LIMIT)

    @property
    def oblique(self) -> bool:
        """Whether an array axis is not parallel to a world axis."""
        return bool(np.sort(np.abs(self.directions), axis=0)[:2].max() > SHEAR_LIMIT)

    def apply(self, points: ArrayLike) -> NDArray[np.float64]:
        """World positions (mm, RAS+) of voxel positions; (..., 3) in, (..., 3) out."""
        ijk = np.asarray(points, dtype=np.float64)
        if ijk.shape[-1:] != (3,):
            raise InputError(f"affine: points must have 3 numbers each, got shape {ijk.shape}")
        return np.asarray(ijk @ self._matrix[:3, :3].T + self._matrix[:3, 3])

    def inverse(self) -> Affine:
        """Map of world positions to voxel positions."""
        return Affine(np.linalg.inv(self._matrix))

    def compose(self, inner: ArrayLike) -> Affine:
        """The affine of a grid whose indices map to this grid's indices by ``inner`` (4, 4)."""
        return Affine(self._matrix @ np.asarray(inner, dtype=np.float64))

    def __eq__(self, other: object) -> bool:
        """Equality within ``ORIGIN_TOLERANCE_MM`` and ``COLUMN_TOLERANCE_MM``."""
        if not isinstance(other, Affine):
            return NotImplemented
        apart = np.abs(self._matrix - other._matrix)
        return bool(apart[:3, :3].max() <= COLUMN_TOLERANCE_MM and apart[:3, 3].max() <= ORIGIN_TOLERANCE_MM)

    def __repr__(self) -> str:
        spacing = " x ".join(f"{s:.4g}" for s in self.spacing)
        origin = ", ".join(f"{v:.1f}" for v in self.origin)
        return f"Affine({self.axcodes}, {spacing} mm, origin {origin})"
