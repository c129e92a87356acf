"""Do slices stand twice in a stack? No scan measures the same noise twice.

A block that was joined twice, or a slice that fills a gap, is equal to another one voxel by voxel. Files that
were enlarged by repeating voxels have equal neighbours too, and are right: neighbours are told, slices apart
are refused. Unlike the steps between slices this needs none around them, so thin slabs count as well.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from medspatial.volume.continuity import Continuity
from medspatial.volume.volume import Volume

_SAMPLES = 48  # per axis within a slice, for the first look
_FEWEST_VALUES = 100
"""Distinct values among a slice's samples; padding and drawn scenes have fewer, and may repeat."""


def repeated_slices(volume: Volume) -> Continuity:
    """Look for slices along head-foot that are equal voxel by voxel.

    Parameters
    ----------
    volume
        In HU, any orientation.
    """
    axis = next(k for k, letter in enumerate(volume.axcodes) if letter in "SI")
    slices = np.moveaxis(volume.voxels, axis, 0)
    first = _equal_to_earlier(slices)
    apart = sorted((late, early) for late, early in first.items() if late - early > 1)
    beside = len(first) - len(apart)
    if apart:
        late, early = apart[0]
        more = f" ({len(apart)} such slices)" if len(apart) > 1 else ""
        text = f"along head-foot slice {late} is equal to slice {early} in every voxel{more}"
        return Continuity((f"{text}: slices are repeated or out of order",))
    if not beside:
        return Continuity()
    late = min(first)
    text = (
        f"along head-foot {beside} of {len(slices)} slices are equal to the one before, the first is {late}"
    )
    return Continuity(notes=(f"{text}: slices are repeated, or the volume was enlarged by repeating voxels",))


def _equal_to_earlier(slices: NDArray[Any]) -> dict[int, int]:
    """Return for each slice that is equal to one before it the last such."""
    steps = [max(1, size // _SAMPLES) for size in slices.shape[1:]]
    thin = np.ascontiguousarray(slices[:, steps[0] // 2 :: steps[0], steps[1] // 2 :: steps[1]])
    seen: dict[bytes, list[int]] = {}
    found: dict[int, int] = {}
    for at, one in enumerate(thin):
        earlier = seen.setdefault(one.tobytes(), [])
        if earlier and len(np.unique(one)) >= _FEWEST_VALUES:
            match = next((k for k in reversed(earlier) if np.array_equal(slices[k], slices[at])), None)
            if match is not None:
                found[at] = match
        earlier.append(at)
    return found
