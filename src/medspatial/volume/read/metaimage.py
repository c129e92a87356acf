"""MetaImage: ``.mha`` with its voxels, ``.mhd`` with voxels in files beside it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np

from medspatial.errors import InputError
from medspatial.files import file_inside, shortened
from medspatial.volume.header import StoredGeometry, StoredVolume, volume_shape
from medspatial.volume.read.itk import lps_geometry
from medspatial.volume.read.nrrd import numbered
from medspatial.volume.read.raster import Encoding, Part, Raster
from medspatial.volume.read.text_header import (
    add_field,
    axis_count,
    head_of,
    length_unit,
    numbers,
    required,
    whole_numbers,
)

_TYPES = {
    "MET_CHAR": "i1",
    "MET_UCHAR": "u1",
    "MET_SHORT": "i2",
    "MET_USHORT": "u2",
    "MET_INT": "i4",
    "MET_UINT": "u4",
    "MET_LONG": "i4",  # four bytes in this format, whatever the machine's are
    "MET_ULONG": "u4",
    "MET_LONG_LONG": "i8",
    "MET_ULONG_LONG": "u8",
    "MET_FLOAT": "f4",
    "MET_DOUBLE": "f8",
}
# The last field; behind LIST the names of files follow, to the end of the file.
_END = re.compile(rb"^[ \t]*elementdatafile[ \t]*=(?![ \t]*LIST)[^\r\n]*\r?\n", re.IGNORECASE | re.MULTILINE)
# Names of one thing, in the order in which they count.
_MATRIX = ("transformmatrix", "rotation", "orientation")
_ORIGIN = ("offset", "position", "origin")
_SPACING = ("elementspacing", "elementsize")
_ORDER = ("binarydatabyteordermsb", "elementbyteordermsb")


def stored_metaimage(path: Path) -> StoredVolume:
    """Header now, voxels later.

    Raises
    ------
    InputError
        A field that is missing, doubled or wrong, several numbers in a voxel, or data outside of the folder.
    """
    fields, listed, end = _fields(path)
    if fields.get("objecttype", "Image").lower() != "image":
        raise InputError(f"{path}: ObjectType must be Image, got {shortened(fields['objecttype'])!r}")
    count = axis_count(required(fields, "ndims", path), "NDims", path)
    sizes = whole_numbers(required(fields, "dimsize", path), count, "DimSize", path)
    (channels,) = whole_numbers(
        fields.get("elementnumberofchannels", "1"), 1, "ElementNumberOfChannels", path
    )
    if channels != 1:
        raise InputError(f"{path}: voxels must be single numbers, the file has {channels} each")
    shape = volume_shape(sizes, path)
    raster = _raster(fields, listed, end, sizes, path)

    def load() -> Any:
        return raster.load().reshape(shape, order="F")

    return StoredVolume(shape, _geometry(fields, count, path), raster.dtype, load, files=raster.files)


def _fields(path: Path) -> tuple[dict[str, str], list[str], int]:
    """Return the fields by name in small letters, the lines behind a LIST, and where the header ends."""
    head = head_of(path, _END)
    fields: dict[str, str] = {}
    end = 0
    for number, line in enumerate(head.splitlines(keepends=True), start=1):
        end += len(line)
        text = line.decode("utf-8", "replace").strip()
        if not text or text.startswith("#"):
            continue
        name, mark, value = text.partition("=")
        if not mark:
            raise InputError(f"{path}:{number}: cannot be read ({shortened(text)!r} is not a field)")
        name = name.strip().lower()
        add_field(fields, name, value.strip(), path)
        if name == "elementdatafile":
            rest = head[end:].decode("utf-8", "replace") if value.split()[:1] == ["LIST"] else ""
            return fields, [line.strip() for line in rest.splitlines() if line.strip()], end
    raise InputError(f"{path}: cannot be read (the header lacks the field ElementDataFile, which ends it)")


def _raster(
    fields: dict[str, str], listed: list[str], end: int, sizes: tuple[int, ...], path: Path
) -> Raster:
    kind = required(fields, "elementtype", path)
    if kind not in _TYPES:
        raise InputError(f"{path}: voxels must be plain numbers, ElementType is {shortened(kind)!r}")
    order = ">" if any(_true(fields, name, False, path) for name in _ORDER) else "<"
    encoding: Encoding = "raw" if _true(fields, "binarydata", True, path) else "text"
    if _true(fields, "compresseddata", False, path):
        encoding = "zlib"
    (skip,) = whole_numbers(fields.get("headersize", "0"), 1, "HeaderSize", path, least=-1)
    start = None if skip == -1 else skip
    stated, dtype = fields["elementdatafile"], np.dtype(order + _TYPES[kind])
    words = stated.split()
    if stated.upper() == "LOCAL":
        if skip > 0:
            raise InputError(f"{path}: HeaderSize {skip} beside ElementDataFile = LOCAL has no meaning")
        return Raster(path, (Part(path, end if start == 0 else None),), sizes, dtype, encoding)
    if words[:1] == ["LIST"]:
        names = listed
    elif len(words) == 4 and "%" in words[0]:
        names = numbered(words[0], " ".join(words[1:]), "ElementDataFile", path)
    else:
        names = [stated]
    if not names or not names[0]:
        raise InputError(f"{path}: ElementDataFile names no file")
    parts = tuple(Part(file_inside(path.parent, name, path), start) for name in names)
    return Raster(path, parts, sizes, dtype, encoding)


def _true(fields: dict[str, str], name: str, default: bool, path: Path) -> bool:
    value = fields.get(name, str(default)).lower()
    if value not in {"true", "t", "1", "false", "f", "0"}:
        raise InputError(f"{path}: field {name!r} must be True or False, got {shortened(value)!r}")
    return value in {"true", "t", "1"}


def _geometry(fields: dict[str, str], count: int, path: Path) -> StoredGeometry:
    stated = fields.get("distanceunits", "?")
    factor, unit = length_unit([] if stated == "?" else [stated], stated, path)

    def values(names: tuple[str, ...], number: int, default: Any) -> Any:
        told = [name for name in names if name in fields]
        return numbers(fields[told[0]], number, told[0], path) if told else default

    rows = values(_MATRIX, count * count, np.eye(count).ravel()).reshape(count, count)
    spacing = values(_SPACING, count, np.ones(count))
    origin = values(_ORIGIN, count, np.zeros(count))
    if spacing.min() <= 0:
        raise InputError(f"{path}: field 'elementspacing' must be positive, got {spacing.tolist()}")
    steps = rows[:3, :3].T * spacing[:3]  # a row is the direction of an axis
    return lps_geometry(factor * steps, factor * origin[:3], None, unit)
