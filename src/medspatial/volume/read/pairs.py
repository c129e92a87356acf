"""Formats that nibabel reads: NIfTI and Analyze in two files (``.hdr`` with ``.img``), FreeSurfer's MGH."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from medspatial.errors import InputError
from medspatial.volume.header import StoredGeometry, StoredVolume, volume_shape
from medspatial.volume.read.nifti import nifti_geometry


def stored_pair(path: Path) -> StoredVolume:
    """Header now, voxels later.

    Notes
    -----
    Analyze 7.5 has no orientation, and an MGH file whose ``goodRASFlag`` is 0 none that was stated: both
    count as files without a usable affine.

    Raises
    ------
    InputError
        Unreadable, not 3D, or voxels that are no plain numbers.
    """
    try:
        image = _opened(path)
    except Exception as error:
        raise InputError(f"{path}: cannot be read ({error})") from None
    shape = volume_shape(image.shape, path)
    dtype = image.get_data_dtype()
    if dtype.kind not in "iuf":
        raise InputError(f"{path}: voxels must be plain numbers, the file has type {dtype}")
    files = tuple(Path(one.filename) for one in image.file_map.values() if one.filename)
    return StoredVolume(
        shape, _geometry(image, shape, path), dtype, partial(_voxels, path, shape), files=files
    )


def _opened(path: Path) -> Any:
    """Open an image; nibabel would leave an uncompressed MGH file open, and map voxels to their file."""
    import nibabel as nib

    if path.suffix.lower() == ".mgh":
        return nib.MGHImage.from_bytes(path.read_bytes())
    return nib.load(path, mmap=False)


def _geometry(image: Any, shape: tuple[int, int, int], path: Path) -> StoredGeometry:
    import nibabel as nib

    if isinstance(image, nib.Nifti1Pair):
        return nifti_geometry(image.header, shape, path)
    spacing = [float(step) for step in image.header.get_zooms()[:3]]
    matrix = np.asarray(image.affine, dtype=np.float64)
    if isinstance(image, nib.MGHImage):
        stated = int(image.header["goodRASFlag"]) == 1
        return StoredGeometry(matrix, spacing, None if stated else "goodRASFlag is 0")
    return StoredGeometry(matrix, spacing, "Analyze 7.5 has no orientation")


def _voxels(path: Path, shape: tuple[int, int, int]) -> NDArray[Any]:
    try:
        image = _opened(path)
        voxels = np.asanyarray(image.dataobj)
    except Exception as error:
        raise InputError(f"{path}: voxels cannot be read ({error})") from None
    native = voxels.astype(voxels.dtype.newbyteorder("="), copy=False)
    return np.asfortranarray(native.reshape(shape, order="F"))
