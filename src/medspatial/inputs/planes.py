"""The three planes of a picture in radiological display, and where patient space falls on them.

The display axes are those of ``medspatial.volume``: the patient's left is on the right of axial and
coronal pictures, anterior is on the left of sagittal ones. Pixels are square in millimetres.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from medspatial.volume import Affine
from medspatial.volume.axes import OPPOSITE, axis_moves
from medspatial.volume.orient import reoriented
from medspatial.volume.plane import DISPLAY_AXES, NORMAL_AXIS, Plane

PLANES: tuple[Plane, ...] = ("axial", "coronal", "sagittal")
_ROUNDING = 1e-6  # pixels; a tie falls the same way whatever the rounding of the affine


@dataclass(frozen=True)
class Display:
    """A grid in the display order of one plane: (column, row, slice)."""

    order: tuple[int, ...]
    steps: tuple[slice, ...]
    affine: Affine
    shape: tuple[int, int, int]


@dataclass(frozen=True)
class Grid:
    """Where voxels lie: the affine of their array, ijk to RAS+ mm, and its shape."""

    affine: Affine
    shape: tuple[int, int, int]
    _displays: dict[Plane, Display] = field(default_factory=dict, compare=False, repr=False)

    def display(self, plane: Plane) -> Display:
        """Return how the grid is turned for a plane; worked out once."""
        if plane not in self._displays:
            codes = DISPLAY_AXES[plane]
            order, flips = axis_moves(self.affine.axcodes, codes)
            # A single number, broadcast, stands for the voxels: only the axes matter here.
            turned, affine = reoriented(np.broadcast_to(np.uint8(0), self.shape), self.affine, codes)
            columns, rows, slices = turned.shape
            steps = tuple(slice(None, None, -1 if flip else 1) for flip in flips)
            self._displays[plane] = Display(tuple(order), steps, affine, (columns, rows, slices))
        return self._displays[plane]


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
        return self.grid.display(self.plane).affine

    @cached_property
    def shape(self) -> tuple[int, int, int]:
        """Shape of the grid in display order: columns, rows, slices."""
        return self.grid.display(self.plane).shape

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
        display = self.grid.display(self.plane)
        turned: NDArray[np.generic] = voxels.transpose(display.order)[display.steps]
        return turned[:, :, self.index].T

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

    @cached_property
    def _to_display(self) -> Affine:
        return self.affine.inverse()

    @cached_property
    def _pixels_per_voxel(self) -> NDArray[np.float64]:
        return np.asarray(self.size, dtype=np.float64) / np.asarray(self.shape[:2], dtype=np.float64)


def frame_at(plane: Plane, xyz: NDArray[np.float64], grid: Grid, longest: int) -> PlaneFrame:
    """Return the slice nearest to a point; a point outside the grid takes the outermost slice.

    Parameters
    ----------
    xyz
        The point in RAS+ mm, shape (3,).
    longest
        Most pixels along any side of a picture of this grid; all planes share one pixel size.
    """
    display = grid.display(plane)
    index = int(np.clip(np.rint(display.affine.inverse().apply(xyz)[2]), 0, display.shape[2] - 1))
    spacing = np.asarray(display.affine.spacing)
    extent = spacing * np.asarray(display.shape)
    millimetres = max(float(spacing.min()), float(extent.max()) / longest)
    return PlaneFrame(plane, index, grid, millimetres)


def scale_bar(frame: PlaneFrame) -> tuple[int, float]:
    """Choose a round length, a third of the picture's width at most: (millimetres, pixels)."""
    width_mm = frame.size[0] * frame.millimetres
    length = max((mm for mm in (1, 2, 5, 10, 20, 50, 100, 200) if mm <= 0.3 * width_mm), default=1)
    return length, length / frame.millimetres
