"""Is this a chest? Lungs by their masks, or by the air inside the body."""

from __future__ import annotations

import math

import numpy as np

from medspatial.volume import MaskSet, Volume

LUNG_BAND = (-980.0, -500.0)
"""HU of aerated lung; gas in bowel and sinuses lies mostly below."""
BODY_ABOVE = -400.0
MIN_LUNG_ML = 500.0
"""Both lungs of an adult hold 2 to 6 litres; bowel, sinuses and mastoid stay well below this."""
GRID_MM = 3.0

_LUNGS = ("lung_", "lung")


def lung_ml_of_masks(masks: MaskSet) -> float:
    """Volume of all masks of lungs and lobes, ml."""
    voxels = sum(masks.voxels(name) for name in masks.names if name.startswith(_LUNGS))
    return float(voxels) * masks.affine.voxel_volume_ml


def lung_ml_of_voxels(volume: Volume) -> float:
    """Estimate the lungs' volume from HU: values of aerated lung that the body encloses in an axial slice.

    Works on a sub-grid of about ``GRID_MM``; coarse, made to tell a chest from a head or a pelvis.
    """
    from scipy import ndimage

    axial = volume.oriented("LPS")
    steps = [max(1, math.floor(GRID_MM / spacing)) for spacing in axial.spacing]
    voxels = axial.voxels[:: steps[0], :: steps[1], :: steps[2]]
    inside = 0
    for k in range(voxels.shape[2]):
        plane = voxels[:, :, k]
        body = ndimage.binary_fill_holes(plane > BODY_ABOVE)
        inside += int(np.count_nonzero(body & (plane >= LUNG_BAND[0]) & (plane <= LUNG_BAND[1])))
    return inside * math.prod(steps) * axial.affine.voxel_volume_ml
