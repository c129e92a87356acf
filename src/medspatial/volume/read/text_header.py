"""Text headers of volumes: fields told apart, numbers counted, length units known.

NRRD and MetaImage are read here and not through SimpleITK, whose readers end the whole process on some
damaged headers and follow the name of a data file to wherever it leads.
"""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from medspatial.errors import InputError
from medspatial.files import shortened

MOST_BYTES = 4_000_000  # headers are short, those with hundreds of named segments too; what follows is voxels
_FIRST_BYTES = 1 << 16
MOST_AXES = 8
_UNITS = {
    **dict.fromkeys(("mm", "millimeter", "millimeters", "millimetre", "millimetres"), (1.0, None)),
    **dict.fromkeys(("cm", "centimeter", "centimeters", "centimetre", "centimetres"), (10.0, "centimetres")),
    **dict.fromkeys(("m", "meter", "meters", "metre", "metres"), (1000.0, "metres")),
    **dict.fromkeys(
        ("um", "µm", "μm", "micron", "microns", "micrometer", "micrometers", "micrometre", "micrometres"),
        (0.001, "micrometres"),
    ),
}


def head_of(path: Path, end: re.Pattern[bytes]) -> bytes:
    """Return the first bytes of a file, among which its header must end.

    Parameters
    ----------
    end
        What the header ends with; where it is near the beginning, as it nearly always is, little is read.
    """
    with path.open("rb") as file:
        head = file.read(_FIRST_BYTES)
        return head if end.search(head) else head + file.read(MOST_BYTES - len(head))


def add_field(fields: dict[str, str], name: str, value: str, path: Path) -> None:
    """Note a field of a header; InputError where it stands twice."""
    if name in fields:
        raise InputError(f"{path}: field {shortened(name)!r} stands twice in the header")
    fields[name] = value


def required(fields: dict[str, str], name: str, path: Path) -> str:
    """Return a field of a header; InputError where it is missing."""
    if name not in fields:
        raise InputError(f"{path}: the header lacks the field {name!r}")
    return fields[name]


def numbers(text: str, count: int, name: str, path: Path) -> NDArray[np.float64]:
    """Return this many finite numbers of a field, separated by spaces.

    Raises
    ------
    InputError
        More, fewer, or something else.
    """
    try:
        found = np.array([float(word) for word in text.split()])
    except ValueError:
        found = np.array([])
    if len(found) != count or not np.isfinite(found).all():
        raise InputError(f"{path}: field {name!r} needs {count} numbers, got {shortened(text)!r}")
    return found


def whole_numbers(text: str, count: int, name: str, path: Path, least: int = 0) -> tuple[int, ...]:
    """Return this many whole numbers of a field; errors as `numbers`."""
    words = text.split()
    if len(words) != count or not all(re.fullmatch(r"[+-]?[0-9]{1,15}", word) for word in words):
        raise InputError(f"{path}: field {name!r} needs {count} whole numbers, got {shortened(text)!r}")
    found = tuple(int(word) for word in words)
    if min(found) < least:
        raise InputError(f"{path}: field {name!r} must be at least {least}, got {shortened(text)!r}")
    return found


def axis_count(text: str, name: str, path: Path) -> int:
    """Return the number of axes; InputError where no volume has as many."""
    (count,) = whole_numbers(text, 1, name, path)
    if not 1 <= count <= MOST_AXES:
        raise InputError(f"{path}: field {name!r} must be from 1 to {MOST_AXES}, got {count}")
    return count


def length_unit(words: list[str], stated: str, path: Path) -> tuple[float, str | None]:
    """Return the factor to millimetres of a header's length unit, and its name (None for millimetres).

    Raises
    ------
    InputError
        For a length unit that is not known, or that differs between the axes.
    """
    found = {_UNITS.get(word.strip().lower()) for word in words if word.strip()}
    if not found:
        return 1.0, None
    one = found.pop()
    if one is None or found:
        raise InputError(f"{path}: the length unit must be one, and a known one, for all axes, got {stated}")
    return one
