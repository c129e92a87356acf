"""From a CT to VISTA3D's input: 1.5 mm, cropped to what is above 0 HU, RAS, scaled to 0..1."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from medspatial.errors import InputError
from medspatial.inputs import InputContract
from medspatial.models.runtime.spacing import part_affine, respaced
from medspatial.volume import Volume

SPACING = (1.5, 1.5, 1.5)
WINDOW = (-963.8247715525971, 1053.678477684517)
_MARGIN = 10


class NoBodyError(InputError):
    """Nothing lies above 0 HU."""


class Preparation:
    """How voxels become the input; there is nothing to choose."""

    def __call__(self, volume: Volume) -> NDArray[np.float32]:
        """Return (1, x, y, z) float32, axes to the patient's right, front and head."""
        return np.asarray(self.prepared(volume).voxels)[None]

    def prepared(self, volume: Volume) -> Volume:
        """Return the input with its affine.

        Raises
        ------
        NoBodyError
            Nothing lies above 0 HU.
        """
        fine = respaced(volume.oriented("RAS"), SPACING)
        start, stop = _box(fine)
        part = fine.voxels[tuple(slice(a, b) for a, b in zip(start, stop, strict=True))]
        low, high = WINDOW
        values = np.clip((part - np.float32(low)) / np.float32(high - low), 0, 1).astype(np.float32)
        x, y, z = start
        return Volume(values, part_affine(fine.affine, (x, y, z)), unit="intensity", source=volume.source)

    def contract(self) -> InputContract:
        """Return what comes out, as a contract."""
        return InputContract(
            axes="RAS",
            spacing=SPACING,
            hu_window=WINDOW,
            notes=(f"cropped to what lies above 0 HU and {_MARGIN} voxels around it",),
        )

    def describe(self) -> dict[str, Any]:
        """Return all settings."""
        return {"spacing_mm": list(SPACING), "window_hu": list(WINDOW), "margin_voxels": _MARGIN}


def _box(volume: Volume) -> tuple[list[int], list[int]]:
    """Return the first and one past the last index of what is above 0, with the margin, inside the grid."""
    body = volume.voxels > 0
    start, stop = [], []
    for axis, size in enumerate(volume.shape):
        places = np.flatnonzero(body.any(axis=tuple(other for other in range(3) if other != axis)))
        if places.size == 0:
            where = f"{volume.source}: " if volume.source else ""
            raise NoBodyError(f"{where}vista3d: nothing lies above 0 HU, there is no body to segment")
        start.append(max(0, int(places[0]) - _MARGIN))
        stop.append(min(size, int(places[-1]) + 1 + _MARGIN))
    return start, stop
