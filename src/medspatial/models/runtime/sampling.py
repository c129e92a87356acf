"""Linear interpolation that touches only the voxels it needs, plane by plane, whatever the storage.

A volume is seen as planes (k, j, i); the memory of a usual CT file holds i fastest. Mixing runs in a fixed
order of axes and never in that of memory, so every storage of one patient gives the same bits.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
Pixels = NDArray[np.float32]


class Taps(NamedTuple):
    """Where samples lie along one axis: between ``low`` and ``high``, ``weight`` of the way."""

    low: NDArray[np.intp]
    high: NDArray[np.intp]
    weight: NDArray[np.float32]


@dataclass(frozen=True)
class Scale:
    """What is done to a voxel before mixing: clipped to ``low..high``, then ``(value - offset) / over``."""

    low: float = -np.inf
    high: float = np.inf
    offset: float = 0.0
    over: float = 1.0


AS_IT_IS = Scale()


def taps_at(positions: NDArray[np.floating[Any]], size: int) -> Taps:
    """Return the taps of positions in voxels along an axis of ``size``; the outermost values go on beyond."""
    place = np.clip(positions, 0, size - 1)
    low = np.minimum(np.floor(place).astype(np.intp), size - 1)
    return Taps(low, np.minimum(low + 1, size - 1), (place - low).astype(np.float32))


def torch_taps(size: int, count: int) -> Taps:
    """Return the taps of ``torch.nn.functional.interpolate`` (linear, ``align_corners=False``, float32).

    Positions are single precision there, made by one fused multiply-add: at 512 voxels that moves weights
    by up to 3e-5 against exact ones.
    """
    scale = float(np.float32(size) / np.float32(count))
    return taps_at((scale * (np.arange(count) + 0.5) - 0.5).astype(np.float32), size)


class Planes:
    """The planes of an array (k, j, i), sampled along i and j.

    Parameters
    ----------
    voxels
        Any strides; planes that are not plain memory are copied one at a time.
    along_j, along_i
        Where to sample each plane.
    scale
        What is done to each voxel first.
    """

    def __init__(self, voxels: Array, along_j: Taps, along_i: Taps, scale: Scale = AS_IT_IS) -> None:
        for axis, taps in ((1, along_j), (2, along_i)):
            if voxels.strides[axis] < 0:  # read forwards, and count from the other end
                voxels = np.flip(voxels, axis)
                last = voxels.shape[axis] - 1
                turned = Taps(last - taps.low, last - taps.high, taps.weight)
                along_j, along_i = (turned, along_i) if axis == 1 else (along_j, turned)
        self.shape = (len(along_j.low), len(along_i.low))
        self._voxels = voxels
        self._held: dict[int, Array] = {}  # the planes of the last sample: the next one often shares them
        self._taps = (*along_j, *along_i)
        self._scale = (
            np.float32(scale.low),
            np.float32(scale.high),
            np.float32(scale.offset),
            np.float32(scale.over),
        )

    def plane(self, k: int) -> Pixels:
        """Return plane ``k``, mixed along i and then along j."""
        return self.between(k, k, np.float32(0))

    def between(self, low: int, high: int, weight: np.float32) -> Pixels:
        """Return the plane ``weight`` of the way from ``low`` to ``high``: mixed along k, then i, then j."""
        from medspatial.models.runtime.sampling_loops import sample  # loads numba

        out = np.empty(self.shape, np.float32)
        needed = {int(low)} if weight == 0 else {int(low), int(high)}
        self._held = {k: self._held[k] if k in self._held else self._plain(k) for k in needed}
        second = self._held[int(low if weight == 0 else high)]
        sample(self._held[int(low)], second, np.float32(weight), *self._scale, *self._taps, out)
        return out

    def mixed(self, along_k: Taps) -> Iterator[Pixels]:
        """Yield a plane for each sample along k, mixed along i, then j, then k."""
        made: dict[int, Pixels] = {}
        for low, high, weight in zip(*along_k, strict=True):
            needed = {int(low)} if weight == 0 else {int(low), int(high)}
            made = {k: made[k] if k in made else self.plane(k) for k in needed}
            first = made[int(low)]
            yield first if weight == 0 else first + (made[int(high)] - first) * weight

    def _plain(self, k: int) -> Array:
        plane = np.ascontiguousarray(self._voxels[k])
        return plane if plane.dtype in (np.int16, np.float32) else plane.astype(np.float32)
