"""NRRD: ``.nrrd`` with its voxels, ``.nhdr`` with voxels in files beside it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from medspatial.errors import InputError
from medspatial.files import file_inside, shortened
from medspatial.volume.header import StoredGeometry, StoredVolume, volume_shape
from medspatial.volume.read.itk import lps_geometry
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

_MAGIC = re.compile(rb"NRRD000[1-6]\r?\n")
_END = re.compile(rb"\r?\n\r?\n")
_TYPES = {
    **dict.fromkeys(("signed char", "int8", "int8_t"), "i1"),
    **dict.fromkeys(("uchar", "unsigned char", "uint8", "uint8_t"), "u1"),
    **dict.fromkeys(("short", "short int", "signed short", "signed short int", "int16", "int16_t"), "i2"),
    **dict.fromkeys(("ushort", "unsigned short", "unsigned short int", "uint16", "uint16_t"), "u2"),
    **dict.fromkeys(("int", "signed int", "int32", "int32_t"), "i4"),
    **dict.fromkeys(("uint", "unsigned int", "uint32", "uint32_t"), "u4"),
    **dict.fromkeys(
        ("longlong", "long long", "long long int", "signed long long", "signed long long int"), "i8"
    ),
    **dict.fromkeys(("int64", "int64_t"), "i8"),
    **dict.fromkeys(("ulonglong", "unsigned long long", "unsigned long long int"), "u8"),
    **dict.fromkeys(("uint64", "uint64_t"), "u8"),
    "float": "f4",
    "double": "f8",
}
_ENCODINGS: dict[str, Encoding] = {
    "raw": "raw",
    **dict.fromkeys(("gz", "gzip"), "zlib"),
    **dict.fromkeys(("txt", "text", "ascii"), "text"),
}
_SAME = {"centers": "centerings", "datafile": "data file", "lineskip": "line skip", "byteskip": "byte skip"}
# The spaces that tell left from right, and the signs of their first two axes in LPS+. Those that end in
# "-time" have a fourth axis.
_PATIENT_SPACES = {
    **dict.fromkeys(("right-anterior-superior", "ras"), (-1.0, -1.0)),
    **dict.fromkeys(("left-anterior-superior", "las"), (1.0, -1.0)),
    **dict.fromkeys(("left-posterior-superior", "lps"), (1.0, 1.0)),
}
_VECTOR = re.compile(r"none|\([^()]*\)")
_TIME = {"time", "domain", "space"}
_MOST_FILES = 100_000
_UNSTATED = "it has no space directions"


@dataclass(frozen=True)
class Nrrd:
    """A NRRD file: voxels as stored, and the three of their axes that lie in space.

    Attributes
    ----------
    others
        The axes that do not lie in space: components of a voxel, or layers.
    """

    path: Path
    raster: Raster
    space: tuple[int, ...]
    others: tuple[int, ...]
    geometry: StoredGeometry

    @property
    def layers(self) -> int:
        """How many volumes the file holds on its grid."""
        return int(np.prod([self.raster.sizes[axis] for axis in self.others], dtype=np.int64))

    @property
    def shape(self) -> tuple[int, int, int]:
        """Sizes of the axes in space."""
        return volume_shape([self.raster.sizes[axis] for axis in self.space], self.path)

    def load(self) -> NDArray[Any]:
        """Return the layers, (number, i, j, k)."""
        stored = self.raster.load().transpose(*self.others, *self.space)
        return stored.reshape(self.layers, *self.shape)


def stored_nrrd(path: Path) -> StoredVolume:
    """Header now, voxels later.

    Raises
    ------
    InputError
        A field that is missing, doubled or wrong, several numbers in a voxel, or data outside of the folder.
    """
    found = read_nrrd(path)
    if found.layers != 1:
        raise InputError(f"{path}: voxels must be single numbers, the file has {found.layers} each")
    return StoredVolume(
        found.shape,
        found.geometry,
        found.raster.dtype,
        lambda: np.asfortranarray(found.load()[0]),
    )


def read_nrrd(path: Path) -> Nrrd:
    """Read the header of a NRRD file; errors as `stored_nrrd`."""
    head = head_of(path, _END)
    if not _MAGIC.match(head):
        raise InputError(f"{path}: cannot be read (not a NRRD file, it begins with {head[:8]!r})")
    end = _END.search(head)
    fields, listed = _fields(head[: end.start()] if end else head, path)
    sizes_text = required(fields, "sizes", path)
    count = axis_count(required(fields, "dimension", path), "dimension", path)
    sizes = whole_numbers(sizes_text, count, "sizes", path)
    encoding = _known(_ENCODINGS, required(fields, "encoding", path), "encoding", path)
    dtype = _dtype(fields, encoding, path)
    if "data file" not in fields and end is None:
        raise InputError(f"{path}: cannot be read (no empty line ends its header)")
    parts = _parts(fields, listed, end.end() if end else 0, path)
    vectors = _directions(fields, count, path)
    space, others = _axes(fields, vectors, count, sizes, path)
    raster = Raster(path, parts, sizes, dtype, encoding)
    volume_shape([sizes[axis] for axis in space], path)
    return Nrrd(path, raster, space, others, _geometry(fields, vectors, space, count, path))


def _fields(head: bytes, path: Path) -> tuple[dict[str, str], list[str]]:
    """Return the fields by name, and the lines behind ``data file: LIST``."""
    fields: dict[str, str] = {}
    lines = head.decode("utf-8", "replace").splitlines()[1:]
    for number, line in enumerate(lines, start=2):
        if not line.strip() or line.startswith("#") or (":=" in line and ": " not in line.partition(":=")[0]):
            continue
        name, mark, value = line.partition(":")
        if not mark:
            raise InputError(f"{path}:{number}: cannot be read ({shortened(line)!r} is not a field)")
        name = name.strip().lower()
        name, value = _SAME.get(name, name), value.strip()
        add_field(fields, name, value, path)
        if name == "data file" and value.split()[:1] == ["LIST"]:
            return fields, [line for line in lines[number - 1 :] if line.strip()]
    return fields, []


def _known(known: dict[str, Any], value: str, name: str, path: Path) -> Any:
    if value.lower() not in known:
        raise InputError(
            f"{path}: field {name!r} must be one of {', '.join(known)}, got {shortened(value)!r}"
        )
    return known[value.lower()]


def _dtype(fields: dict[str, str], encoding: Encoding, path: Path) -> np.dtype[Any]:
    code: str = _known(_TYPES, required(fields, "type", path), "type", path)
    if code[1] == "1" or encoding == "text":
        return np.dtype(code)
    order: str = _known({"little": "<", "big": ">"}, required(fields, "endian", path), "endian", path)
    return np.dtype(order + code)


def _parts(fields: dict[str, str], listed: list[str], end: int, path: Path) -> tuple[Part, ...]:
    (lines,) = whole_numbers(fields.get("line skip", "0"), 1, "line skip", path)
    (skip,) = whole_numbers(fields.get("byte skip", "0"), 1, "byte skip", path, least=-1)
    start = None if skip == -1 else skip
    if "data file" not in fields:
        return (Part(path, None if start is None else end + start, 0),)
    stated = fields["data file"]
    words = stated.split()
    if words[:1] == ["LIST"]:
        names = listed
    elif len(words) in (4, 5) and "%" in words[0]:
        names = numbered(words[0], " ".join(words[1:4]), "data file", path)
    else:
        names = [stated]
    if not names:
        raise InputError(f"{path}: field 'data file' names no file")
    return tuple(Part(file_inside(path.parent, name, path), start, lines) for name in names)


def numbered(pattern: str, ends: str, name: str, path: Path) -> list[str]:
    """Return the names of a numbered series of files: ``a%03d.raw`` from first to last by step.

    Raises
    ------
    InputError
        Another pattern, or a series that is empty or longer than any volume's.
    """
    match = re.fullmatch(r"([^%]*)%(0?[0-9]{0,2})[du]([^%]*)", pattern)
    if not match:
        raise InputError(f"{path}: field {name!r} needs one number such as %03d, got {shortened(pattern)!r}")
    first, last, step = whole_numbers(ends, 3, name, path)
    names = range(first, last + 1, max(step, 1))
    if not 0 < len(names) <= _MOST_FILES:
        raise InputError(f"{path}: field {name!r} names {len(names)} files, from 1 to {_MOST_FILES} can be")
    before, width, after = match.groups()
    return [f"{before}{number:{width}d}{after}" for number in names]


def _directions(fields: dict[str, str], count: int, path: Path) -> list[NDArray[np.float64] | None] | None:
    """Return the step along each axis; None for an axis outside of space, and where the file states none."""
    stated = fields.get("space directions")
    if stated is None:
        return None
    words = _VECTOR.findall(stated)
    if len(words) != count or _VECTOR.sub("", stated).strip():
        raise InputError(f"{path}: field 'space directions' needs {count} vectors, got {shortened(stated)!r}")
    return [None if word == "none" else _vector(word, "space directions", path) for word in words]


def _vector(word: str, name: str, path: Path) -> NDArray[np.float64]:
    return numbers(word.strip("() ").replace(",", " "), 3, name, path)


def _axes(
    fields: dict[str, str],
    vectors: list[NDArray[np.float64] | None] | None,
    count: int,
    sizes: tuple[int, ...],
    path: Path,
) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Tell the axes in space from the others."""
    kinds = fields.get("kinds", "").split()
    if kinds and len(kinds) != count:
        raise InputError(f"{path}: field 'kinds' needs {count} words, got {shortened(fields['kinds'])!r}")
    if vectors is not None:
        space = tuple(axis for axis in range(count) if vectors[axis] is not None)
    else:
        spatial = {"domain", "space", "time", "???", "none"}
        space = tuple(axis for axis in range(count) if not kinds or kinds[axis].lower() in spatial)
    others = tuple(axis for axis in range(count) if axis not in space)
    if len(space) == 3 and others and kinds and any(kinds[axis].lower() in _TIME for axis in others):
        volume_shape([*(sizes[axis] for axis in space), *(sizes[axis] for axis in others)], path)
    return space, others


def _geometry(
    fields: dict[str, str],
    vectors: list[NDArray[np.float64] | None] | None,
    space: tuple[int, ...],
    count: int,
    path: Path,
) -> StoredGeometry:
    stated = fields.get("space units") or fields.get("units") or ""
    factor, unit = length_unit(re.findall(r'"([^"]*)"', stated), stated, path)
    named = fields.get("space", "").lower()
    signs = _PATIENT_SPACES.get(named, (1.0, 1.0))
    known = not named or named in _PATIENT_SPACES
    reason = None if known else f"its space {shortened(named)!r} is not that of a patient"
    if vectors is None:
        steps = np.diag(_spacings(fields, count, path)[list(space[:3])])
        reason = reason or _UNSTATED
    else:
        steps = np.array([vectors[axis] for axis in space[:3]]).T
    origin = (
        _vector(fields["space origin"], "space origin", path) if "space origin" in fields else np.zeros(3)
    )
    flip = np.array([*signs, 1.0])
    return lps_geometry(factor * flip[:, None] * steps, factor * flip * origin, reason, unit)


def _spacings(fields: dict[str, str], count: int, path: Path) -> NDArray[np.float64]:
    if "spacings" not in fields:
        return np.ones(count)
    words = ["1" if word.lower() == "nan" else word for word in fields["spacings"].split()]
    found = numbers(" ".join(words), count, "spacings", path)
    if found.min() <= 0:
        raise InputError(f"{path}: field 'spacings' must be positive, got {shortened(fields['spacings'])!r}")
    return found
