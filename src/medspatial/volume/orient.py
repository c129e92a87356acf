"""Lossless changes of storage order: orient to other axis codes, mirror the patient."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from medspatial.volume.affine import Affine
from medspatial.volume.axes import array_axis, axis_moves

Voxels = NDArray[Any]


def reoriented(voxels: Voxels, affine: Affine, axcodes: str) -> tuple[Voxels, Affine]:
    """Flip and permute array axes so that they point along ``axcodes``.

    The result is a view; every voxel keeps its world position. With an oblique affine the axes become those
    closest to the codes.
    """
    order, flips = axis_moves(affine.axcodes, axcodes)
    move = np.zeros((4, 4))
    move[3, 3] = 1.0
    for new, (old, flip) in enumerate(zip(order, flips, strict=True)):
        move[old, new] = -1.0 if flip else 1.0
        move[old, 3] = voxels.shape[old] - 1 if flip else 0.0
    turned = voxels.transpose(order)
    steps = tuple(slice(None, None, -1 if flip else 1) for flip in flips)
    return turned[steps], affine.compose(move)


def mirrored(voxels: Voxels, affine: Affine) -> Voxels:
    """Mirror along the array axis that runs left to right, about the centre of the grid.

    With the affine kept, what lay on the patient's left now lies on the right. For an oblique affine the
    mirror plane is perpendicular to that array axis, so the operation stays lossless and its own inverse.
    """
    return np.flip(voxels, axis=array_axis(affine.axcodes, "LR"))
