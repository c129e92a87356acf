"""NIfTI-1 and NIfTI-2 in one file (``.nii``, ``.nii.gz``)."""

from __future__ import annotations

import math
import struct
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import IO, Any

import nibabel as nib
import numpy as np
from nibabel.spatialimages import HeaderDataError
from numpy.typing import NDArray

from medspatial.errors import InputError
from medspatial.volume.affine import Affine
from medspatial.volume.header import (
    StoredGeometry,
    StoredVolume,
    forms_apart,
    forms_conflict,
    volume_shape,
)
from medspatial.volume.read import gzipped
from medspatial.volume.read.values import rescaled

_NIFTI1_SIZE, _NIFTI2_SIZE = 348, 540
# Length units of xyzt_units: factor to millimetres and name; 0 (unknown) is read as millimetres by everybody.
_UNITS = {0: (1.0, None), 1: (1000.0, "metres"), 2: (1.0, None), 3: (0.001, "micrometres")}
# pixdim and the affine may differ by rounding (float32, two decimals of converters): 1 % is 5 mm in 500.
_SPACING_SHARE = 0.01
# qform and sform of one grid: writers round the quaternion, which moves a far corner by tenths of a voxel.
_FORMS_SHARE = 1.0


@dataclass(frozen=True)
class NiftiHeader:
    """The parts of a NIfTI header that say where and what the voxels are."""

    shape: tuple[int, int, int]
    geometry: StoredGeometry
    dtype: np.dtype[Any]
    offset: int
    slope: float
    intercept: float
    void_intercept: float  # stated beside a slope of 0, which means no scaling

    @property
    def total(self) -> int:
        """Bytes of the whole file, uncompressed."""
        return self.offset + math.prod(self.shape) * self.dtype.itemsize


def stored_nifti(path: Path, reader: str = "nifti") -> StoredVolume:
    """Header now, voxels later; ``reader`` is ``"nifti"`` or ``"nibabel"``."""
    header = read_nifti_header(path)
    load = partial(_through_nibabel if reader == "nibabel" else filled, path, header)
    return StoredVolume(header.shape, header.geometry, header.dtype, load, (header.slope, header.intercept))


def read_nifti_header(path: Path) -> NiftiHeader:
    """Header alone; of a gzip file only the first block is decompressed."""
    with gzipped.open_stream(path) as stream:
        return _parsed(stream, path)


def filled(path: Path, header: NiftiHeader) -> NDArray[Any]:
    """One array is filled, viewed as stored, and scaled in place where possible."""
    check_size(path, header)
    with gzipped.open_stream(path) as stream:
        gzipped.read_exactly(stream, header.offset, path)
        buffer = gzipped.fill_array(stream, header.offset, header.total - header.offset, path)
    stored = buffer.view(header.dtype).reshape(header.shape, order="F")
    if not header.dtype.isnative:
        stored = stored.byteswap(inplace=True).view(header.dtype.newbyteorder("="))
    return rescaled(stored, header.slope, header.intercept)


def check_size(path: Path, header: NiftiHeader) -> None:
    """Hold the header's promise against the size of the file, before memory is taken for it.

    Raises
    ------
    InputError
        The file holds fewer or more bytes, or cannot hold as many.
    """
    size = path.stat().st_size
    if gzipped.is_gzip(path):
        gzipped.check_possible(path, header.total, size)
    elif size != header.total:
        raise InputError(f"{path}: the header promises {header.total} bytes, the file holds {size}")


def _through_nibabel(path: Path, header: NiftiHeader) -> NDArray[Any]:
    check_size(path, header)
    gzipped.verify(path, header.total)
    try:
        image = nib.load(path)
        stored = np.asanyarray(image.dataobj.get_unscaled())  # type: ignore[attr-defined]
    except (OSError, ValueError, EOFError, HeaderDataError) as error:
        raise InputError(f"{path}: cannot be read by nibabel ({error})") from None
    native = np.array(stored, dtype=header.dtype.newbyteorder("="), order="F")
    return rescaled(native.reshape(header.shape, order="F"), header.slope, header.intercept)


def _both_endian(block: bytes) -> tuple[int, ...]:
    return (*struct.unpack("<i", block), *struct.unpack(">i", block))


def _parsed(stream: IO[bytes], path: Path) -> NiftiHeader:
    block = gzipped.read_exactly(stream, _NIFTI1_SIZE, path)
    if len(block) < _NIFTI1_SIZE:
        raise InputError(f"{path}: not a NIfTI file, it holds only {len(block)} bytes of the 348-byte header")
    sizes = _both_endian(block[:4])
    if _NIFTI2_SIZE in sizes:
        block += gzipped.read_exactly(stream, _NIFTI2_SIZE - _NIFTI1_SIZE, path)
        kind: Any = nib.Nifti2Header
    elif _NIFTI1_SIZE in sizes and block[344:348] == b"n+1\0":
        kind = nib.Nifti1Header
    else:
        raise InputError(f"{path}: not a NIfTI file (header size {sizes[0]}, magic {block[344:348]!r})")
    try:
        header = kind(block, check=False)  # its checks repair silently: a spacing of 0 becomes 1 mm
        return _checked(header, path)
    except (HeaderDataError, KeyError, ValueError) as error:
        raise InputError(f"{path}: broken NIfTI header ({error})") from None


def _checked(header: Any, path: Path) -> NiftiHeader:
    shape = volume_shape(header.get_data_shape(), path)
    dtype = header.get_data_dtype()
    if dtype.kind not in "iuf":
        raise InputError(f"{path}: voxels must be plain numbers, the file has type {dtype}")
    offset = float(header["vox_offset"])
    if not offset.is_integer() or offset < header.template_dtype.itemsize:
        raise InputError(f"{path}: broken NIfTI header (vox_offset {offset:g})")
    slope, intercept = header.get_slope_inter()
    return NiftiHeader(
        shape=shape,
        geometry=nifti_geometry(header, shape, path),
        dtype=dtype,
        offset=int(offset),
        slope=1.0 if slope is None else float(slope),
        intercept=0.0 if intercept is None else float(intercept),
        void_intercept=float(np.nan_to_num(header["scl_inter"])) if slope is None else 0.0,
    )


def nifti_geometry(header: Any, shape: tuple[int, int, int], path: Path) -> StoredGeometry:
    """Place and spacing in millimetres, whatever length unit the file states."""
    codes = int(header["qform_code"]), int(header["sform_code"])
    unit = int(header["xyzt_units"]) & 0x07
    if unit not in _UNITS:
        raise InputError(
            f"{path}: broken NIfTI header (length unit {unit} of xyzt_units is none of the standard)"
        )
    factor, name = _UNITS[unit]
    spacing = [float(s) for s in header["pixdim"][1:4]]
    matrix = np.eye(4) if codes == (0, 0) else _stated_matrix(header, codes, shape, spacing, path)
    matrix = np.diag([factor, factor, factor, 1.0]) @ matrix
    return StoredGeometry(matrix, [factor * step for step in spacing], _missing(codes), name)


def _check_spacing(matrix: NDArray[np.float64], spacing: list[float], path: Path) -> None:
    """Refuse a header that states two spacings: that of pixdim and that of its affine."""
    columns = np.linalg.norm(matrix[:3, :3], axis=0)
    if not np.isfinite(columns).all() or not columns.all():
        return  # refused as an affine
    stated = np.abs(np.array(spacing))
    if np.isfinite(stated).all() and (np.abs(columns - stated) <= _SPACING_SHARE * columns).all():
        return
    first, second = (" x ".join(f"{step:.4g}" for step in steps) for steps in (stated, columns))
    raise InputError(
        f"{path}: the header states two voxel sizes: pixdim {first}, its affine {second}; "
        "usually one of them was not updated when the volume was resampled"
    )


def _missing(codes: tuple[int, int]) -> str | None:
    return "qform_code and sform_code are both 0" if codes == (0, 0) else None


def _stated_matrix(
    header: Any, codes: tuple[int, int], shape: tuple[int, int, int], spacing: list[float], path: Path
) -> NDArray[np.float64]:
    """sform where its code is set, else qform (the order of the standard's readers), held against pixdim."""
    qform, sform = header.get_qform(coded=False), header.get_sform(coded=False)
    matrix = np.asarray(sform if codes[1] > 0 else qform, dtype=np.float64)
    good = [np.isfinite(m).all() and abs(np.linalg.det(m[:3, :3])) > 0 for m in (qform, sform)]
    both = min(codes) > 0 and all(good)
    if both:
        _check_axes(qform, sform, path)
    _check_spacing(matrix, spacing, path)
    if both:
        _check_places((qform, sform), shape, path)
    return matrix


def _check_axes(qform: NDArray[np.float64], sform: NDArray[np.float64], path: Path) -> None:
    if forms_conflict(qform, sform):
        axes = [Affine(m).axcodes for m in (qform, sform)]
        raise InputError(
            f"{path}: qform and sform point different ways ({axes[0]} and {axes[1]}), sides are unclear"
        )


def _check_places(
    forms: tuple[NDArray[np.float64], NDArray[np.float64]],
    shape: tuple[int, int, int],
    path: Path,
) -> None:
    """Refuse a qform and a sform that put a voxel at two places, more than a voxel apart."""
    apart = forms_apart(*forms, shape)
    if apart > _FORMS_SHARE * float(np.linalg.norm(forms[1][:3, :3], axis=0).min()):
        raise InputError(
            f"{path}: qform and sform put the same voxel up to {apart:.4g} apart, its place is unclear"
        )
