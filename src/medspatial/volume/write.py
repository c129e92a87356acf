"""Writing volumes."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from medspatial.errors import InputError
from medspatial.files import whole_file
from medspatial.volume.formats import WRITABLE_SUFFIXES
from medspatial.volume.read.itk import simpleitk
from medspatial.volume.volume import Volume

# isal's level 2 of 0..3: close to gzip's default in size at several times the speed.
_LEVEL = 2


def write_volume(volume: Volume, path: str | Path) -> Path:
    """Write a volume as ``.nii``, ``.nii.gz``, ``.nrrd`` or ``.mha``; the format is taken from the name.

    The same volume gives the same bytes of NIfTI each time (no time stamp in the gzip header). The file
    appears under its name only when it is complete. History and unit are not stored.

    Returns
    -------
    The path.

    Raises
    ------
    InputError
        For another suffix, or a sheared affine in a format that cannot hold one.
    """
    path = Path(path)
    name = path.name.lower()
    suffix = next((one for one in WRITABLE_SUFFIXES if name.endswith(one)), None)
    if suffix is None:
        raise InputError(f"{path}: can write {', '.join(WRITABLE_SUFFIXES)} only")
    with whole_file(path, suffix) as unfinished:
        if suffix.startswith(".nii"):
            _write_nifti(volume, unfinished, compress=suffix == ".nii.gz")
        else:
            _write_itk(volume, unfinished)
    return path


def _storable(voxels: NDArray[Any]) -> NDArray[Any]:
    """Types that every reader knows: bool and int64 become the smallest integer, float64 becomes float32."""
    if voxels.dtype.kind == "b":
        return voxels.astype(np.uint8)
    if voxels.dtype.kind == "f":
        return voxels.astype(np.float32, copy=False)
    if voxels.dtype.itemsize < 8:
        return voxels
    low, high = int(voxels.min()), int(voxels.max())
    kinds = (np.uint8, np.int16, np.int32)
    fits = [k for k in kinds if np.iinfo(k).min <= low and high <= np.iinfo(k).max]
    return voxels.astype(fits[0]) if fits else voxels


def _write_nifti(volume: Volume, path: Path, *, compress: bool) -> None:
    voxels = _storable(volume.voxels)
    header: Any = import_module("nibabel").Nifti1Header()
    header.set_data_shape(voxels.shape)
    header.set_data_dtype(voxels.dtype)
    if not volume.affine.sheared:  # a qform is a rotation with spacing, it cannot hold a shear
        header.set_qform(volume.affine.matrix, code=1)
    header.set_sform(volume.affine.matrix, code=1)
    header["pixdim"][1:4] = volume.spacing
    header.set_xyzt_units("mm")
    header["vox_offset"] = 352
    header["magic"] = b"n+1"
    with path.open("wb") as file:
        if not compress:
            _write_body(file, header.binaryblock, voxels)
            return
        with import_module("isal.igzip").GzipFile(
            filename="", mode="wb", compresslevel=_LEVEL, fileobj=file, mtime=0
        ) as stream:
            _write_body(stream, header.binaryblock, voxels)


def _write_body(stream: IO[bytes], header: bytes, voxels: NDArray[Any]) -> None:
    stream.write(header + b"\0\0\0\0")  # four zero bytes: no header extension
    for k in range(voxels.shape[2]):
        stream.write(np.ascontiguousarray(voxels[:, :, k].T).data)


def _write_itk(volume: Volume, path: Path) -> None:
    sitk = simpleitk()
    if volume.affine.sheared:
        raise InputError(f"{path.suffix} cannot hold a sheared affine; write .nii.gz instead")
    image = sitk.GetImageFromArray(np.ascontiguousarray(_storable(volume.voxels).T))
    lps = np.diag([-1.0, -1.0, 1.0])
    image.SetSpacing(volume.spacing)
    image.SetOrigin((lps @ volume.affine.matrix[:3, 3]).tolist())
    image.SetDirection((lps @ volume.affine.directions).ravel().tolist())
    sitk.WriteImage(image, str(path), useCompression=True)
