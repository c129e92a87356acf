"""Can a grid be that of a scan of a person? Sizes and places that no CT scanner gives, wide on every side.

What goes wrong in files is a length unit (metres, micrometres), a spacing lost on the way, or an origin in
another unit; each is far outside these limits, real scans are far inside.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from medspatial.errors import InputError

SPACING_MM = (0.05, 30.0)
"""Scanners give 0.1 mm (inner ear) to 10 mm; thumbnails of scans up to 30 mm."""
EXTENT_MM = 3000.0
"""No table is longer than 2.5 m, and no field of view wider than 1 m."""
SHORTEST_MM = 1.0
"""A body in millimetres that is taken for micrometres is half a millimetre long."""
PLACE_MM = 5000.0
"""World zero is in the scanner or at a mark of its table: a voxel farther away has lost its unit."""


def implausible(matrix: NDArray[np.float64], shape: Sequence[int]) -> str | None:
    """Say why a grid cannot be a scan of a person, None where it can.

    Parameters
    ----------
    matrix
        (4, 4), voxel index to mm.
    shape
        Voxels along the three axes.
    """
    spacing = np.linalg.norm(matrix[:3, :3], axis=0)
    extent = spacing * np.array(shape)
    shown = " x ".join(f"{step:.4g}" for step in spacing)
    size = " x ".join(f"{length:.4g}" for length in extent)
    if not ((spacing >= SPACING_MM[0]) & (spacing <= SPACING_MM[1])).all():
        return f"a voxel of {shown} mm is not from a scanner ({SPACING_MM[0]:g} to {SPACING_MM[1]:g} mm)"
    if extent.max() > EXTENT_MM or extent.max() < SHORTEST_MM:
        return f"a scan of {size} mm is not of a person ({SHORTEST_MM:g} to {EXTENT_MM:g} mm)"
    corners = np.array(list(product(*((0, n - 1) for n in shape)))) @ matrix[:3, :3].T + matrix[:3, 3]
    far = float(np.linalg.norm(corners, axis=1).max())
    if far > PLACE_MM:
        return (
            f"it reaches {far / 1000:.4g} m from world zero, no scanner does (at most {PLACE_MM / 1000:g} m)"
        )
    return None


def check_scannable(
    matrix: NDArray[np.float64], shape: Sequence[int], path: Path, stated_unit: str | None = None
) -> None:
    """Refuse a grid that no scanner gives.

    Parameters
    ----------
    stated_unit
        The length unit that the file states, where it is not millimetres; said in the message.

    Raises
    ------
    InputError
        With the figures and the usual cause.
    """
    reason = implausible(matrix, shape)
    if reason is None:
        return
    unit = f"; the file states its lengths in {stated_unit}" if stated_unit else ""
    raise InputError(f"{path}: {reason}{unit}; usually the length unit or the spacing is wrong")
