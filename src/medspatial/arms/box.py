"""The part of a grid around a region: what is done near it costs no more than it is large."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray


def grown_box(
    region: NDArray[np.bool_], spacing: Sequence[float], room_mm: float
) -> tuple[slice, slice, slice]:
    """Return the bounding box of a region that is not empty, with this many mm around it inside the grid."""
    found = []
    for axis in range(3):
        others = tuple(one for one in range(3) if one != axis)
        places = np.flatnonzero(region.any(axis=others))
        room = int(np.ceil(room_mm / spacing[axis])) + 1
        found.append(slice(max(0, int(places[0]) - room), int(places[-1]) + room + 1))
    return found[0], found[1], found[2]
