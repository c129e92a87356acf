"""Lossless changes of storage order: orient to other axis codes, mirror the patient."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from medspatial.volume.affine import Affine
from medspatial.volume.axes import array_axis, axis_moves
from medspatial.volume.grid import Grid

Voxels = NDArray[Any]


def reoriented(voxels: Voxels, affine: Affine, axcodes: str) -> tuple[Voxels, Affine]:
    """Flip and permute array axes so that they point along ``axcodes``.

    The result is a view; every voxel keeps its world position. With an oblique affine the axes become those
    closest to the codes.
    """
    i, j, k = voxels.shape
    return turned(voxels, affine.axcodes, axcodes), Grid((i, j, k), affine).oriented(axcodes).affine


def turned(voxels: Voxels, source: str, target: str) -> Voxels:
    """Flip and permute the axes of an array stored along one code to point along another: a view."""
    order, flips = axis_moves(source, target)
    return voxels.transpose(order)[tuple(slice(None, None, -1 if flip else 1) for flip in flips)]


def mirrored(voxels: Voxels, affine: Affine) -> Voxels:
    """Mirror along the array axis that runs left to right, about the centre of the grid.

    With the affine kept, what lay on the patient's left now lies on the right. For an oblique affine the
    mirror plane is perpendicular to that array axis, so the operation stays lossless and its own inverse.
    """
    return np.flip(voxels, axis=array_axis(affine.axcodes, "LR"))
