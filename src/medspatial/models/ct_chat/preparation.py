"""From a CT to the input of CTViT: HU window, 0.75 x 0.75 x 1.5 mm, centre crop or pad, one orientation.

The original ignores the affine, so its left and right are whatever the file stores. Its training data
lie as LPS throughout; here every volume is brought to LPS first, and ``orientation="stored"`` keeps the
file's own order instead.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from medspatial.errors import InputError
from medspatial.inputs import InputContract, inside
from medspatial.models.base import Point
from medspatial.models.runtime.sampling import Planes, Scale, Taps
from medspatial.volume import Affine, Volume

WINDOW = (-1000.0, 1000.0)
SPACING = (1.5, 0.75, 0.75)  # along z, x, y
PADDING = -1.0
# A header holds spacing as float32: within this of a number with five decimals, that number is meant.
_FLOAT32_NOISE = 1e-7
_DECIMALS = 5


@dataclass(frozen=True)
class Preparation:
    """How HU become the input.

    Attributes
    ----------
    orientation
        ``canonical`` (LPS first, as the training data) or ``stored`` (as the original).
    shape
        Depth (z), height (x), width (y) of the input.
    """

    orientation: Literal["canonical", "stored"] = "canonical"
    shape: tuple[int, int, int] = (240, 480, 480)

    def __post_init__(self) -> None:
        if self.orientation not in {"canonical", "stored"}:
            raise InputError(f"ct_chat: orientation must be canonical or stored, got {self.orientation!r}")

    def __call__(self, volume: Volume) -> NDArray[np.float32]:
        """Return (1, depth, height, width) float32 in -1..1.

        Raises
        ------
        InputError
            The volume is not in HU (raw values of CT-RATE need their table first), or vanishes at the
            model's spacing.
        """
        if volume.unit != "HU":
            where = volume.source or "the volume"
            raise InputError(f"{where}: ct_chat needs HU, the unit is {volume.unit!r}")
        placed = volume.oriented("LPS") if self.orientation == "canonical" else volume
        sizes, spacing, counts = self._counts(placed)
        if min(counts) < 1:
            raise InputError(
                f"{volume.source or 'volume'}: nothing is left of {sizes} voxels of {spacing} mm"
            )
        out = np.full(self.shape, PADDING, dtype=np.float32)
        window = [centred(n, length) for n, length in zip(counts, self.shape, strict=True)]
        taps = [
            linear_taps(size, count, taken)
            for size, count, (taken, _) in zip(sizes, counts, window, strict=True)
        ]
        along_z, along_x, along_y = taps
        planes = Planes(placed.voxels.transpose(2, 1, 0), along_y, along_x, Scale(*WINDOW))
        for slab, sample in zip(
            out[tuple(place for _, place in window)], zip(*along_z, strict=True), strict=True
        ):
            np.divide(planes.between(*sample).T, np.float32(1000), out=slab)
        return out[None]

    def visible(self, volume: Volume, points: Sequence[Point]) -> list[bool]:
        """Say for points (RAS+ mm) whether they lie in the field of view that the centre crop leaves."""
        placed = volume.oriented("LPS") if self.orientation == "canonical" else volume
        sizes, _, counts = self._counts(placed)
        places = placed.affine.inverse().apply(np.asarray(points, dtype=np.float64).reshape(-1, 3))
        kept = np.ones(len(places), dtype=np.bool_)
        for axis, size, count, length in zip((2, 0, 1), sizes, counts, self.shape, strict=True):
            taken, _ = centred(count, length)
            sampled = (places[:, axis] + 0.5) * (count / size) - 0.5
            kept &= (sampled >= taken.start - 0.5) & (sampled <= taken.stop - 0.5) | (count <= length)
        return [bool(one) and here for one, here in zip(kept, inside(volume, points), strict=True)]

    def grid(self, volume: Volume) -> Affine:
        """Return the affine of the input's spatial axes (depth, height, width)."""
        placed = volume.oriented("LPS") if self.orientation == "canonical" else volume
        sizes, _, counts = self._counts(placed)
        step = np.zeros((4, 4))
        step[3, 3] = 1
        for place, (axis, size, count, length) in enumerate(
            zip((2, 0, 1), sizes, counts, self.shape, strict=True)
        ):
            taken, put = centred(count, length)
            step[axis, place] = size / count
            step[axis, 3] = (taken.start - put.start + 0.5) * (size / count) - 0.5
        return placed.affine.compose(step)

    def contract(self) -> InputContract:
        """Return what comes out, as a contract."""
        notes = ["centre crop or pad; padding is -1 (air) and is seen by the model"]
        if self.orientation == "stored":
            notes.append("array axes follow the file's storage: left and right are not defined")
        return InputContract(
            axes="SLP",
            shape=self.shape,
            spacing=SPACING,
            hu_window=WINDOW,
            normalisation="HU / 1000",
            value_range=(-1.0, 1.0),
            notes=tuple(notes),
        )

    def describe(self) -> dict[str, Any]:
        """Return all settings."""
        return {"orientation": self.orientation, "shape": list(self.shape)}

    def _counts(self, placed: Volume) -> tuple[tuple[int, int, int], tuple[float, float, float], list[int]]:
        """Voxels and spacing along z, x, y, and voxels at the model's spacing."""
        sizes = (placed.shape[2], placed.shape[0], placed.shape[1])
        spacing = self._spacing(placed)
        return (
            sizes,
            spacing,
            [int(n * (now / to)) for n, now, to in zip(sizes, spacing, SPACING, strict=True)],
        )

    def _spacing(self, volume: Volume) -> tuple[float, float, float]:
        """Spacing along z, x, y; the original takes that of x for y too."""
        x, y, z = (decimal_spacing(value) for value in volume.spacing)
        return z, x, (y if self.orientation == "canonical" else x)


def decimal_spacing(value: float) -> float:
    """Return the decimal number that a float32 spacing stands for (0.699999988 is 0.7).

    The original reads spacings as decimals and truncates sizes, so that noise could cost a voxel.
    """
    rounded = round(value, _DECIMALS)
    return rounded if abs(value - rounded) <= _FLOAT32_NOISE * max(1.0, value) else value


def centred(count: int, length: int) -> tuple[slice, slice]:
    """Return which of ``count`` samples are taken and where among ``length`` they go.

    Cropping starts at floor((count - length) / 2); of the padding floor(missing / 2) comes first.
    """
    if count >= length:
        start = (count - length) // 2
        return slice(start, start + length), slice(0, length)
    before = (length - count) // 2
    return slice(0, count), slice(before, before + count)


def linear_taps(size: int, count: int, taken: slice) -> Taps:
    """Return lower index, upper index and weight of the upper one, for samples ``taken`` of ``count``.

    As ``torch.nn.functional.interpolate(mode="linear", align_corners=False)`` from ``size`` to ``count``.
    """
    places = np.arange(taken.start, taken.stop, dtype=np.float64)
    source = np.maximum((places + 0.5) * (size / count) - 0.5, 0.0)
    lower = np.minimum(source.astype(np.intp), size - 1)
    upper = np.minimum(lower + 1, size - 1)
    return Taps(lower, upper, (source - lower).astype(np.float32))
