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
from medspatial.volume.header import StoredGeometry, StoredVolume, forms_conflict, volume_shape
from medspatial.volume.read import gzipped
from medspatial.volume.read.values import rescaled

_NIFTI1_SIZE, _NIFTI2_SIZE = 348, 540


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
    with gzipped.open_stream(path) as stream:
        gzipped.read_exactly(stream, header.offset, path)
        buffer = gzipped.fill_array(stream, header.offset, header.total - header.offset, path)
    stored = buffer.view(header.dtype).reshape(header.shape, order="F")
    if not header.dtype.isnative:
        stored = stored.byteswap(inplace=True).view(header.dtype.newbyteorder("="))
    return rescaled(stored, header.slope, header.intercept)


def _through_nibabel(path: Path, header: NiftiHeader) -> NDArray[Any]:
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
    spacing = [float(s) for s in header["pixdim"][1:4]]
    codes = int(header["qform_code"]), int(header["sform_code"])
    return NiftiHeader(
        shape=shape,
        geometry=StoredGeometry(_best_matrix(header, codes, path), spacing, _missing(codes)),
        dtype=dtype,
        offset=int(offset),
        slope=1.0 if slope is None else float(slope),
        intercept=0.0 if intercept is None else float(intercept),
        void_intercept=float(np.nan_to_num(header["scl_inter"])) if slope is None else 0.0,
    )


def _missing(codes: tuple[int, int]) -> str | None:
    return "qform_code and sform_code are both 0" if codes == (0, 0) else None


def _best_matrix(header: Any, codes: tuple[int, int], path: Path) -> NDArray[np.float64]:
    """sform where its code is set, else qform (the order of the NIfTI standard's readers)."""
    if codes == (0, 0):
        return np.eye(4)
    qform, sform = header.get_qform(coded=False), header.get_sform(coded=False)
    good = [np.isfinite(m).all() and abs(np.linalg.det(m[:3, :3])) > 0 for m in (qform, sform)]
    if min(codes) > 0 and all(good) and forms_conflict(qform, sform):
        axes = [Affine(m).axcodes for m in (qform, sform)]
        raise InputError(
            f"{path}: qform and sform point different ways ({axes[0]} and {axes[1]}), sides are unclear"
        )
    return np.asarray(sform if codes[1] > 0 else qform, dtype=np.float64)
