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
import torch
from numpy.typing import NDArray
from torch.nn import functional

from medspatial.errors import InputError
from medspatial.inputs import InputContract
from medspatial.volume import Volume

Recipe = Literal["minmax", "refseg", "seg"]
Array = NDArray[Any]
DEFAULT_WINDOW = (-1000.0, 1000.0)


@dataclass(frozen=True)
class Preparation:
    """How voxels become the input.

    Attributes
    ----------
    recipe
        ``minmax``: scaled to 0..1, cropped to values over 0, stretched (the data behind the captions
        and questions). ``refseg``: percentiles 0.5 and 99.5, in-plane axes exchanged. ``seg``: percentiles
        of the values above the mean, z-score, then 0..1.
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
    hu_window: tuple[float, float] | None = DEFAULT_WINDOW
    shape: tuple[int, int, int] = (32, 256, 256)

    def __post_init__(self) -> None:
        if self.recipe not in _RECIPES:
            raise InputError(f"m3d_lamed: recipe must be one of {', '.join(_RECIPES)}, got {self.recipe!r}")
        if self.orientation not in {"canonical", "stored"}:
            raise InputError(f"m3d_lamed: orientation must be canonical or stored, got {self.orientation!r}")

    def __call__(self, volume: Volume) -> NDArray[np.float32]:
        """Return (1, depth, height, width) float32."""
        if self.orientation == "canonical":
            volume = volume.oriented("LPS")
        voxels: Array = np.asarray(volume.voxels)
        if self.hu_window is not None:
            voxels = np.clip(voxels, *self.hu_window)
        return stretched(_RECIPES[self.recipe](voxels, self.hu_window), self.shape)

    def contract(self) -> InputContract:
        """Return what comes out, as a contract."""
        swapped = self.recipe == "refseg"
        notes = ["stretched to its shape: spacing is lost"]
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


def stretched(array: Array, shape: tuple[int, int, int]) -> NDArray[np.float32]:
    """Resize (D, H, W) to a shape, trilinear without anti-aliasing; return (1, D, H, W) float32."""
    tensor = torch.from_numpy(np.ascontiguousarray(array, dtype=np.float32))[None, None]
    resized = functional.interpolate(tensor, size=shape, mode="trilinear", align_corners=False)
    result: NDArray[np.float32] = resized[0].numpy()
    return result


def cropped_to_positive(array: Array) -> Array:
    """Return the bounding box of the values over 0; the array itself where there are none."""
    inside = array > 0
    box = []
    for axis in range(3):
        others = tuple(other for other in range(3) if other != axis)
        places = np.flatnonzero(inside.any(axis=others))
        if places.size == 0:
            return array
        box.append(slice(places[0], places[-1] + 1))
    return array[tuple(box)]


def scaled(array: Array, low: float, high: float) -> Array:
    """Map low..high to 0..1; a constant array becomes zeros."""
    return (array - low) / (high - low) if high > low else np.zeros_like(array)


def _minmax(voxels: Array, window: tuple[float, float] | None) -> Array:
    """(x, y, z) to (z, y, x), scaled by the window's ends, else by the volume's own extremes."""
    array = voxels.transpose(2, 1, 0).astype(np.float32)
    low, high = window or (float(array.min()), float(array.max()))
    return cropped_to_positive(scaled(array, low, high))


def _refseg(voxels: Array, window: tuple[float, float] | None) -> Array:
    """(x, y, z) to (z, x, y), scaled by percentiles and clipped."""
    array = voxels.transpose(2, 0, 1).astype(np.float64)
    low, high = np.percentile(array, 0.5), np.percentile(array, 99.5)
    return cropped_to_positive(scaled(np.clip(array, low, high), float(low), float(high)))


def _seg(voxels: Array, window: tuple[float, float] | None) -> Array:
    """(x, y, z) to (z, y, x); percentiles and z-score of what lies above the mean, then 0..1."""
    array = voxels.astype(np.float32)
    foreground = array[array > array.mean()]
    low, high = np.percentile(foreground, 0.05), np.percentile(foreground, 99.95)
    scored = (np.clip(array, low, high) - foreground.mean()) / max(float(foreground.std()), 1e-8)
    scored = scored.transpose(2, 1, 0)
    return cropped_to_positive(scaled(scored, float(scored.min()), float(scored.max())))


_RECIPES: dict[str, Callable[[Array, tuple[float, float] | None], Array]] = {
    "minmax": _minmax,
    "refseg": _refseg,
    "seg": _seg,
}
_WORDS = {
    "minmax": "whole-volume minimum and maximum to 0..1",
    "refseg": "percentiles 0.5 and 99.5 to 0..1",
    "seg": "percentiles 0.05 and 99.95 above the mean, z-score, to 0..1",
}
