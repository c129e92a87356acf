"""A folder that holds one DICOM CT series."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from medspatial.errors import InputError
from medspatial.volume.header import StoredGeometry, StoredVolume
from medspatial.volume.read.itk import first_cause, simpleitk, to_ras

# A step between neighbouring slices may differ from the median step by this share (rounding of positions).
STEP_TOLERANCE = 0.1
# Sideways drift of a slice, as a share of the step, from which on the stack counts as tilted (0.6 degrees).
TILT_TOLERANCE = 0.01

_UID, _POSITION, _ORIENTATION = "0020|000e", "0020|0032", "0020|0037"
_SPACING, _ROWS, _COLUMNS = "0028|0030", "0028|0010", "0028|0011"
_FRAMES, _SAMPLES, _MODALITY = "0028|0008", "0028|0002", "0008|0060"


@dataclass(frozen=True)
class Slice:
    """Geometry of one DICOM file; vectors in LPS+ mm."""

    path: Path
    position: NDArray[np.float64]
    along_row: NDArray[np.float64]
    along_column: NDArray[np.float64]
    spacing: tuple[float, float]
    size: tuple[int, int]

    @property
    def normal(self) -> NDArray[np.float64]:
        """Unit vector perpendicular to the slice."""
        return np.cross(self.along_row, self.along_column)


def stored_series(folder: Path) -> StoredVolume:
    """Header of the series now, voxels later.

    Raises
    ------
    InputError
        If the folder holds no series, several series, slices of different grids, a gap, two slices at one
        position, or a tilted gantry.
    """
    slices = [_slice(path, tags) for path, tags in _series(folder)]
    if len(slices) < 2:
        raise InputError(f"{folder}: a DICOM series needs at least 2 slices, found {len(slices)}")
    _check_same_grid(slices, folder)
    slices.sort(key=lambda s: float(s.normal @ s.position))
    step = _step(slices, folder)
    first = slices[0]
    matrix = np.eye(4)
    matrix[:3, 0] = first.along_row * first.spacing[1]
    matrix[:3, 1] = first.along_column * first.spacing[0]
    matrix[:3, 2] = step
    matrix[:3, 3] = first.position
    spacing = (first.spacing[1], first.spacing[0], float(np.linalg.norm(step)))
    shape = (first.size[0], first.size[1], len(slices))
    load = partial(_voxels, [s.path for s in slices], shape)
    return StoredVolume(shape, StoredGeometry(to_ras(matrix), spacing), np.dtype(np.int16), load)


def _voxels(files: Sequence[Path], shape: tuple[int, int, int]) -> NDArray[Any]:
    """Voxels with the slope and intercept of each file applied (by GDCM)."""
    sitk = simpleitk()
    voxels = np.empty(shape, np.int16, order="F")
    for k, path in enumerate(files):
        try:
            plane = sitk.GetArrayFromImage(sitk.ReadImage(str(path)))[0].T
        except RuntimeError as error:
            raise InputError(f"{path}: pixels cannot be read ({first_cause(error)})") from None
        if not np.can_cast(plane.dtype, voxels.dtype):
            plane = _narrowed(plane)
            voxels = voxels.astype(np.promote_types(plane.dtype, voxels.dtype), order="F", copy=False)
        voxels[:, :, k] = plane
    return voxels


def _narrowed(voxels: NDArray[Any]) -> NDArray[Any]:
    """GDCM may give int32 or float64 for a whole rescale: int16 where nothing is lost."""
    low, high = float(voxels.min()), float(voxels.max())
    if not -32768 <= low <= high <= 32767:
        return voxels
    narrow = voxels.astype(np.int16)
    return narrow if np.array_equal(narrow, voxels) else voxels


def _series(folder: Path) -> list[tuple[Path, dict[str, str]]]:
    """Files and tags of the only series in a folder."""
    found: dict[str, list[tuple[Path, dict[str, str]]]] = {}
    for path in sorted(p for p in folder.iterdir() if p.is_file() and not p.name.startswith(".")):
        tags = _tags(path)
        if tags is not None and _POSITION in tags:
            found.setdefault(tags.get(_UID, "(no SeriesInstanceUID)"), []).append((path, tags))
    if not found:
        raise InputError(f"{folder}: no DICOM slices in this folder")
    if len(found) > 1:
        listed = ", ".join(f"{uid} ({len(files)} files)" for uid, files in sorted(found.items()))
        raise InputError(f"{folder}: one series per folder, found {len(found)}: {listed}")
    return next(iter(found.values()))


def _tags(path: Path) -> dict[str, str] | None:
    """Tags of a DICOM file; None for any other file."""
    sitk = simpleitk()
    if not _is_dicom(path):
        return None
    reader = sitk.ImageFileReader()
    reader.SetImageIO("GDCMImageIO")
    reader.SetFileName(str(path))
    try:
        reader.ReadImageInformation()
    except RuntimeError as error:
        raise InputError(f"{path}: broken DICOM file ({first_cause(error)})") from None
    return {key: reader.GetMetaData(key).strip() for key in reader.GetMetaDataKeys()}


def _is_dicom(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(132)[128:] == b"DICM"


def _numbers(tags: dict[str, str], key: str, name: str, count: int, path: Path) -> list[float]:
    text = tags.get(key, "")
    try:
        values = [float(part) for part in text.split("\\")]
    except ValueError:
        values = []
    if len(values) != count or not np.isfinite(values).all():
        raise InputError(f"{path}: {name} needs {count} numbers, got {text!r}")
    return values


def _slice(path: Path, tags: dict[str, str]) -> Slice:
    if int(tags.get(_FRAMES, "1") or 1) != 1:
        raise InputError(f"{path}: multi-frame DICOM is not supported (NumberOfFrames {tags[_FRAMES]})")
    if tags.get(_SAMPLES, "1") != "1":
        raise InputError(f"{path}: voxels must be single numbers, SamplesPerPixel is {tags[_SAMPLES]}")
    axes = np.array(_numbers(tags, _ORIENTATION, "ImageOrientationPatient", 6, path)).reshape(2, 3)
    if not np.allclose(axes @ axes.T, np.eye(2), atol=1e-3):
        raise InputError(
            f"{path}: ImageOrientationPatient needs two perpendicular unit vectors, got {axes.tolist()}"
        )
    spacing = _numbers(tags, _SPACING, "PixelSpacing", 2, path)
    if min(spacing) <= 0:
        raise InputError(f"{path}: PixelSpacing must be positive, got {spacing}")
    return Slice(
        path=path,
        position=np.array(_numbers(tags, _POSITION, "ImagePositionPatient", 3, path)),
        along_row=axes[0] / np.linalg.norm(axes[0]),
        along_column=axes[1] / np.linalg.norm(axes[1]),
        spacing=(spacing[0], spacing[1]),
        size=(int(tags[_COLUMNS]), int(tags[_ROWS])),
    )


def _check_same_grid(slices: Sequence[Slice], folder: Path) -> None:
    first = slices[0]
    for other in slices[1:]:
        pairs = {
            "Rows and Columns": (first.size, other.size),
            "PixelSpacing": (first.spacing, other.spacing),
            "ImageOrientationPatient": (
                (*first.along_row, *first.along_column),
                (*other.along_row, *other.along_column),
            ),
        }
        for name, (a, b) in pairs.items():
            if not np.allclose(a, b, atol=1e-3):
                values = [tuple(round(float(v), 4) for v in pair) for pair in (a, b)]
                raise InputError(
                    f"{folder}: {name} differs between slices: {values[0]} in {first.path.name}, "
                    f"{values[1]} in {other.path.name}"
                )


def _step(slices: Sequence[Slice], folder: Path) -> NDArray[np.float64]:
    """Vector from slice to slice (LPS+ mm), after checks for gaps, doubles and tilt."""
    normal = slices[0].normal
    heights = np.array([normal @ s.position for s in slices])
    steps = np.diff(heights)
    median = float(np.median(steps))
    for k, step in enumerate(steps):
        names = f"{slices[k].path.name} and {slices[k + 1].path.name}"
        if step < 1e-3:
            raise InputError(f"{folder}: two slices at one position ({heights[k]:.2f} mm): {names}")
        if abs(step - median) > STEP_TOLERANCE * median:
            raise InputError(
                f"{folder}: slices are not evenly spaced: {step:.2f} mm between {names}, "
                f"the median is {median:.2f} mm"
            )
    vector = np.asarray((slices[-1].position - slices[0].position) / (len(slices) - 1))
    sideways = float(np.linalg.norm(vector - (normal @ vector) * normal))
    if sideways > TILT_TOLERANCE * median:
        angle = float(np.degrees(np.arctan2(sideways, float(normal @ vector))))
        raise InputError(
            f"{folder}: slices are shifted sideways by {angle:.1f} degrees (gantry tilt), not supported"
        )
    return vector
