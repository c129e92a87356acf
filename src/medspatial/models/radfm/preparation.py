"""From a CT to the input of RadFM: HU window, 512 x 512 in the plane, at most 64 slices, three channels.

The original has no HU window (its volumes came from pictures) and reads no affine. Here HU are windowed
to 0..1, or scaled by the volume's own extremes as the original does, and the array is brought to the
layout of its training files: rows to posterior, columns to the left, slices last.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional

from medspatial.errors import InputError
from medspatial.inputs import InputContract
from medspatial.models.option_values import HuWindow, hu_window, whole
from medspatial.volume import Volume

DEFAULT_WINDOW = (-1000.0, 1000.0)
DEPTHS = tuple(range(4, 65, 4))


@dataclass(frozen=True)
class Preparation:
    """How voxels become the input.

    Attributes
    ----------
    orientation
        ``canonical``: (posterior, left, superior) whatever the storage. ``stored``: as the original,
        which takes the file's (z, y, x) for (row, column, slice).
    hu_window
        HU mapped to 0..1; ours, as the original has none. None: the volume's minimum and maximum.
    size
        Rows and columns of the input, a multiple of 32; the original's training used 256 for a
        single volume, its tests 512.
    """

    orientation: Literal["canonical", "stored"] = "canonical"
    hu_window: HuWindow | None = DEFAULT_WINDOW
    size: int = 512

    def __post_init__(self) -> None:
        if self.orientation not in {"canonical", "stored"}:
            raise InputError(f"radfm: orientation must be canonical or stored, got {self.orientation!r}")
        object.__setattr__(self, "hu_window", hu_window(self.hu_window, "radfm"))
        object.__setattr__(self, "size", whole(self.size, "size", "radfm", least=1))

    def __call__(self, volume: Volume) -> NDArray[np.float32]:
        """Return (3, rows, columns, slices) float32 in 0..1."""
        return np.repeat(self.stacked([volume])[0], 3, axis=0)

    def stacked(self, volumes: list[Volume]) -> NDArray[np.float32]:
        """Return (S, 1, rows, columns, slices): several volumes of one patient, of one depth.

        Without a window the extremes are those of all volumes together, as in the original.

        Raises
        ------
        InputError
            A window is asked for and a volume is not in HU; or nothing to stack.
        """
        if not volumes:
            raise InputError("radfm: needs at least one volume")
        arrays = [self._placed(volume) for volume in volumes]
        depth = nearest_depth(max(len(array) for array in arrays))
        low, high = self.hu_window or self._extremes(arrays)
        out = np.zeros((len(arrays), 1, self.size, self.size, depth), np.float32)
        if high > low:
            for (target,), array in zip(out, arrays, strict=True):
                chosen = self._plane_sized(array[thinned(len(array), depth)])
                chosen -= np.float32(low)
                chosen /= np.float32(high - low)
                np.clip(chosen, 0, 1, out=chosen)
                for row, columns in enumerate(target):  # a row at a time stays in the cache
                    columns[...] = chosen[:, row].T
        return out

    def contract(self) -> InputContract:
        """Return what comes out, as a contract."""
        notes = [
            "rows, columns, slices: stretched in the plane, nearest slices, depth the multiple of 4 up to 64 "
            "closest to the volume's; spacing is lost",
        ]
        if self.hu_window is not None:
            notes.append("the HU window is this project's choice; the original has none")
        if self.orientation == "stored":
            notes.append("the file's z, y, x are taken for row, column, slice, as the original does")
        return InputContract(
            axes="PLS" if self.orientation == "canonical" else "SPL",
            shape=None,
            hu_window=self.hu_window,
            normalisation="" if self.hu_window else "whole-volume minimum and maximum to 0..1",
            channels=3,
            notes=tuple(notes),
        )

    def describe(self) -> dict[str, Any]:
        """Return all settings."""
        window = None if self.hu_window is None else list(self.hu_window)
        return {"orientation": self.orientation, "hu_window": window, "size": self.size}

    def _placed(self, volume: Volume) -> NDArray[Any]:
        """Return a view (slice, row, column)."""
        if self.hu_window is not None and volume.unit != "HU":
            where = volume.source or "the volume"
            raise InputError(f"{where}: a HU window needs HU, the unit is {volume.unit!r}")
        if self.orientation == "canonical":
            return volume.oriented("LPS").voxels.transpose(2, 1, 0)
        return volume.voxels.transpose(0, 2, 1)

    def _extremes(self, arrays: list[NDArray[Any]]) -> tuple[float, float]:
        """Return the lowest and highest value of all slices in their new size, those left out too."""
        ends: list[float] = []
        for array in arrays:
            for k in range(len(array)):
                plane = self._plane_sized(array[k : k + 1])
                ends += float(plane.min()), float(plane.max())
        return min(ends), max(ends)

    def _plane_sized(self, array: NDArray[Any]) -> NDArray[np.float32]:
        """Clip to the window and resize rows and columns, bilinear without anti-aliasing."""
        plain = np.array(array, dtype=np.float32, order="C")
        if self.hu_window is not None:
            np.clip(plain, *self.hu_window, out=plain)
        if plain.shape[1:] == (self.size, self.size):
            return plain
        slices = torch.from_numpy(plain)[None]
        sized = functional.interpolate(
            slices, size=(self.size, self.size), mode="bilinear", align_corners=False
        )
        result: NDArray[np.float32] = sized[0].numpy()
        return result


def nearest_depth(depth: int) -> int:
    """Return the member of {4, 8, ..., 64} closest to a depth; a tie goes to the smaller."""
    return min(DEPTHS, key=lambda member: (abs(member - depth), member))


def thinned(depth: int, wanted: int) -> NDArray[np.intp]:
    """Return which slices are taken: floor(i * depth / wanted)."""
    return (np.arange(wanted) * depth) // wanted
