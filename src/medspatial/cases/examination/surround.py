"""What surrounds the body: air, or a value that a program filled in."""

from __future__ import annotations

import numpy as np

from medspatial.volume import Volume

# A side of the scan is filled where this share of its voxels hold one value; measured sides are noisy.
FILLED_SHARE, FILLED_SIDES = 0.95, 2
# Values of tissue: a filling below is padding, or air.
TISSUE_HU = (-300.0, 300.0)


def surround_note(ct: Volume) -> str | None:
    """Say that the outside of the body holds one value of tissue, as masking or resampling leaves it."""
    found: list[float] = []
    for axis in range(3):
        for end in (0, -1):
            side = ct.voxels.take(end, axis)
            middle = float(np.median(side))
            if TISSUE_HU[0] <= middle <= TISSUE_HU[1] and np.mean(side == middle) >= FILLED_SHARE:
                found.append(middle)
    if len(found) < FILLED_SIDES:
        return None
    return f"{len(found)} sides of the scan are filled with {found[0]:g} HU, where air (-1000) should be"
