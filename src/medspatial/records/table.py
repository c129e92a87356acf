"""Rows of CSV tables and JSON objects whose names are told apart: nothing is overwritten by its namesake."""

from __future__ import annotations

import csv
import json
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from medspatial.errors import InputError
from medspatial.files import cause

# The csv module refuses cells over 131,072 characters, and replies of models are longer. The limit belongs to
# the whole process; this is the largest that every platform's C long holds.
csv.field_size_limit(2**31 - 1)

DOUBLED = "stands twice in one object, and which one is meant is unclear"


class DoubledKey(json.JSONDecodeError):
    """A JSON object that says one name twice; a fault of the JSON text like any other."""

    def __init__(self, name: str) -> None:
        super().__init__(f"field '{name}' {DOUBLED}", "", 0)
        self.name = name


def csv_rows(
    lines: Iterable[str], path: Path, *, delimiter: str = ","
) -> Iterator[tuple[int, dict[str, str]]]:
    """Yield (line number, cells by column) of a table whose first row names the columns.

    Parameters
    ----------
    lines
        The open file (``newline=""``) or its lines.
    path
        Named in messages.

    Raises
    ------
    InputError
        Two columns of one name (spaces around it do not count), a row with more or fewer cells than the head,
        or text that is no CSV; with the line.
    """
    reader = csv.reader(_without_nul(lines, path), delimiter=delimiter, strict=True)
    try:
        names = checked_columns(next(reader, []), path)
        for cells in reader:
            if not cells:
                continue
            if len(cells) != len(names):
                raise InputError(
                    f"{path}:{reader.line_num}: a row needs {len(names)} cells, "
                    f"one for each column of the head; got {len(cells)}"
                )
            yield reader.line_num, dict(zip(names, cells, strict=True))
    except csv.Error as error:
        raise InputError(f"{path}:{reader.line_num}: not valid CSV: {error}") from None


def _without_nul(lines: Iterable[str], path: Path) -> Iterator[str]:
    """Yield the lines; a NUL byte is no text, and parts of a cell behind it are lost in other programs."""
    for number, line in enumerate(lines, start=1):
        if "\0" in line:
            raise InputError(f"{path}:{number}: not valid CSV: holds a NUL byte")
        yield line


def checked_columns(names: list[str], path: Path) -> list[str]:
    """Return the names of a table's columns without spaces around them.

    Raises
    ------
    InputError
        Two of one name.
    """
    bare = [name.strip() for name in names]
    doubled = [name for name, count in Counter(bare).items() if count > 1 and name]
    if doubled:
        raise InputError(
            f"{path}:1: column '{doubled[0]}' stands {bare.count(doubled[0])} times in the head, "
            "and which one is meant is unclear"
        )
    return bare


def json_value(text: str) -> Any:
    """Parse JSON; an object that says one name twice is an error instead of its last value.

    Raises
    ------
    DoubledKey
        With the name.
    json.JSONDecodeError
        Not JSON, or nested deeper than Python can follow.
    """
    try:
        return _DECODER.decode(text)
    except json.JSONDecodeError:
        raise
    except (RecursionError, ValueError) as error:  # brackets without end, a number of thousands of digits
        raise json.JSONDecodeError(f"not usable JSON ({cause(error)})", "", 0) from None


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise DoubledKey(
            next(name for name, count in Counter(name for name, _ in pairs).items() if count > 1)
        )
    return found


_DECODER = json.JSONDecoder(object_pairs_hook=_once)  # made once: half of the time of a short row
