"""From stored numbers to voxels: scaling, finite values, whole labels."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from medspatial.errors import InputError

Voxels = NDArray[Any]


def rescaled(stored: Voxels, slope: float, intercept: float) -> Voxels:
    """``slope * stored + intercept`` in the smallest type that is exact.

    Whole slope and intercept on integers give integers: the stored type where the result fits, else int16
    or int32. All else gives float32. The sum is formed in float64, slice by slice, and rounded once.
    """
    if slope == 1 and intercept == 0:
        return stored
    target = _scaled_type(stored, slope, intercept)
    in_place = target == stored.dtype and stored.flags.writeable
    result = stored if in_place else np.empty(stored.shape, target, order="F")
    for k in range(stored.shape[2]):
        values = stored[:, :, k].astype(np.float64)
        values *= slope
        values += intercept
        result[:, :, k] = values
    return result


def _scaled_type(stored: Voxels, slope: float, intercept: float) -> np.dtype[Any]:
    whole = float(slope).is_integer() and float(intercept).is_integer()
    if not whole or stored.dtype.kind not in "biu":
        return np.dtype(np.float32)
    ends = [int(v) * int(slope) + int(intercept) for v in (stored.min(), stored.max())]
    for kind in (stored.dtype, np.dtype(np.int16), np.dtype(np.int32)):
        limits = np.iinfo(kind)
        if limits.min <= min(ends) and max(ends) <= limits.max:
            return np.dtype(kind)
    return np.dtype(np.float32)


def finite(voxels: Voxels, path: Path) -> Voxels:
    """The voxels, float64 made float32; refused where one is NaN or infinite."""
    if voxels.dtype.kind != "f":
        return voxels
    if voxels.dtype != np.float32:
        with np.errstate(over="ignore"):
            voxels = voxels.astype(np.float32, order="F")
    for k in range(voxels.shape[2]):
        good = np.isfinite(voxels[:, :, k])
        if not good.all():
            i, j = (int(n) for n in np.argwhere(~good)[0])
            raise InputError(
                f"{path}: voxel ({i}, {j}, {k}) is {voxels[i, j, k]}, every value must be finite"
            )
    return voxels


def whole_labels(voxels: Voxels, path: Path) -> Voxels:
    """Labels as integers; a float mask is accepted where every value is whole."""
    if voxels.dtype.kind == "b":
        return voxels.astype(np.uint8)
    if voxels.dtype.kind != "f":
        return voxels
    low, high = float(voxels.min()), float(voxels.max())
    kinds = (np.uint8, np.int16, np.int32)
    fits = [k for k in kinds if np.iinfo(k).min <= low and high <= np.iinfo(k).max]
    labels = voxels.astype(fits[0]) if fits else voxels
    if not fits or not np.array_equal(labels, voxels):
        fraction = voxels[voxels != np.rint(voxels)]
        example = float(fraction[0]) if fraction.size else high
        raise InputError(f"{path}: labels must be whole numbers, found {example:g}")
    return labels
