"""From a CT to MedGemma's slices: which ones, in which order, and HU as colour.

The published notebook takes the slices of a DICOM series by instance number. NIfTI files have none, so
the volume is brought to LPS and its slices are taken from head to feet, as scanners usually number them;
rows then run from front to back and columns from the patient's right to the left.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from medspatial.inputs import InputContract, near_slices, through_jpeg
from medspatial.models.base import Point
from medspatial.models.option_values import flag, whole
from medspatial.volume import Volume
from medspatial.volume.axes import array_axis

MAX_SLICES = 85
# HU shown in red (all tissue), green (soft tissue) and blue (brain).
WINDOWS = ((-1024.0, 1024.0), (-135.0, 215.0), (0.0, 80.0))


@dataclass(frozen=True)
class Preparation:
    """How voxels become slices.

    Attributes
    ----------
    jpeg
        Compress each slice as the notebook's data URLs do (quality 75, colours at half resolution). Off by
        default, since it changes HU.
    superior_first
        Slices from head to feet; else from feet to head.
    max_slices
        A volume with more is sampled.
    """

    jpeg: bool = False
    superior_first: bool = True
    max_slices: int = MAX_SLICES

    def __post_init__(self) -> None:
        flag(self.jpeg, "jpeg", "medgemma")
        flag(self.superior_first, "superior_first", "medgemma")
        whole(self.max_slices, "max_slices", "medgemma", least=1)

    def __call__(self, volume: Volume) -> NDArray[np.uint8]:
        """Return (3, slices, rows, columns) uint8: red, green and blue of the chosen slices."""
        return np.ascontiguousarray(self.slices(volume).transpose(3, 0, 1, 2))

    def slices(self, volume: Volume) -> NDArray[np.uint8]:
        """Return (slices, rows, columns, 3) uint8, as images."""
        hu = volume.oriented("LPS").voxels.transpose(2, 1, 0)
        ordered = hu[::-1] if self.superior_first else hu
        pictures = coloured(ordered[selected(len(ordered), self.max_slices)])
        return np.stack([through_jpeg(picture) for picture in pictures]) if self.jpeg else pictures

    def visible(self, volume: Volume, points: Sequence[Point]) -> list[bool]:
        """Say for points (RAS+ mm) whether one of the slices shown stands for them."""
        count = volume.shape[array_axis(volume.axcodes, "SI")]
        chosen = selected(count, self.max_slices)
        upward = [count - 1 - number for number in chosen] if self.superior_first else chosen
        return near_slices(volume, {"axial": upward}, points)

    def contract(self) -> InputContract:
        """Return what comes out, as a contract."""
        order = "from head to feet" if self.superior_first else "from feet to head"
        notes = [
            f"up to {self.max_slices} axial slices {order}; of more, evenly sampled ones, the first never",
            "the processor stretches each slice to 896 x 896",
        ]
        if self.jpeg:
            notes.append("JPEG loss as in the published notebook: single values move by over 100 levels")
        else:
            notes.append("no JPEG loss, unlike the published notebook: colour is HU here (jpeg=true adds it)")
        windows = "; ".join(f"{low:g}..{high:g}" for low, high in WINDOWS)
        return InputContract(
            axes="IPL" if self.superior_first else "SPL",
            normalisation=f"HU windows to red, green, blue: {windows}",
            value_range=(0.0, 255.0),
            channels=3,
            dtype="uint8",
            notes=tuple(notes),
        )

    def describe(self) -> dict[str, Any]:
        """Return all settings."""
        return {**asdict(self), "windows_hu": [list(window) for window in WINDOWS]}


def selected(count: int, most: int = MAX_SLICES) -> list[int]:
    """Return the numbers of the slices shown: all, or ``most`` of them.

    The published rule: for i = 1..most, round(i / most * (count - 1)), halves to even. The first slice is
    never among them, the last always.

    >>> selected(5, 4)
    [1, 2, 3, 4]
    """
    if count <= most:
        return list(range(count))
    return [round(i / most * (count - 1)) for i in range(1, most + 1)]


def coloured(hu: NDArray[Any]) -> NDArray[np.uint8]:
    """Map HU, slices first, to three channels, a last axis of length 3; halves are rounded to even.

    In memory the channels come first, as the model takes them.
    """
    layers = np.empty((len(WINDOWS), *hu.shape), np.uint8)
    for k, plane in enumerate(hu):
        values = np.array(plane, dtype=np.float32, order="C")
        for layer, (low, high) in zip(layers, WINDOWS, strict=True):
            scaled = np.clip(values, low, high)
            scaled -= np.float32(low)
            scaled /= np.float32(high - low)
            scaled *= np.float32(255)
            layer[k] = np.rint(scaled)
    return np.moveaxis(layers, 0, -1)
