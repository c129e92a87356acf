"""How deep a lesion lies: its distance to the outer boundary of the organ that holds it."""

from __future__ import annotations

import numpy as np

from medspatial.geometry.distance import Closest, Searchable, closest_centres
from medspatial.geometry.grid import RasGrid
from medspatial.geometry.runs import Runs, boundary, intersection


def outer_boundary(organ: Runs) -> Runs:
    """Voxels of an organ with a face neighbour outside it, where holes inside the organ are not outside.

    Space beyond the volume's faces is outside. Space is connected through voxel faces.
    """
    import cc3d

    low, high = organ.box
    corner = (low[0] - 1, low[1] - 1, low[2] - 1)
    free = ~organ.crop(corner, (high[0] + 1, high[1] + 1, high[2] + 1))
    spaces = cc3d.connected_components(np.asfortranarray(free), connectivity=6)
    filled = spaces != spaces[0, 0, 0]
    return boundary(Runs.of_mask(filled[1:-1, 1:-1, 1:-1], low, organ.shape))


def depth(lesion: Runs, surface: Searchable, grid: RasGrid, reach_mm: float = np.inf) -> Closest | None:
    """Closest voxels of a lesion and of an organ's outer boundary; 0 mm when a lesion voxel is on it.

    Parameters
    ----------
    surface
        Voxels of `outer_boundary`.
    reach_mm
        Surfaces farther away count as none.
    """
    if surface.runs.row.size == 0:
        return None
    shared = intersection([lesion, surface.runs])
    if shared.row.size:
        voxel = shared.first_voxel()
        return Closest(0.0, voxel, voxel, True)
    return closest_centres(Searchable(lesion, grid), surface, reach_mm)
