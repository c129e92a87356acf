"""What SimpleITK gives: its conventions of place, and NIfTI voxels as a second opinion."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from medspatial.errors import InputError
from medspatial.volume.header import StoredGeometry, StoredVolume
from medspatial.volume.read import gzipped
from medspatial.volume.read.nifti import NiftiHeader, check_size, filled, read_nifti_header
from medspatial.volume.read.values import finite

# ITK keeps positions in LPS+ mm; RAS+ has the first two world axes the other way round.
_LPS_TO_RAS = np.diag([-1.0, -1.0, 1.0, 1.0])


def simpleitk() -> Any:
    """The SimpleITK module; imported late, since that takes a while, and without its partial annotations."""
    return import_module("SimpleITK")


def to_ras(lps: NDArray[np.float64]) -> NDArray[np.float64]:
    """The same map into RAS+ mm."""
    return np.asarray(_LPS_TO_RAS @ lps)


def stored_nifti_with_itk(path: Path) -> StoredVolume:
    """NIfTI voxels through SimpleITK, geometry from the header by our own rules.

    The file is checked first: SimpleITK itself returns zeros for the missing part of a truncated file, and
    for values that are not finite.
    """
    header = read_nifti_header(path)

    def load() -> NDArray[Any]:
        check_size(path, header)
        if header.dtype.kind == "f":
            finite(filled(path, header), path)
        else:
            gzipped.verify(path, header.total)
        voxels = _voxels(path, header.shape)
        if (header.slope, header.intercept) == (1, 0):
            voxels = voxels - header.void_intercept if header.void_intercept else voxels  # ITK has added it
            return voxels.astype(header.dtype.newbyteorder("="), copy=False)
        return _like_scaled(voxels, header)

    return StoredVolume(header.shape, header.geometry, header.dtype, load, (header.slope, header.intercept))


def _like_scaled(voxels: NDArray[Any], header: NiftiHeader) -> NDArray[Any]:
    """ITK has scaled to float; bring whole results back to the integer type that our scaling chooses."""
    whole = header.slope.is_integer() and header.intercept.is_integer()
    if not whole or header.dtype.kind == "f":
        return voxels.astype(np.float32)
    low, high = float(voxels.min()), float(voxels.max())
    for kind in (header.dtype.newbyteorder("="), np.dtype(np.int16), np.dtype(np.int32)):
        if np.iinfo(kind).min <= low and high <= np.iinfo(kind).max:
            return voxels.astype(kind)
    return voxels.astype(np.float32)


def _voxels(path: Path, shape: tuple[int, int, int]) -> NDArray[Any]:
    sitk = simpleitk()
    try:
        image = sitk.ReadImage(str(path))
    except RuntimeError as error:
        raise InputError(f"{path}: cannot be read ({first_cause(error)})") from None
    voxels = np.array(sitk.GetArrayViewFromImage(image).T, order="F", copy=True)
    return voxels.reshape(shape, order="F")


def lps_geometry(
    steps: NDArray[np.float64], origin: NDArray[np.float64], missing: str | None, unit: str | None
) -> StoredGeometry:
    """Return the geometry of a grid in LPS+ mm, as NRRD and MetaImage state it.

    Parameters
    ----------
    steps
        (3, 3), a column for the step along each axis.
    origin
        (3,) place of the first voxel.
    missing, unit
        Why it means nothing, and the unit it is converted from; see `StoredGeometry`.
    """
    spacing = np.linalg.norm(steps, axis=0)
    plain = np.allclose(steps, np.diag(spacing)) and np.allclose(origin, 0)
    reason = "the direction is the identity and the origin zero, the default of a file without them"
    matrix = np.eye(4)
    matrix[:3, :3], matrix[:3, 3] = steps, origin
    return StoredGeometry(to_ras(matrix), spacing.tolist(), missing or (reason if plain else None), unit)


def first_cause(error: RuntimeError) -> str:
    """ITK's messages have many lines; the last one holds the cause."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[-1] if lines else "unknown cause"
