"""The steps that several originals share on the way from HU to input: scale, crop, stretch."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional

from medspatial.volume import Volume

Array = NDArray[Any]


def display_ordered(volume: Volume, canonical: bool) -> Array:
    """Return voxels (x, y, z): along L, P, S when ``canonical``, else in the file's own order.

    The array is laid out anew, so that sums do not depend on how the file stored the patient.
    """
    return np.ascontiguousarray(volume.oriented("LPS").voxels if canonical else volume.voxels)


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


def minmax_cropped(voxels: Array, window: tuple[float, float] | None) -> Array:
    """(x, y, z) to (z, y, x), scaled to 0..1.

    As the original: by the volume's own extremes, then cropped to values over 0, which takes off a
    constant padding and else nothing. Behind a window air is exactly 0, and the same crop would frame
    the body by the noise of its air: it is left out, and the whole field of view stays.
    """
    array = voxels.transpose(2, 1, 0).astype(np.float32)
    if window is not None:
        return scaled(array, *window)
    return cropped_to_positive(scaled(array, float(array.min()), float(array.max())))
