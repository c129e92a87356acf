"""One slice of a volume as a radiologist sees it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from medspatial.errors import InputError
from medspatial.volume.affine import Affine
from medspatial.volume.axes import OPPOSITE
from medspatial.volume.orient import reoriented

Plane = Literal["axial", "coronal", "sagittal"]

# Where columns, rows and slices grow. Axial is seen from the feet and coronal from the front (the patient's
# right on the left of the picture); sagittal has anterior on the left.
DISPLAY_AXES: dict[str, str] = {"axial": "LPS", "coronal": "LIP", "sagittal": "PIL"}
# World axis that is perpendicular to each plane.
NORMAL_AXIS: dict[str, int] = {"axial": 2, "coronal": 1, "sagittal": 0}


def validate_plane(plane: str) -> str:
    """Return the name of a plane, or refuse it."""
    if plane not in DISPLAY_AXES:
        raise InputError(f"plane {plane!r}: must be one of {', '.join(DISPLAY_AXES)}")
    return plane


@dataclass(frozen=True, eq=False)
class PlaneImage:
    """A slice in radiological display.

    Attributes
    ----------
    plane
        ``"axial"``, ``"coronal"`` or ``"sagittal"``.
    pixels
        (rows, columns), row 0 on top; values as in the volume.
    affine
        Map of (column, row, slice) to RAS+ mm, for the volume in display orientation.
    index
        Number of the slice in that orientation.

    Notes
    -----
    No interpolation takes place: for an oblique volume the picture is the stored slice closest to the plane,
    and the edge letters name the closest directions. Positions are exact all the same, since they go
    through the affine.
    """

    plane: str
    pixels: NDArray[Any]
    affine: Affine
    index: int

    @property
    def spacing(self) -> tuple[float, float]:
        """Millimetres between rows and between columns."""
        column, row, _ = self.affine.spacing
        return row, column

    @property
    def edges(self) -> dict[str, str]:
        """Letters (R, L, A, P, S, I) of the four edges: left, right, top, bottom."""
        right, bottom = DISPLAY_AXES[self.plane][:1], DISPLAY_AXES[self.plane][1:2]
        return {"left": OPPOSITE[right], "right": right, "top": OPPOSITE[bottom], "bottom": bottom}

    def pixel_of(self, xyz: ArrayLike) -> tuple[float, float]:
        """(column, row) of a world point, pixel centres at whole numbers; may lie outside the picture."""
        column, row, _ = self.affine.inverse().apply(xyz)
        return float(column), float(row)

    def point_of(self, column: float, row: float) -> tuple[float, float, float]:
        """World position (RAS+ mm) of a pixel of this slice."""
        x, y, z = self.affine.apply((column, row, self.index))
        return float(x), float(y), float(z)

    def off_plane_mm(self, xyz: ArrayLike) -> float:
        """How far a world point lies from this slice, perpendicular to it, in mm."""
        normal = np.cross(self.affine.directions[:, 0], self.affine.directions[:, 1])
        normal /= np.linalg.norm(normal)
        return abs(float(normal @ (np.asarray(xyz, dtype=float) - self.affine.apply((0, 0, self.index)))))


def plane_through(voxels: NDArray[Any], affine: Affine, plane: str, xyz: ArrayLike) -> PlaneImage:
    """The slice nearest to a world point.

    Raises
    ------
    InputError
        If the plane is unknown, or the point lies outside the volume along the slice axis.
    """
    turned, display = reoriented(voxels, affine, DISPLAY_AXES[validate_plane(plane)])
    position = float(display.inverse().apply(xyz)[2])
    index = int(np.clip(np.ceil(position - 0.5 - 1e-6), 0, turned.shape[2] - 1))
    if not -0.5 - 1e-6 <= position <= turned.shape[2] - 0.5 + 1e-6:
        point = tuple(round(float(v), 1) for v in np.asarray(xyz))
        raise InputError(
            f"{plane} plane: point {point} mm lies outside the volume's {turned.shape[2]} slices"
        )
    return PlaneImage(plane=plane, pixels=turned[:, :, index].T, affine=display, index=index)
