"""Segments that a file names itself: Slicer's ``.seg.nrrd``, with overlapping ones in layers."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from medspatial.anatomy.labels import label_name
from medspatial.errors import InputError
from medspatial.files import ordinary_file
from medspatial.volume import Volume, read_volume
from medspatial.volume.header import usable_affine
from medspatial.volume.read.nrrd import read_nrrd
from medspatial.volume.read.text_header import MOST_BYTES
from medspatial.volume.read.values import finite, whole_labels

_LONGEST = 9  # digits
_SEGMENT = re.compile(r"(Segment[0-9]{1,9}_(?:Name|LabelValue|Layer)):=(.*)")


@dataclass(frozen=True)
class Segments:
    """Label volumes on one grid, and for each its values' names (the anatomy's, where it knows them)."""

    layers: list[Volume]
    tables: list[dict[int, str]]


def read_nrrd_segments(path: Path, *, assume_axes: str | None = None) -> Segments | None:
    """Read a NRRD file that names its segments; None for any other file.

    Segments that overlap lie in layers, the components of a fourth axis; values count within a layer. Layer
    and value default to 0 and 1 where a file of an early Slicer has a layer per segment instead.

    Raises
    ------
    InputError
        The file cannot be read, two segments share value and layer, or a layer does not exist.
    """
    if not path.name.lower().endswith(".nrrd"):
        return None
    rows = _segment_rows(path)
    if not rows:
        return None
    layers = _layers(path, assume_axes)
    tables: list[dict[int, str]] = [{} for _ in layers]
    taken: dict[str, int] = {}
    for number, row in sorted(rows.items()):
        layer, value = _place(row, number, len(rows), len(layers), path)
        name = label_name(row.get("Name", "")) or f"segment_{number}"
        if value in tables[layer]:
            raise InputError(
                f"{path}: segments {tables[layer][value]!r} and {name!r} share value {value} of layer {layer}"
            )
        if name in taken:
            raise InputError(f"{path}: segments {taken[name]} and {number} are both named {name!r}")
        taken[name] = number
        tables[layer][value] = name
    return Segments(layers, tables)


def names_segments(path: Path) -> bool:
    """Whether a file names its segments, as Slicer writes it."""
    return path.name.lower().endswith(".nrrd") and bool(_segment_rows(path))


def _place(row: Mapping[str, str], number: int, count: int, layers: int, path: Path) -> tuple[int, int]:
    own = layers == count and "Layer" not in row and "LabelValue" not in row
    layer, value = row.get("Layer", str(number if own else 0)), row.get("LabelValue", "1" if own else "")
    if not layer.isdecimal() or len(layer) > _LONGEST or int(layer) >= layers:
        raise InputError(f"{path}: Segment{number}_Layer must be from 0 to {layers - 1}, got {layer!r}")
    if not value.isdecimal() or len(value) > _LONGEST or int(value) < 1:
        raise InputError(
            f"{path}: Segment{number}_LabelValue must be a whole number from 1 on, got {value!r}"
        )
    return int(layer), int(value)


def _segment_rows(path: Path) -> dict[int, dict[str, str]]:
    """Return the keys of each segment, from the text before the voxels."""
    try:
        with ordinary_file(path).open("rb") as file:
            head = file.read(MOST_BYTES)
    except (OSError, InputError):
        return {}  # the reader of volumes says why
    end = re.search(rb"\r?\n\r?\n", head)
    text = head[: end.start()].decode("utf-8", "replace") if end and head.startswith(b"NRRD") else ""
    rows: dict[int, dict[str, str]] = {}
    for line in text.splitlines():
        if match := _SEGMENT.fullmatch(line.strip()):
            number, key = match[1].removeprefix("Segment").split("_", 1)
            rows.setdefault(int(number), {})[key] = match[2].strip()
    return rows


def _layers(path: Path, assume_axes: str | None) -> list[Volume]:
    found = read_nrrd(path)
    if found.layers == 1:
        return [read_volume(path, unit="label", assume_axes=assume_axes)]
    affine, _ = usable_affine(found.geometry, found.shape, path, assume_axes)
    return [
        Volume(
            whole_labels(finite(np.asfortranarray(layer), path), path), affine, unit="label", source=str(path)
        )
        for layer in found.load()
    ]
