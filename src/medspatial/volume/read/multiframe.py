"""Enhanced CT: one DICOM file that holds all slices of a series as frames, each with a place of its own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from medspatial.errors import InputError, require


def frames(path: Path) -> tuple[list[dict[str, Any]], Any]:
    """Return the geometry of each frame, in stored order, and the dataset (pixels unread).

    Each frame has ``position``, ``orientation`` (six numbers), ``spacing`` (rows, columns), ``slope`` and
    ``intercept``; what the shared functional groups say holds for all frames (DICOM PS3.3 C.7.6.16).

    Raises
    ------
    InputError
        Unreadable, or a frame without a place.
    """
    pydicom = require("pydicom", "data")
    try:
        data = pydicom.dcmread(path, stop_before_pixels=True)
    except Exception as error:
        raise InputError(f"{path}: broken DICOM file ({error})") from None
    shared = _first(data, "SharedFunctionalGroupsSequence")
    groups = data.get("PerFrameFunctionalGroupsSequence") or []
    if len(groups) != int(data.NumberOfFrames):
        raise InputError(
            f"{path}: {data.NumberOfFrames} frames, but PerFrameFunctionalGroupsSequence places {len(groups)}"
        )
    return [_frame(path, number, group, shared) for number, group in enumerate(groups, start=1)], data


def _first(item: Any, name: str) -> Any:
    sequence = item.get(name) if item is not None else None
    return sequence[0] if sequence else None


def _frame(path: Path, number: int, group: Any, shared: Any) -> dict[str, Any]:
    def found(sequence: str, name: str) -> Any:
        for item in (group, shared):
            inner = _first(item, sequence)
            if inner is not None and name in inner:
                return inner[name].value
        return None

    where = f"{path}: frame {number}"
    geometry: dict[str, Any] = {
        "position": found("PlanePositionSequence", "ImagePositionPatient"),
        "orientation": found("PlaneOrientationSequence", "ImageOrientationPatient"),
        "spacing": found("PixelMeasuresSequence", "PixelSpacing"),
    }
    for name, count in (("position", 3), ("orientation", 6), ("spacing", 2)):
        value = geometry[name]
        if value is None or len(value) != count:
            raise InputError(f"{where}: {name} needs {count} numbers, got {value!r}")
        geometry[name] = [float(one) for one in value]
    slope = found("PixelValueTransformationSequence", "RescaleSlope")
    intercept = found("PixelValueTransformationSequence", "RescaleIntercept")
    geometry["slope"] = 1.0 if slope is None else float(slope)
    geometry["intercept"] = 0.0 if intercept is None else float(intercept)
    return geometry


def load_frames(path: Path, order: list[int], scale: list[tuple[float, float]]) -> NDArray[Any]:
    """Voxels (columns, rows, slices) of the frames in order, each rescaled by (slope, intercept)."""
    pydicom = require("pydicom", "data")
    try:
        stored = pydicom.dcmread(path).pixel_array
    except Exception as error:
        raise InputError(f"{path}: pixels cannot be read ({error})") from None
    voxels = np.empty((stored.shape[2], stored.shape[1], len(order)), np.float32, order="F")
    for k, frame in enumerate(order):
        slope, intercept = scale[frame]
        voxels[:, :, k] = stored[frame].T * slope + intercept
    whole = np.rint(voxels)
    fits = np.array_equal(whole, voxels) and voxels.min() >= -32768 and voxels.max() <= 32767
    return whole.astype(np.int16) if fits else voxels
