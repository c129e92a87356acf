"""Slices of a grid in radiological display, and where patient space falls on them.

No interpolation takes place: on an oblique grid a slice is the stored one closest to the plane, and the
letters at its edges name the closest directions. Positions are exact, since they go through the affine.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import Literal, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

from medspatial.errors import InputError
from medspatial.volume.affine import Affine
from medspatial.volume.axes import OPPOSITE
from medspatial.volume.grid import Grid
from medspatial.volume.orient import turned

Plane = Literal["axial", "coronal", "sagittal"]
PLANES: tuple[Plane, ...] = get_args(Plane)

# Where columns, rows and slices grow. Axial is seen from the feet and coronal from the front (the patient's
# right on the left of the picture); sagittal has anterior on the left.
DISPLAY_AXES: dict[str, str] = {"axial": "LPS", "coronal": "LIP", "sagittal": "PIL"}
# World axis that is perpendicular to each plane.
NORMAL_AXIS: dict[str, int] = {"axial": 2, "coronal": 1, "sagittal": 0}
_ROUNDING = 1e-6  # pixels; a tie falls the same way whatever the rounding of the affine


@dataclass(frozen=True, eq=False)
class PlaneFrame:
    """One slice of a grid: where it lies in the patient, and how it is shown.

    Attributes
    ----------
    plane
        Which of the three.
    index
        Number of the slice in display order.
    grid
        The grid that is cut, as stored.
    millimetres
        Size of a (square) picture pixel.
    """

    plane: Plane
    index: int
    grid: Grid
    millimetres: float

    @cached_property
    def affine(self) -> Affine:
        """Affine of the grid in display order: (column, row, slice) to RAS+ mm."""
        return self._display.affine

    @cached_property
    def shape(self) -> tuple[int, int, int]:
        """Shape of the grid in display order: columns, rows, slices."""
        return self._display.shape

    @cached_property
    def _display(self) -> Grid:
        return display_grid(self.grid, self.plane)

    @cached_property
    def size(self) -> tuple[int, int]:
        """Width and height of the picture in pixels."""
        width, height = (
            max(math.floor(count * step / self.millimetres + 0.5 - _ROUNDING), 1)
            for count, step in zip(self.shape[:2], self.affine.spacing[:2], strict=True)
        )
        return width, height

    def cut(self, voxels: NDArray[np.generic]) -> NDArray[np.generic]:
        """Take this slice out of an array on the grid, as (rows, columns) of the display."""
        shown = turned(voxels, self.grid.axcodes, DISPLAY_AXES[self.plane])
        return np.asarray(shown[:, :, self.index].T)

    def pixels(self, xyz: NDArray[np.float64]) -> NDArray[np.float64]:
        """Project points in RAS+ mm, shape (..., 3), to picture coordinates (x, y), shape (..., 2).

        The picture's top left corner is (0, 0); the centre of its first pixel is (0.5, 0.5).
        """
        places = self._to_display.apply(xyz)[..., :2]
        return np.asarray((places + 0.5) * self._pixels_per_voxel)

    def patient(self, pixels: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the RAS+ mm, shape (..., 3), of picture coordinates on this slice: inverse of `pixels`."""
        places = np.full((*pixels.shape[:-1], 3), float(self.index))
        places[..., :2] = pixels / self._pixels_per_voxel - 0.5
        return self.affine.apply(places)

    def offset(self, xyz: NDArray[np.float64]) -> float:
        """Distance of a point from this slice in mm along its normal; positive towards R, A or S."""
        return float(self._normal @ (xyz - self.centre))

    @cached_property
    def _normal(self) -> NDArray[np.float64]:
        toward = self.affine.directions
        normal = np.cross(toward[:, 0], toward[:, 1])
        return np.asarray(normal / np.linalg.norm(normal) * np.sign(normal[NORMAL_AXIS[self.plane]]))

    @cached_property
    def centre(self) -> NDArray[np.float64]:
        """RAS+ mm of the middle of the slice."""
        columns, rows, _ = self.shape
        return self.affine.apply([(columns - 1) / 2, (rows - 1) / 2, self.index])

    @property
    def position(self) -> str:
        """Where the slice lies in RAS+ millimetres, such as ``z = −312.5 mm``."""
        axis = NORMAL_AXIS[self.plane]
        return f"{'xyz'[axis]} = {self.position_mm:.1f} mm".replace("-", "−")

    @property
    def position_mm(self) -> float:
        """The coordinate of `position`, to a tenth of a millimetre."""
        return round(round(float(self.centre[NORMAL_AXIS[self.plane]]), 4), 1) + 0.0

    @property
    def letters(self) -> dict[str, str]:
        """Orientation letters at the picture's edges, from the affine's own directions."""
        right, bottom = self.affine.axcodes[0], self.affine.axcodes[1]
        return {"left": OPPOSITE[right], "right": right, "top": OPPOSITE[bottom], "bottom": bottom}

    @property
    def scale_bar(self) -> tuple[int, float]:
        """A round length, a third of the picture's width at most: (millimetres, pixels)."""
        width_mm = self.size[0] * self.millimetres
        length = max((mm for mm in (1, 2, 5, 10, 20, 50, 100, 200) if mm <= 0.3 * width_mm), default=1)
        return length, length / self.millimetres

    @cached_property
    def _to_display(self) -> Affine:
        return self.affine.inverse()

    @cached_property
    def _pixels_per_voxel(self) -> NDArray[np.float64]:
        return np.asarray(self.size, dtype=np.float64) / np.asarray(self.shape[:2], dtype=np.float64)


def display_grid(grid: Grid, plane: Plane) -> Grid:
    """Return the grid in the display order of a plane: columns, rows, slices.

    Raises
    ------
    InputError
        If there is no such plane.
    """
    if plane not in DISPLAY_AXES:
        raise InputError(f"plane {plane!r}: must be one of {', '.join(PLANES)}")
    return grid.oriented(DISPLAY_AXES[plane])


def frame_at(plane: Plane, xyz: ArrayLike, grid: Grid, longest: int | None = None) -> PlaneFrame:
    """Return the slice nearest to a point; a point outside the grid takes the outermost slice.

    Parameters
    ----------
    xyz
        The point in RAS+ mm, shape (3,).
    longest
        Most pixels along any side of a picture of this grid; all planes share one pixel size. By default that
        is the smallest spacing.
    """
    display = display_grid(grid, plane)
    index = int(np.clip(np.rint(display.to_index(xyz)[2]), 0, display.shape[2] - 1))
    sides = np.asarray(display.spacing) * np.asarray(display.shape)
    millimetres = max(min(display.spacing), float(sides.max()) / longest if longest else 0.0)
    return PlaneFrame(plane, index, grid, millimetres)
