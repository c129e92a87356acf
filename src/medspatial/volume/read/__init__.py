"""Reading volumes: one function for all formats, one set of rules for all readers."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from medspatial.errors import InputError
from medspatial.volume.affine import Affine
from medspatial.volume.header import StoredGeometry, VolumeHeader, usable_affine
from medspatial.volume.read.values import finite, whole_labels
from medspatial.volume.volume import Step, Unit, Volume

Reader = Literal["auto", "nifti", "nibabel", "simpleitk"]
READERS: tuple[str, ...] = get_args(Reader)
_READ_UNITS = ("HU", "label", "unknown")

_NIFTI_SUFFIXES = (".nii", ".nii.gz")
_SUFFIXES = (*_NIFTI_SUFFIXES, ".nrrd", ".nhdr", ".mha", ".mhd")

Format = Literal["nifti", "itk", "dicom"]


def read_volume(
    path: str | Path,
    *,
    unit: Unit = "unknown",
    reader: Reader = "auto",
    assume_axes: str | None = None,
) -> Volume:
    """Read one volume.

    Parameters
    ----------
    path
        A ``.nii``, ``.nii.gz``, ``.nrrd``, ``.mha`` or ``.mhd`` file, or a folder with one DICOM series.
    unit
        What the values must be: ``"HU"`` is checked, ``"label"`` makes whole numbers integers,
        ``"unknown"`` takes any finite numbers.
    reader
        For NIfTI: ``"nifti"`` (isal and numpy, the default), ``"nibabel"`` or ``"simpleitk"``. All give the
        same voxels, type and affine. Other formats are read through SimpleITK.
    assume_axes
        Axis codes to use where, and only where, the file has no usable affine.

    Raises
    ------
    InputError
        Missing or unreadable file, unknown format, no usable affine, not 3D, empty, truncated or damaged,
        values not finite, not HU or not labels where that is asked.
    """
    path = Path(path)
    if reader not in READERS:
        raise InputError(f"reader {reader!r}: must be one of {', '.join(READERS)}")
    if unit not in _READ_UNITS:
        raise InputError(f"unit {unit!r}: must be one of {', '.join(_READ_UNITS)} when reading")
    shape, geometry, voxels, history = _loaded(path, _format(path, reader), reader)
    affine, assumed = usable_affine(geometry, shape, path, assume_axes)
    voxels = finite(voxels, path)
    if unit == "label":
        voxels = whole_labels(voxels, path)
    if assumed:
        history.append(Step("assumed_axes", {"axcodes": assumed}))
    volume = Volume(voxels, affine, unit, tuple(history), str(path))
    if unit == "HU":
        volume.check_hu()
    return volume


def read_header(path: str | Path, *, assume_axes: str | None = None) -> VolumeHeader:
    """Shape, affine and stored type of a volume, without reading its voxels.

    The same rules for shape and affine as in :func:`read_volume` hold.
    """
    path = Path(path)
    kind = _format(path, "auto")
    if kind == "nifti":
        from medspatial.volume.read.nifti import read_nifti_header

        header = read_nifti_header(path)
        shape, geometry, dtype = header.shape, header.geometry, header.dtype
    elif kind == "itk":
        from medspatial.volume.read.itk import read_itk_header

        shape, geometry, dtype = read_itk_header(path)
    else:
        from medspatial.volume.read.dicom import read_dicom_header

        shape, geometry, _ = read_dicom_header(path)
        dtype = np.dtype(np.int16)
    affine, assumed = usable_affine(geometry, shape, path, assume_axes)
    return VolumeHeader(shape, affine, dtype.newbyteorder("="), path, assumed)


def _format(path: Path, reader: str) -> Format:
    if not path.exists():
        raise InputError(f"{path}: no such file or folder")
    if path.is_dir():
        kind: Format = "dicom"
    elif path.name.lower().endswith(_NIFTI_SUFFIXES):
        kind = "nifti"
    elif path.name.lower().endswith(_SUFFIXES):
        kind = "itk"
    else:
        known = ", ".join(_SUFFIXES)
        raise InputError(f"{path}: not a known volume format ({known}, or a folder with one DICOM series)")
    if reader in ("nifti", "nibabel") and kind != "nifti":
        raise InputError(f"{path}: reader {reader!r} reads only NIfTI ({', '.join(_NIFTI_SUFFIXES)})")
    return kind


def _loaded(
    path: Path, kind: Format, reader: str
) -> tuple[tuple[int, int, int], StoredGeometry, NDArray[Any], list[Step]]:
    try:
        if kind == "nifti":
            return _loaded_nifti(path, reader)
        if kind == "itk":
            from medspatial.volume.read.itk import read_itk

            return *read_itk(path), []
        from medspatial.volume.read.dicom import read_dicom

        return *read_dicom(path), []
    except PermissionError:
        raise InputError(f"{path}: no permission to read") from None
    except MemoryError:
        raise InputError(f"{path}: too large for the memory of this machine") from None


def _loaded_nifti(
    path: Path, reader: str
) -> tuple[tuple[int, int, int], StoredGeometry, NDArray[Any], list[Step]]:
    from medspatial.volume.read import itk, nifti

    chosen = {"nibabel": nifti.read_with_nibabel, "simpleitk": itk.read_nifti_with_itk}
    header, voxels = chosen.get(reader, nifti.read_nifti)(path)
    scaled = (header.slope, header.intercept) != (1.0, 0.0)
    history = [Step("rescaled", {"slope": header.slope, "intercept": header.intercept})] if scaled else []
    return header.shape, header.geometry, voxels, history


__all__ = ["READERS", "Affine", "Reader", "read_header", "read_volume"]
