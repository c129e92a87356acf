"""DICOM segmentations: frames placed by their positions, segments named by coded anatomy."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from medspatial.anatomy import describe, structures
from medspatial.anatomy.labels import label_name
from medspatial.cases.notes import Assumption
from medspatial.errors import InputError, MedspatialError, require
from medspatial.files import cause, ordinary_file
from medspatial.volume import Affine, Grid, MaskPacker, MaskSet, Volume
from medspatial.volume.read.itk import to_ras

_SEGMENTATION = "1.2.840.10008.5.1.4.1.1.66.4"
_SCHEMES = frozenset({"SCT", "99SCT", "SNOMED-CT"})
_SIDES = {"7771000": "left", "24028007": "right"}
_ALTERED = (
    "49755003"  # morphologically abnormal structure: its place is a code, what it is stands in its label
)
# From this share of the greatest fractional value on, a voxel belongs to its segment.
FRACTION = 0.5
# Distances of frames are whole multiples of the smallest one, within this share of it.
_STEP_SHARE = 0.05
# A frame is a slice of the CT when it lies so near to it, in voxels.
_OFF_SLICE = 0.1
_ALONG = {code: pair for pair in ("LR", "AP", "SI") for code in pair}


def dicom_segmentation(path: Path) -> Path | None:
    """Return the DICOM segmentation that a path is, or that its folder holds; None for anything else.

    Raises
    ------
    InputError
        The folder holds several segmentations.
    MissingPackageError
        A DICOM file is there and pydicom is not.
    """
    if path.is_file():
        files = [path]
    elif path.is_dir():
        files = sorted(one for one in path.iterdir() if one.is_file() and one.suffix.lower() in ("", ".dcm"))
    else:
        return None
    found = [one for one in files if _is_dicom(one) and _is_segmentation(one)]
    if len(found) > 1:
        names = ", ".join(one.name for one in found)
        raise InputError(f"{path}: one DICOM segmentation per mask source, found {len(found)}: {names}")
    return found[0] if found else None


_MOST_SLICES = 20_000


def read_dicom_segmentation(path: Path) -> MaskSet:
    """Read the segments of a DICOM segmentation onto the grid that its frames lie on.

    A segment is named by its coded anatomy (SNOMED CT, with its side); without a code that is known, or where
    it is an altered structure such as a mass, by its label. Frames that are left out of the file are empty.
    Of fractional values (probability or occupancy) those from half of the maximum on count, which is assumed.

    Raises
    ------
    InputError
        Neither binary nor fractional, frames of different grids, positions at uneven steps, a missing
        field, a label that contradicts the code, or two segments of one name.
    """
    try:
        data = require("pydicom", "data").dcmread(ordinary_file(path))
        return _segments(data, path)
    except MedspatialError:
        raise
    except Exception as error:  # pydicom reads each field when it is asked for, damaged ones with any error
        raise InputError(f"{path}: broken DICOM segmentation ({cause(error)})") from None


def _segments(data: Any, path: Path) -> MaskSet:
    kind = str(data.get("SegmentationType", ""))
    if kind not in ("BINARY", "FRACTIONAL"):
        raise InputError(f"{path}: SegmentationType must be BINARY or FRACTIONAL, got {kind or 'none'}")
    most = int(data.get("MaximumFractionalValue", 0)) if kind == "FRACTIONAL" else 1
    if most < 1:
        raise InputError(f"{path}: MaximumFractionalValue must be 1 to 255, got {most}")
    names = _names(data, path)
    frames = _frames(data, path)
    heights, affine = _grid(data, [position for _, position in frames], path)
    pixels = np.asarray(data.pixel_array).reshape(len(frames), int(data.Rows), int(data.Columns))
    if min(pixels.shape) == 0 or max(heights) >= _MOST_SLICES:
        raise InputError(f"{path}: its frames span {max(heights) + 1} slices, at most {_MOST_SLICES} can be")
    packer = MaskPacker()
    for number, name in names.items():
        mask = np.zeros((pixels.shape[2], pixels.shape[1], max(heights) + 1), np.bool_)
        for at, (segment, _) in enumerate(frames):
            if segment == number:
                mask[:, :, heights[at]] |= FRACTION * most <= pixels[at].T
        packer.add(name, mask)
    masks = packer.finish(affine)
    if kind == "BINARY":
        return masks
    said = f"{path.name}: fractional segments count from {FRACTION:.0%} of their maximum ({most}) on"
    return masks.with_notes(Assumption(said))


def on_slices_of(masks: MaskSet, grid: Grid) -> MaskSet:
    """Return masks on the whole grid of their CT, where their frames are slices of it.

    A segmentation leaves out frames without a voxel, so that its first and last frame are no border of what
    was looked at. Unchanged where the frames are not those of the CT, or show less of its slices.
    """
    layers = [_inserted(Volume(layer, masks.affine, unit="label"), grid) for layer in masks.layers]
    whole = [one for one in layers if one is not None]
    if len(whole) < len(layers):
        return masks
    return MaskSet(whole, masks.tables(), grid.affine, masks.notes)


def _inserted(frames: Volume, grid: Grid) -> NDArray[Any] | None:
    """Return the frames (rows, columns, stack) at their slices of a grid; None where they are none of its."""
    turned = frames.oriented(grid.axcodes)
    stack = next(k for k, code in enumerate(turned.axcodes) if code in _ALONG[frames.axcodes[2]])
    first = grid.to_index(turned.affine.apply((0, 0, 0)))
    last = grid.to_index(turned.affine.apply([n - 1 for n in turned.shape]))
    start = np.rint(first).astype(int)
    ends = start + turned.shape
    meets = np.abs(first - start).max() < _OFF_SLICE and np.abs(last - ends + 1).max() < _OFF_SLICE
    inside = (start >= 0).all() and (ends <= grid.shape).all()
    wide = np.delete(start == 0, stack).all() and np.delete(ends == grid.shape, stack).all()
    if not (meets and inside and wide):
        return None
    out = np.zeros(grid.shape, turned.voxels.dtype)
    out[tuple(slice(a, b) for a, b in zip(start, ends, strict=True))] = turned.voxels
    return out


def _is_dicom(path: Path) -> bool:
    try:
        with ordinary_file(path).open("rb") as file:
            return file.read(132)[128:] == b"DICM"
    except (OSError, InputError):
        return False


def _is_segmentation(path: Path) -> bool:
    pydicom = require("pydicom", "data")
    try:
        data = pydicom.dcmread(path, stop_before_pixels=True, specific_tags=["SOPClassUID"])
    except Exception:  # damaged files come to any error; the reader of volumes says which
        return False
    return str(data.get("SOPClassUID", "")) == _SEGMENTATION


def _names(data: Any, path: Path) -> dict[int, str]:
    found: dict[int, str] = {}
    for segment in data.get("SegmentSequence", ()):
        number = int(segment.SegmentNumber)
        name = _segment_name(segment, f"{path}: segment {number}")
        if name in found.values():
            raise InputError(f"{path}: segment {number}: {name!r} already names another segment")
        found[number] = name
    if not found:
        raise InputError(f"{path}: SegmentSequence names no segment")
    return found


def _segment_name(segment: Any, where: str) -> str:
    label = str(segment.get("SegmentLabel", "")).strip() or str(segment.get("SegmentDescription", "")).strip()
    named = label_name(label) if label else ""
    category = _code(segment, "SegmentedPropertyCategoryCodeSequence")[0]
    if category == _ALTERED and named:
        return named
    for field in ("SegmentedPropertyTypeCodeSequence", "AnatomicRegionSequence"):
        code, side = _code(segment, field)
        coded = _by_code().get((code, side)) or _by_code().get((code, ""))
        if not coded:
            continue
        if named and _known(named) and not _one_thing(named, coded):
            raise InputError(
                f"{where}: its label {label!r} and its code {code} ({coded}) contradict each other"
            )
        return named if named and describe(named).base == coded else coded
    if not named:
        raise InputError(f"{where}: neither a label nor a code of a known structure")
    return named


def _known(name: str) -> bool:
    return any(one.name == name for one in structures())


def _one_thing(first: str, second: str) -> bool:
    return first == second or describe(first).base == second or describe(second).base == first


def _code(segment: Any, field: str) -> tuple[str, str]:
    """Return the SNOMED code of a sequence's first item, and its side or ''."""
    items = segment.get(field) or ()
    if not items or str(items[0].get("CodingSchemeDesignator", "")) not in _SCHEMES:
        return "", ""
    item = items[0]
    modifiers = (
        *(item.get("SegmentedPropertyTypeModifierCodeSequence") or ()),
        *(item.get("AnatomicRegionModifierSequence") or ()),
        *(segment.get("SegmentedPropertyTypeModifierCodeSequence") or ()),
    )
    sides = [_SIDES[code] for one in modifiers if (code := str(one.get("CodeValue", ""))) in _SIDES]
    return str(item.get("CodeValue", "")), sides[0] if len(set(sides)) == 1 else ""


@cache
def _by_code() -> dict[tuple[str, str], str]:
    """Return names by code and side: a code of its own for each side, or that of the base with a side."""
    found: dict[tuple[str, str], str] = {}
    bases = {one.name: one for one in structures()}
    for one in structures():
        if one.code:
            found.setdefault((one.code, ""), one.name)
            found.setdefault((one.code, one.side or ""), one.name)
    for one in structures():
        base = bases.get(one.base or "")
        if one.side and base is not None and base.code:
            found.setdefault((base.code, one.side), one.name)
    return found


def _frames(data: Any, path: Path) -> list[tuple[int, NDArray[np.float64]]]:
    """Return segment number and position (LPS+ mm) of each frame."""
    found = []
    for at, frame in enumerate(data.get("PerFrameFunctionalGroupsSequence", ()), start=1):
        try:
            segment = int(frame.SegmentIdentificationSequence[0].ReferencedSegmentNumber)
            position = np.array(frame.PlanePositionSequence[0].ImagePositionPatient, np.float64)
        except (AttributeError, IndexError, KeyError):
            raise InputError(f"{path}: frame {at} does not say its segment and position") from None
        found.append((segment, position))
    if not found:
        raise InputError(f"{path}: PerFrameFunctionalGroupsSequence holds no frame")
    return found


def _shared(data: Any, group: str, field: str, path: Path) -> Any:
    """Return a field that all frames share."""
    groups = [*(data.get("SharedFunctionalGroupsSequence") or ()), *data.PerFrameFunctionalGroupsSequence]
    values = [one.get(group)[0].get(field) for one in groups if one.get(group)]
    values = [
        [float(x) for x in one] if hasattr(one, "__len__") else one for one in values if one is not None
    ]
    if not values:
        raise InputError(f"{path}: {field} is missing")
    if any(not np.allclose(one, values[0], atol=1e-4) for one in values):
        raise InputError(f"{path}: {field} differs between frames: {values[0]} and others")
    return values[0]


def _grid(data: Any, positions: Sequence[NDArray[np.float64]], path: Path) -> tuple[list[int], Affine]:
    """Return each frame's index along the normal, and the affine (i along rows, j along columns)."""
    axes = np.array(_shared(data, "PlaneOrientationSequence", "ImageOrientationPatient", path)).reshape(2, 3)
    rows, columns = _shared(data, "PixelMeasuresSequence", "PixelSpacing", path)
    normal = np.cross(axes[0], axes[1])
    heights = np.array([normal @ one for one in positions])
    first = positions[int(heights.argmin())]
    sideways = np.array([one - first for one in positions]) - np.outer(heights - heights.min(), normal)
    if np.abs(sideways).max() > _STEP_SHARE * min(rows, columns):
        raise InputError(f"{path}: its frames are shifted sideways by up to {np.abs(sideways).max():.2f} mm")
    distinct = np.unique(np.round(heights, 3))
    if len(distinct) > 1:
        step = float(np.diff(distinct).min())
    else:
        step = float(_shared(data, "PixelMeasuresSequence", "SliceThickness", path))
    index = (heights - heights.min()) / step
    if np.abs(index - np.round(index)).max() > _STEP_SHARE:
        worst = float(np.abs(index - np.round(index)).max() * step)
        raise InputError(
            f"{path}: its frames do not lie at even steps of {step:.3g} mm, one is {worst:.2f} mm off"
        )
    matrix = np.eye(4)
    matrix[:3, 0], matrix[:3, 1], matrix[:3, 2] = axes[0] * columns, axes[1] * rows, normal * step
    matrix[:3, 3] = first
    return [int(one) for one in np.round(index)], Affine(to_ras(matrix))
