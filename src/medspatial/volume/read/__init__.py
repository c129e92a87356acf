"""Reading volumes: one function for all formats, one set of rules for all readers."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal, get_args

from medspatial.errors import InputError
from medspatial.volume.header import StoredVolume, VolumeHeader, usable_affine
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
    with _named_faults(path):
        stored = _stored(path, _format(path, reader), reader)
        affine, assumed = usable_affine(stored.geometry, stored.shape, path, assume_axes)
        voxels = finite(stored.load(), path)
    if unit == "label":
        voxels = whole_labels(voxels, path)
    history = []
    if stored.scaling != (1.0, 0.0):
        slope, intercept = stored.scaling
        history.append(Step("rescaled", {"slope": slope, "intercept": intercept}))
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
    with _named_faults(path):
        stored = _stored(path, _format(path, "auto"), "auto")
    affine, assumed = usable_affine(stored.geometry, stored.shape, path, assume_axes)
    return VolumeHeader(stored.shape, affine, stored.dtype.newbyteorder("="), path, assumed)


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


def _stored(path: Path, kind: Format, reader: str) -> StoredVolume:
    """The format's reader; each imports its package only here."""
    if kind == "dicom":
        from medspatial.volume.read.dicom import stored_series

        return stored_series(path)
    if kind == "itk" or reader == "simpleitk":
        from medspatial.volume.read.itk import stored_itk, stored_nifti_with_itk

        return stored_itk(path) if kind == "itk" else stored_nifti_with_itk(path)
    from medspatial.volume.read.nifti import stored_nifti

    return stored_nifti(path, reader)


@contextmanager
def _named_faults(path: Path) -> Iterator[None]:
    """Faults of the machine, told with the file's name."""
    try:
        yield
    except PermissionError:
        raise InputError(f"{path}: no permission to read") from None
    except MemoryError:
        raise InputError(f"{path}: too large for the memory of this machine") from None


__all__ = ["READERS", "Reader", "read_header", "read_volume"]
