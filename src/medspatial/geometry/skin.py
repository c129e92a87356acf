"""The body's surface around a lesion: what lies inside the skin, from the CT."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from medspatial.geometry.distance import Searchable
from medspatial.geometry.grid import RasGrid
from medspatial.geometry.runs import Runs, boundary
from medspatial.geometry.stats import on_face

BODY_HU = -300.0
"""Skin and everything inside it lies above this value, air and most of the table's foam below."""


def skin_near(
    ct: NDArray[Any], lesion: Runs, grid: RasGrid, reach_mm: float
) -> tuple[Searchable, Runs] | None:
    """Body voxels at the skin, and those on a face of the volume, around a lesion; None outside the body.

    The body is the connected part (through faces) that holds the lesion once the air that each axial slice
    encloses (lungs, bowel) is filled: arms and the table are left out where they do not touch it. A surface
    that the volume cuts is no skin.

    Parameters
    ----------
    ct
        HU, indexed (i, j, k) as the grid.
    reach_mm
        How far above and below the lesion slices are looked at; the skin is complete within this distance.
    """
    import cc3d

    low, high = lesion.box
    more = int(np.ceil(reach_mm / grid.spacing[2])) + 1
    first, last = max(0, low[2] - more), min(grid.shape[2], high[2] + more + 1)
    inside = np.stack([_filled(ct[:, :, k]) for k in range(first, last)], axis=2)
    parts = cc3d.connected_components(np.asfortranarray(inside), connectivity=6)
    voxel = lesion.first_voxel()
    mark = parts[voxel[0], voxel[1], voxel[2] - first]
    if mark == 0:
        return None
    body = Runs.of_mask(parts == mark, (0, 0, first), grid.shape)
    edge = boundary(body)
    # in the outermost slices everything is an edge, because nothing is known beyond them
    inner = edge.take((edge.k > first) & (edge.k < last - 1))
    return Searchable(inner, grid), on_face(body)


def _filled(plane: NDArray[Any]) -> NDArray[np.bool_]:
    """Everything above air in a slice, and the air that it encloses."""
    import cc3d

    solid = plane > BODY_HU
    outside = np.pad(~solid, 1, constant_values=True)
    spaces = cc3d.connected_components(np.ascontiguousarray(outside), connectivity=4)
    return np.asarray((spaces != spaces[0, 0])[1:-1, 1:-1])
