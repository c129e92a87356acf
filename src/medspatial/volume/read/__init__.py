"""Reading volumes: one function for all formats, one set of rules for all readers."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal, get_args

from medspatial.errors import InputError
from medspatial.files import cause, ordinary_file, shortened
from medspatial.volume.formats import (
    METAIMAGE_SUFFIXES,
    NIFTI_SUFFIXES,
    NRRD_SUFFIXES,
    PAIR_SUFFIXES,
    VOLUME_SUFFIXES,
)
from medspatial.volume.grid import Grid
from medspatial.volume.header import StoredVolume, VolumeHeader, usable_affine
from medspatial.volume.read.values import finite, whole_labels
from medspatial.volume.volume import Step, Unit, Volume

Reader = Literal["auto", "nifti", "nibabel", "simpleitk"]
READERS: tuple[str, ...] = get_args(Reader)
_READ_UNITS = ("HU", "label", "unknown")

Format = Literal["nifti", "nrrd", "metaimage", "dicom", "pair"]


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
        A ``.nii``, ``.nii.gz``, ``.nrrd``, ``.mha``, ``.mhd``, ``.hdr`` (with its ``.img``) or ``.mgz`` file,
        or a folder with one DICOM series.
    unit
        What the values must be: ``"HU"`` is checked, ``"label"`` makes whole numbers integers,
        ``"unknown"`` takes any finite numbers.
    reader
        For NIfTI: ``"nifti"`` (isal and numpy, the default), ``"nibabel"`` or ``"simpleitk"``. All give the
        same voxels, type and affine. Other formats have one reader each.
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
    if stored.geometry.stated_unit:
        history.append(Step("converted_unit", {"from": stored.geometry.stated_unit}))
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
    return VolumeHeader(
        Grid(stored.shape, affine), stored.dtype.newbyteorder("="), path, assumed, stored.geometry.stated_unit
    )


def volume_files(path: Path) -> tuple[Path, ...]:
    """Return every file that is opened when a volume file is read: itself, and those with its voxels.

    Found by the readers themselves. A header that cannot be read names no further file.
    """
    name = path.name.lower()
    try:
        with _named_faults(path):
            if name.endswith(NRRD_SUFFIXES):  # masks may have several layers, which are no single volume
                from medspatial.volume.read.nrrd import read_nrrd

                beside = read_nrrd(ordinary_file(path)).raster.files
            elif name.endswith((*METAIMAGE_SUFFIXES, ".hdr")):
                beside = _stored(path, _format(path, "auto"), "auto").files
            else:
                beside = ()
    except InputError:
        beside = ()
    return tuple(dict.fromkeys((path, *beside)))


def _format(path: Path, reader: str) -> Format:
    folder = path.is_dir()
    if not folder:
        ordinary_file(path)
    if folder:
        kind: Format = "dicom"
    elif path.name.lower().endswith(NIFTI_SUFFIXES):
        kind = "nifti"
    elif path.name.lower().endswith(PAIR_SUFFIXES):
        kind = "pair"
    elif path.name.lower().endswith(NRRD_SUFFIXES):
        kind = "nrrd"
    elif path.name.lower().endswith(METAIMAGE_SUFFIXES):
        kind = "metaimage"
    else:
        known = ", ".join(VOLUME_SUFFIXES)
        raise InputError(f"{path}: not a known volume format ({known}, or a folder with one DICOM series)")
    if reader in ("nifti", "nibabel") and kind != "nifti":
        raise InputError(f"{path}: reader {reader!r} reads only NIfTI ({', '.join(NIFTI_SUFFIXES)})")
    return kind


def _stored(path: Path, kind: Format, reader: str) -> StoredVolume:
    """The format's reader; each imports its package only here."""
    if kind == "dicom":
        from medspatial.volume.read.dicom import stored_series

        return stored_series(path)
    if kind == "pair":
        from medspatial.volume.read.pairs import stored_pair

        return stored_pair(path)
    if kind == "nrrd":
        from medspatial.volume.read.nrrd import stored_nrrd

        return stored_nrrd(path)
    if kind == "metaimage":
        from medspatial.volume.read.metaimage import stored_metaimage

        return stored_metaimage(path)
    if reader == "simpleitk":
        from medspatial.volume.read.itk import stored_nifti_with_itk

        return stored_nifti_with_itk(path)
    from medspatial.volume.read.nifti import stored_nifti

    return stored_nifti(path, reader)


@contextmanager
def _named_faults(path: Path) -> Iterator[None]:
    """Faults of the machine, told with the file's name."""
    try:
        yield
    except PermissionError:
        raise InputError(f"{path}: no permission to read") from None
    except OSError as error:  # a name too long, a broken disk
        raise InputError(f"{shortened(str(path), 300)}: cannot be read ({cause(error)})") from None
    except MemoryError:
        raise InputError(f"{path}: too large for the memory of this machine") from None


__all__ = ["READERS", "Reader", "read_header", "read_volume", "volume_files"]
