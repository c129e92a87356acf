"""One short text for the content of a volume: voxels and affine."""

from __future__ import annotations

from hashlib import blake2b
from typing import Any

import numpy as np
from numpy.typing import NDArray

from medspatial.volume.affine import Affine

# Steps to which the affine is rounded before hashing, in mm: above the float32 noise of a NIfTI header.
_COLUMN_STEP = 1e-5
_ORIGIN_STEP = 1e-2
# Spacings and origins are often halves or 1/1024 steps; this offset keeps them away from a rounding border.
_ROUNDING_OFFSET = 0.3183098861837907


def content_fingerprint(voxels: NDArray[Any], affine: Affine) -> str:
    """BLAKE2b over shape, voxel values and affine; 32 hexadecimal digits.

    Notes
    -----
    The same values give the same fingerprint whatever the reader, the memory order and the integer type
    (integers are hashed as int16, or int32 or int64 where they do not fit; floats as float32). Another
    orientation of the same patient has another fingerprint, since the voxel order and the affine differ.
    """
    kind = _canonical_type(voxels)
    digest = blake2b(digest_size=16)
    digest.update(f"{kind.str}|{voxels.shape}|".encode())
    digest.update(_rounded(affine).tobytes())
    for k in range(voxels.shape[2]):  # one slice at a time: no copy of the whole volume
        digest.update(np.ascontiguousarray(voxels[:, :, k].T, dtype=kind).data)
    return digest.hexdigest()


def _canonical_type(voxels: NDArray[Any]) -> np.dtype[Any]:
    if voxels.dtype.kind == "f":
        return np.dtype("<f4")
    if voxels.dtype.kind == "b" or voxels.dtype.itemsize == 1 or voxels.dtype == np.int16:
        return np.dtype("<i2")
    low, high = int(voxels.min()), int(voxels.max())
    for name in ("<i2", "<i4"):
        limits = np.iinfo(name)
        if limits.min <= low and high <= limits.max:
            return np.dtype(name)
    return np.dtype("<i8")


def _rounded(affine: Affine) -> NDArray[np.int64]:
    steps = np.full((3, 4), _COLUMN_STEP)
    steps[:, 3] = _ORIGIN_STEP
    return np.asarray(np.floor(affine.matrix[:3] / steps + _ROUNDING_OFFSET).astype(np.int64))
