"""Tables of label values and names as programs write them: CSV, ITK-SNAP's labels, Slicer's colour tables."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from medspatial.errors import InputError

TABLE_SUFFIXES = (".csv", ".tsv", ".txt", ".label", ".ctbl")

_LONGEST_LABEL = 12
_VALUE_COLUMNS = ("value", "labelvalue", "labelid", "id", "index", "key", "number", "classid", "label")
_NAME_COLUMNS = ("name", "labelname", "structure", "organ", "classname", "class", "label")
# index, red, green, blue, opacity, visibility, mesh visibility, "name"
_ITK_SNAP = re.compile(r'\s*(\d+)\s+\d+\s+\d+\s+\d+\s+[\d.]+\s+[01]\s+[01]\s+"([^"]*)"\s*')
# index, name, red, green, blue, opacity; a name with spaces may stand in quotation marks
_COLOUR_TABLE = re.compile(r'(\d+)\s+"?(.+?)"?\s+\d+\s+\d+\s+\d+\s+\d+\s*')


def table_rows(text: str, path: Path) -> dict[int, str] | None:
    """Return value and name of each row but that of value 0; None where the text is no such table.

    Parameters
    ----------
    path
        Its suffix says which kinds of table are tried.

    Raises
    ------
    InputError
        A row of a CSV table whose value is no whole number, or a value that stands in two rows.
    """
    if path.suffix.lower() in (".csv", ".tsv"):
        rows = _csv_rows(text, path)
    else:
        rows = _lines(text, _ITK_SNAP) or _lines(text, _COLOUR_TABLE)
    if rows is None:
        return None
    found: dict[int, str] = {}
    for value, name in rows:
        if value in found:
            raise InputError(f"{path}: value {value} stands in two rows: {found[value]!r} and {name!r}")
        if value:
            found[value] = name
    return found or None


def _lines(text: str, form: re.Pattern[str]) -> list[tuple[int, str]] | None:
    """Return the rows where every line that is no comment has the form."""
    lines = [line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]
    matches = [form.fullmatch(line) for line in lines]
    if not lines or any(match is None for match in matches):
        return None
    return [(int(match[1]), match[2].strip()) for match in matches if match is not None]


def _csv_rows(text: str, path: Path) -> list[tuple[int, str]] | None:
    lines = [line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]
    if not lines:
        return None
    delimiter = max(",;\t", key=lines[0].count)
    header, *rows = csv.reader(lines, delimiter=delimiter)
    columns = _columns(header)
    if columns is None:
        return None
    value, name = columns
    if not any(len(row) > value and _is_label(row[value]) for row in rows):
        return None  # a table of something else, such as classes of patients
    return list(_numbered(rows, value, name, path))


def _numbered(rows: Sequence[list[str]], value: int, name: int, path: Path) -> Iterator[tuple[int, str]]:
    for row in rows:
        if len(row) <= max(value, name) or not _is_label(row[value]):
            raise InputError(f"{path}: a row needs a whole number and a name, got {row}")
        if row[name].strip():
            yield int(row[value]), row[name].strip()


def _is_label(text: str) -> bool:
    return text.strip().isdecimal() and len(text) < _LONGEST_LABEL


def _columns(header: Sequence[str]) -> tuple[int, int] | None:
    """Return the places of value and name in a header, else None."""
    names = [re.sub(r"[^a-z]", "", one.lower()) for one in header]
    value = next((names.index(one) for one in _VALUE_COLUMNS if one in names), None)
    name = next(
        (names.index(one) for one in _NAME_COLUMNS if one in names and names.index(one) != value), None
    )
    return None if value is None or name is None else (value, name)
