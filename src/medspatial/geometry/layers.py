"""Label volumes to runs: one compiled pass per layer for all its labels."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from medspatial.errors import InputError
from medspatial.geometry.runs import Runs

LABEL_LIMIT = 65_535


def runs_of_labels(layer: NDArray[Any]) -> dict[int, Runs]:
    """Runs of every non-zero label of a 3D integer array indexed (i, j, k).

    Parameters
    ----------
    layer
        Labels from 0 to 65,535 in any memory order; fastest when i varies fastest, as NIfTI stores it.
    """
    from medspatial.geometry.sweep import encode

    labels = _narrow(layer)
    shape = (layer.shape[0], layer.shape[1], layer.shape[2])
    parts: list[tuple[NDArray[Any], ...]] = []
    plane_size = shape[0] * shape[1] if layer.size else 1
    room = max(2 * plane_size, min(labels.size, 1 << 20))
    plane = 0
    while plane < shape[2]:
        label = np.empty(room, dtype=labels.dtype)
        row, start, stop = np.empty(room, np.int64), np.empty(room, np.int32), np.empty(room, np.int32)
        count, plane = encode(labels, plane, label, row, start, stop)
        parts.append((label[:count].copy(), row[:count].copy(), start[:count].copy(), stop[:count].copy()))
    label, row, start, stop = (np.concatenate(column) for column in zip(*parts, strict=True))
    order = np.argsort(label, kind="stable")
    label = label[order]
    values, first = np.unique(label, return_index=True)
    bounds = np.append(first, label.size)[1:].tolist()
    found: dict[int, Runs] = {}
    for value, begin, end in zip(values.tolist(), first.tolist(), bounds, strict=True):
        mine = order[begin:end]
        found[value] = Runs(row[mine], start[mine].astype(np.int64), stop[mine].astype(np.int64), shape)
    return found


def _narrow(layer: NDArray[Any]) -> NDArray[Any]:
    """The layer as a (k, j, i) C-contiguous array of the smallest unsigned type that holds it."""
    if layer.ndim != 3:
        raise InputError(f"label layer: 3 dimensions are needed, got {layer.ndim}")
    if layer.dtype == bool:
        layer = layer.view(np.uint8)
    if layer.dtype != np.uint8:
        low, high = (int(layer.min()), int(layer.max())) if layer.size else (0, 0)
        if low < 0 or high > LABEL_LIMIT:
            raise InputError(f"label layer: labels must lie in 0..{LABEL_LIMIT}, got {low}..{high}")
        layer = layer.astype(np.uint8 if high < 256 else np.uint16, order="K")
    return np.ascontiguousarray(layer.T)
