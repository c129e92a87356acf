"""Formats read through SimpleITK: NRRD, MHA, MHD, and NIfTI as a second opinion."""

from __future__ import annotations

from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from medspatial.errors import InputError
from medspatial.volume.header import StoredGeometry, StoredVolume, volume_shape
from medspatial.volume.read import gzipped
from medspatial.volume.read.nifti import NiftiHeader, filled, read_nifti_header
from medspatial.volume.read.values import finite

ITK_SUFFIXES = (".nrrd", ".nhdr", ".mha", ".mhd")

# ITK keeps positions in LPS+ mm; RAS+ has the first two world axes the other way round.
_LPS_TO_RAS = np.diag([-1.0, -1.0, 1.0, 1.0])


def simpleitk() -> Any:
    """The SimpleITK module; imported late, since that takes a while, and without its partial annotations."""
    return import_module("SimpleITK")


def lps_matrix(
    origin: tuple[float, ...], spacing: tuple[float, ...], direction: tuple[float, ...]
) -> NDArray[np.float64]:
    """(4, 4) map of ijk to LPS+ mm from ITK's three parts (direction in row-major order)."""
    matrix = np.eye(4)
    matrix[:3, :3] = np.array(direction).reshape(3, 3) * np.array(spacing)
    matrix[:3, 3] = origin
    return matrix


def to_ras(lps: NDArray[np.float64]) -> NDArray[np.float64]:
    """The same map into RAS+ mm."""
    return np.asarray(_LPS_TO_RAS @ lps)


def stored_itk(path: Path) -> StoredVolume:
    """Header now, voxels later."""
    reader = simpleitk().ImageFileReader()
    reader.SetFileName(str(path))
    try:
        reader.ReadImageInformation()
    except RuntimeError as error:
        raise InputError(f"{path}: cannot be read ({first_cause(error)})") from None
    if reader.GetNumberOfComponents() != 1:
        count = reader.GetNumberOfComponents()
        raise InputError(f"{path}: voxels must be single numbers, the file has {count} each")
    shape = volume_shape(reader.GetSize(), path)
    dtype = _numpy_type(reader.GetPixelID(), path)
    n = reader.GetDimension()
    direction = np.array(reader.GetDirection()).reshape(n, n)[:3, :3]
    geometry = _geometry(reader.GetOrigin()[:3], reader.GetSpacing()[:3], tuple(direction.ravel()))
    return StoredVolume(shape, geometry, dtype, partial(_voxels, path, shape))


def stored_nifti_with_itk(path: Path) -> StoredVolume:
    """NIfTI voxels through SimpleITK, geometry from the header by our own rules.

    The file is checked first: SimpleITK itself returns zeros for the missing part of a truncated file, and
    for values that are not finite.
    """
    header = read_nifti_header(path)

    def load() -> NDArray[Any]:
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


def _geometry(
    origin: tuple[float, ...], spacing: tuple[float, ...], direction: tuple[float, ...]
) -> StoredGeometry:
    lps = lps_matrix(origin, spacing, direction)
    plain = np.allclose(np.array(direction).reshape(3, 3), np.eye(3)) and np.allclose(origin, 0)
    reason = "the direction is the identity and the origin zero, the default of a file without them"
    return StoredGeometry(to_ras(lps), spacing, reason if plain else None)


def _numpy_type(pixel_id: int, path: Path) -> np.dtype[Any]:
    sitk = simpleitk()
    names = {
        sitk.sitkInt8: "int8",
        sitk.sitkUInt8: "uint8",
        sitk.sitkInt16: "int16",
        sitk.sitkUInt16: "uint16",
        sitk.sitkInt32: "int32",
        sitk.sitkUInt32: "uint32",
        sitk.sitkInt64: "int64",
        sitk.sitkUInt64: "uint64",
        sitk.sitkFloat32: "float32",
        sitk.sitkFloat64: "float64",
    }
    if pixel_id not in names:
        raise InputError(
            f"{path}: voxels must be plain numbers, got {sitk.GetPixelIDValueAsString(pixel_id)}"
        )
    return np.dtype(names[pixel_id])


def first_cause(error: RuntimeError) -> str:
    """ITK's messages have many lines; the last one holds the cause."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[-1] if lines else "unknown cause"
