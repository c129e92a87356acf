"""From a CT to the input of M3D-LaMed: the recipes of the original, in one orientation.

The original looks at neither spacing nor affine, and its left and right are whatever the file stores.
Here the volume is brought to LPS first and read as (slice, row, column), which is the display order of
the training slices in the plane; ``orientation="stored"`` keeps the file's own order instead.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from medspatial.errors import InputError
from medspatial.inputs import InputContract
from medspatial.models.options import HuWindow, hu_window, sizes
from medspatial.models.runtime.stretch import (
    Array,
    cropped_to_positive,
    display_ordered,
    minmax_cropped,
    scaled,
    stretched,
)
from medspatial.volume import Volume

Recipe = Literal["minmax", "refseg", "seg"]
DEFAULT_WINDOW = (-1000.0, 1000.0)


@dataclass(frozen=True)
class Preparation:
    """How voxels become the input.

    Attributes
    ----------
    recipe
        ``minmax``: scaled to 0..1, cropped to values over 0 unless a window is set, stretched (the
        data behind the captions and questions). ``refseg``: percentiles 0.5 and 99.5, in-plane axes
        exchanged. ``seg``: percentiles of the values above the mean, z-score, then 0..1.
    orientation
        ``canonical`` (LPS first) or ``stored``.
    hu_window
        Clip HU before the recipe; ours, as the original's min-max is ruled by metal and padding.
        None: as the original.
    shape
        Depth, height, width of the input.
    """

    recipe: Recipe = "minmax"
    orientation: Literal["canonical", "stored"] = "canonical"
    hu_window: HuWindow | None = DEFAULT_WINDOW
    shape: tuple[int, int, int] = (32, 256, 256)

    def __post_init__(self) -> None:
        if self.recipe not in _RECIPES:
            raise InputError(f"m3d_lamed: recipe must be one of {', '.join(_RECIPES)}, got {self.recipe!r}")
        if self.orientation not in {"canonical", "stored"}:
            raise InputError(f"m3d_lamed: orientation must be canonical or stored, got {self.orientation!r}")
        object.__setattr__(self, "hu_window", hu_window(self.hu_window, "m3d_lamed"))
        object.__setattr__(self, "shape", sizes(self.shape, "shape", "m3d_lamed"))

    def __call__(self, volume: Volume) -> NDArray[np.float32]:
        """Return (1, depth, height, width) float32."""
        voxels = display_ordered(volume, self.orientation == "canonical")
        if self.hu_window is not None:
            voxels = np.clip(voxels, *self.hu_window)
        return stretched(_RECIPES[self.recipe](voxels, self.hu_window), self.shape)

    @property
    def crops(self) -> bool:
        """Whether the volume is cropped by its values."""
        return self.recipe != "minmax" or self.hu_window is None

    def contract(self) -> InputContract:
        """Return what comes out, as a contract."""
        swapped = self.recipe == "refseg"
        how = "cropped to values over 0 and stretched" if self.crops else "stretched"
        notes = [f"{how} to its shape: spacing is lost"]
        if self.orientation == "stored":
            notes.append("array axes follow the file's storage: left and right are not defined")
        return InputContract(
            axes="SLP" if swapped else "SPL",
            shape=self.shape,
            hu_window=self.hu_window if self.recipe == "minmax" else None,
            normalisation="" if self.recipe == "minmax" and self.hu_window else _WORDS[self.recipe],
            notes=tuple(notes),
        )

    def describe(self) -> dict[str, Any]:
        """Return all settings."""
        return asdict(self)


def _refseg(voxels: Array, window: HuWindow | None) -> Array:
    """(x, y, z) to (z, x, y), scaled by percentiles and clipped."""
    array = voxels.transpose(2, 0, 1).astype(np.float64)
    low, high = np.percentile(array, 0.5), np.percentile(array, 99.5)
    return cropped_to_positive(scaled(np.clip(array, low, high), float(low), float(high)))


def _seg(voxels: Array, window: HuWindow | None) -> Array:
    """(x, y, z) to (z, y, x); percentiles and z-score of what lies above the mean, then 0..1."""
    array = voxels.astype(np.float32)
    foreground = array[array > array.mean()]
    low, high = np.percentile(foreground, 0.05), np.percentile(foreground, 99.95)
    scored = (np.clip(array, low, high) - foreground.mean()) / max(float(foreground.std()), 1e-8)
    scored = scored.transpose(2, 1, 0)
    return cropped_to_positive(scaled(scored, float(scored.min()), float(scored.max())))


_RECIPES: dict[str, Callable[[Array, HuWindow | None], Array]] = {
    "minmax": minmax_cropped,
    "refseg": _refseg,
    "seg": _seg,
}
_WORDS = {
    "minmax": "whole-volume minimum and maximum to 0..1",
    "refseg": "percentiles 0.5 and 99.5 to 0..1",
    "seg": "percentiles 0.05 and 99.95 above the mean, z-score, to 0..1",
}
