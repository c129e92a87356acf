"""The integer arrays that masks are packed into: read-only, one or two bytes per voxel."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from medspatial.errors import InputError

Layer = NDArray[Any]

BYTE_LABELS = 255
_MAX_LABELS = 65535


def compact(layer: Layer) -> Layer:
    """Return the layer as read-only uint8 or uint16 without a copy where it is one already."""
    layer = np.asarray(layer)
    if layer.ndim != 3:
        raise InputError(f"masks: a layer must have three axes, got shape {layer.shape}")
    if layer.dtype in (np.uint8, np.uint16):
        return frozen(layer)
    if layer.dtype == np.bool_:
        return frozen(layer.astype(np.uint8))
    low, high = (layer.min(), layer.max()) if layer.size else (0, 0)
    if not (low >= 0 and high <= _MAX_LABELS):
        raise InputError(f"masks: labels must lie from 0 to {_MAX_LABELS}, got {low} to {high}")
    small = layer.astype(np.uint8 if high <= BYTE_LABELS else np.uint16)
    if layer.dtype.kind == "f" and not np.array_equal(small, layer):
        raise InputError(
            "masks: labels must be whole numbers, got fractions (was the label volume interpolated?)"
        )
    return frozen(small)


def frozen(layer: Layer) -> Layer:
    """Return a read-only view."""
    view = layer.view()
    view.flags.writeable = False
    return view


def value_counts(layer: Layer) -> NDArray[np.int64]:
    """Count each value, slice by slice: counting at once would need eight bytes per voxel."""
    counts = np.zeros(int(np.iinfo(layer.dtype).max) + 1, np.int64)
    slowest = int(np.argmax(np.abs(layer.strides)))
    for part in np.moveaxis(layer, slowest, 0):
        counts += np.bincount(part.ravel(), minlength=len(counts))
    return counts
