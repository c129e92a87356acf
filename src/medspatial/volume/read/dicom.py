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
from medspatial.files import shortened
from medspatial.volume.header import StoredGeometry, StoredVolume
from medspatial.volume.read.dicom_structure import check_structure
from medspatial.volume.read.gzipped import MOST_INFLATED
from medspatial.volume.read.itk import first_cause, simpleitk, to_ras
from medspatial.volume.read.multiframe import frames, load_frames

# A step between neighbouring slices may differ from the median step by this share (rounding of positions).
STEP_TOLERANCE = 0.1
# A slice may lie this far, in steps, from the line through the first and the last: rounding of positions.
LINE_TOLERANCE = 0.2
# Sideways drift of a slice, as a share of the step, from which on the stack counts as tilted (0.6 degrees).
TILT_TOLERANCE = 0.01

_UID, _POSITION, _ORIENTATION = "0020|000e", "0020|0032", "0020|0037"
_SPACING, _ROWS, _COLUMNS = "0028|0030", "0028|0010", "0028|0011"
_FRAMES, _SAMPLES, _MODALITY = "0028|0008", "0028|0002", "0008|0060"
_BITS, _COMPRESSED_ROOM = "0028|0100", 64 << 20
_NO_CT = {"MR": "magnetic resonance", "PT": "PET", "NM": "scintigraphy", "US": "ultrasound", "RTDOSE": "dose"}


@dataclass(frozen=True)
class DicomSlice:
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
    files = _series(folder)
    if len(files) == 1 and _frames(files[0][1], files[0][0]) > 1:
        return _multiframe(files[0][0])
    slices = [_slice(path, tags) for path, tags in files]
    if len(slices) < 2:
        raise InputError(f"{folder}: a DICOM series needs at least 2 slices, found {len(slices)}")
    slices, geometry, shape = _stacked(slices, folder)
    load = partial(_voxels, [s.path for s in slices], shape)
    return StoredVolume(shape, geometry, np.dtype(np.int16), load)


def _stacked(
    slices: list[DicomSlice], folder: Path
) -> tuple[list[DicomSlice], StoredGeometry, tuple[int, int, int]]:
    """Sort slices by position, and check that they are one grid of equal steps."""
    _check_same_grid(slices, folder)
    slices = sorted(slices, key=lambda s: float(s.normal @ s.position))
    step = _step(slices, folder)
    first = slices[0]
    matrix = np.eye(4)
    matrix[:3, 0] = first.along_row * first.spacing[1]
    matrix[:3, 1] = first.along_column * first.spacing[0]
    matrix[:3, 2] = step
    matrix[:3, 3] = first.position
    spacing = (first.spacing[1], first.spacing[0], float(np.linalg.norm(step)))
    shape = (first.size[0], first.size[1], len(slices))
    return slices, StoredGeometry(to_ras(matrix), spacing), shape


def _multiframe(path: Path) -> StoredVolume:
    """An enhanced CT: the frames of one file are its slices, placed by their positions."""
    found, data = frames(path)
    slices = []
    for number, frame in enumerate(found):
        axes = np.array(frame["orientation"]).reshape(2, 3)
        slices.append(
            DicomSlice(
                path=path.with_name(f"{path.name} frame {number + 1}"),
                position=np.array(frame["position"]),
                along_row=axes[0] / np.linalg.norm(axes[0]),
                along_column=axes[1] / np.linalg.norm(axes[1]),
                spacing=(frame["spacing"][0], frame["spacing"][1]),
                size=(int(data.Columns), int(data.Rows)),
            )
        )
    order = {one.path: number for number, one in enumerate(slices)}
    stacked, geometry, shape = _stacked(slices, path)
    scale = [(frame["slope"], frame["intercept"]) for frame in found]
    load = partial(load_frames, path, [order[one.path] for one in stacked], scale)
    return StoredVolume(shape, geometry, np.dtype(np.int16), load)


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
    files = []
    for path in sorted(p for p in folder.iterdir() if p.is_file() and not p.name.startswith(".")):
        tags = _tags(path)
        if tags is not None and (_POSITION in tags or _frames(tags, path) > 1):
            files.append((path, tags))
    slices = [one for one in files if one[1].get(_MODALITY, "").strip() in ("CT", "")]
    found: dict[str, list[tuple[Path, dict[str, str]]]] = {}
    for path, tags in slices or files:  # a segmentation or a dose beside the slices is no series of them
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
    check_structure(path)
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


_NAMES = {_ROWS: "Rows", _COLUMNS: "Columns", _BITS: "BitsAllocated", _FRAMES: "NumberOfFrames"}


def _frames(tags: dict[str, str], path: Path) -> int:
    return _whole(tags, _FRAMES, path) if tags.get(_FRAMES) else 1


def _whole(tags: dict[str, str], key: str, path: Path) -> int:
    text = tags.get(key, "")
    if not text.isascii() or not text.isdigit() or not 0 < len(text) < 10 or int(text) == 0:
        raise InputError(f"{path}: {_NAMES[key]} must be a positive whole number, got {shortened(text)!r}")
    return int(text)


def _check_size(path: Path, promised: int) -> None:
    """Hold rows and columns against the file, before memory is taken for them.

    How small a picture can be compressed depends on the method: where the file is smaller than its pixels, as
    much is allowed as deflate could make of it, and always the largest CT slices (4096 x 4096).

    Raises
    ------
    InputError
        The file cannot hold the pixels.
    """
    size = path.stat().st_size
    if promised > max(_COMPRESSED_ROOM, MOST_INFLATED * size):
        raise InputError(
            f"{path}: Rows and Columns promise {promised} bytes, more than a file of {size} bytes can hold"
        )


def _slice(path: Path, tags: dict[str, str]) -> DicomSlice:
    if _frames(tags, path) != 1:
        raise InputError(
            f"{path}: multi-frame DICOM ({tags[_FRAMES]} frames) beside other files: a series is one file"
        )
    modality = tags.get(_MODALITY, "").strip()
    if modality in _NO_CT:
        raise InputError(f"{path}: Modality is {modality} ({_NO_CT[modality]}), a CT is needed")
    if tags.get(_SAMPLES, "1") != "1":
        raise InputError(f"{path}: voxels must be single numbers, SamplesPerPixel is {tags[_SAMPLES]}")
    axes = np.array(_numbers(tags, _ORIENTATION, "ImageOrientationPatient", 6, path)).reshape(2, 3)
    if not np.allclose(axes @ axes.T, np.eye(2), atol=1e-3):
        raise InputError(
            f"{path}: ImageOrientationPatient needs two perpendicular unit vectors, got {axes.tolist()}"
        )
    rows, columns = (_whole(tags, key, path) for key in (_ROWS, _COLUMNS))
    _check_size(path, rows * columns * _whole(tags, _BITS, path) // 8)
    spacing = _numbers(tags, _SPACING, "PixelSpacing", 2, path)
    if min(spacing) <= 0:
        raise InputError(f"{path}: PixelSpacing must be positive, got {spacing}")
    return DicomSlice(
        path=path,
        position=np.array(_numbers(tags, _POSITION, "ImagePositionPatient", 3, path)),
        along_row=axes[0] / np.linalg.norm(axes[0]),
        along_column=axes[1] / np.linalg.norm(axes[1]),
        spacing=(spacing[0], spacing[1]),
        size=(columns, rows),
    )


def _check_same_grid(slices: Sequence[DicomSlice], folder: Path) -> None:
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


def _step(slices: Sequence[DicomSlice], folder: Path) -> NDArray[np.float64]:
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
    _check_line(slices, vector, median, folder)
    sideways = float(np.linalg.norm(vector - (normal @ vector) * normal))
    if sideways > TILT_TOLERANCE * median:
        angle = float(np.degrees(np.arctan2(sideways, float(normal @ vector))))
        raise InputError(
            f"{folder}: slices are shifted sideways by {angle:.1f} degrees (gantry tilt), not supported"
        )
    return vector


def _check_line(slices: Sequence[DicomSlice], step: NDArray[np.float64], median: float, folder: Path) -> None:
    """Refuse a series whose slices drift from the straight line of equal steps, however small each step."""
    places = np.array([one.position for one in slices])
    expected = places[0] + np.outer(np.arange(len(slices)), step)
    apart = np.linalg.norm(places - expected, axis=1)
    worst = int(np.argmax(apart))
    if apart[worst] > LINE_TOLERANCE * median:
        raise InputError(
            f"{folder}: slices are not evenly spaced: {slices[worst].path.name} lies {apart[worst]:.2f} mm "
            f"from its place among equal steps of {np.linalg.norm(step):.2f} mm; resample the series first"
        )
