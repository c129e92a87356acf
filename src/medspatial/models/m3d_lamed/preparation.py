"""From a CT to the input of M3D-LaMed: the recipes of the original, in one orientation.

The original looks at neither spacing nor affine, and its left and right are whatever the file stores.
Here the volume is brought to LPS first and read as (slice, row, column), which is the display order of
the training slices in the plane; ``orientation="stored"`` keeps the file's own order instead.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from medspatial.inputs import InputContract
from medspatial.models.runtime.stretch import (
    Array,
    StretchedPreparation,
    cropped_to_positive,
    minmax_stretched,
    scaled,
    stretched,
)
from medspatial.volume import Volume

Recipe = Literal["minmax", "refseg", "seg"]


@dataclass(frozen=True)
class Preparation(StretchedPreparation):
    """How voxels become the input.

    Attributes
    ----------
    recipe
        ``minmax``: scaled to 0..1, cropped to values over 0 unless a window is set, stretched (the
        data behind the captions and questions). ``refseg``: percentiles 0.5 and 99.5, in-plane axes
        exchanged. ``seg``: percentiles of the values above the mean, z-score, then 0..1.
    orientation, hu_window, shape
        See `StretchedPreparation`.
    """

    model: ClassVar[str] = "m3d_lamed"
    recipes: ClassVar[tuple[str, ...]] = get_args(Recipe)

    recipe: Recipe = "minmax"
    shape: tuple[int, int, int] = (32, 256, 256)

    def __call__(self, volume: Volume) -> NDArray[np.float32]:
        """Return (1, depth, height, width) float32."""
        voxels = self.voxels(volume)
        if self.recipe == "minmax":
            return minmax_stretched(voxels, self.hu_window, self.shape)
        # Sums depend on the order of memory: one order, so that they do not depend on the file's.
        clipped = voxels if self.hu_window is None else np.clip(voxels, *self.hu_window)
        prepared = _refseg if self.recipe == "refseg" else _seg
        return stretched(prepared(np.ascontiguousarray(clipped)), self.shape)

    @property
    def crops(self) -> bool:
        """Whether the volume is cropped by its values."""
        return self.recipe != "minmax" or self.hu_window is None

    def contract(self) -> InputContract:
        """Return what comes out, as a contract."""
        swapped = self.recipe == "refseg"
        return InputContract(
            axes="SLP" if swapped else "SPL",
            shape=self.shape,
            hu_window=self.hu_window if self.recipe == "minmax" else None,
            normalisation="" if self.recipe == "minmax" and self.hu_window else _WORDS[self.recipe],
            notes=self.notes(),
        )


def _refseg(voxels: Array) -> Array:
    """(x, y, z) to (z, x, y), scaled by percentiles and clipped."""
    array = voxels.transpose(2, 0, 1).astype(np.float64)
    low, high = np.percentile(array, 0.5), np.percentile(array, 99.5)
    return cropped_to_positive(scaled(np.clip(array, low, high), float(low), float(high)))


def _seg(voxels: Array) -> Array:
    """(x, y, z) to (z, y, x); percentiles and z-score of what lies above the mean, then 0..1."""
    array = voxels.astype(np.float32)
    foreground = array[array > array.mean()]
    low, high = np.percentile(foreground, 0.05), np.percentile(foreground, 99.95)
    scored = (np.clip(array, low, high) - foreground.mean()) / max(float(foreground.std()), 1e-8)
    scored = scored.transpose(2, 1, 0)
    return cropped_to_positive(scaled(scored, float(scored.min()), float(scored.max())))


_WORDS = {
    "minmax": "whole-volume minimum and maximum to 0..1",
    "refseg": "percentiles 0.5 and 99.5 to 0..1",
    "seg": "percentiles 0.05 and 99.95 above the mean, z-score, to 0..1",
}
