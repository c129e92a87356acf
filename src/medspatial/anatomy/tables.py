"""Tables of label values and names as programs write them: CSV, ITK-SNAP's labels, Slicer's colour tables."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from medspatial.errors import InputError

TABLE_SUFFIXES = (".csv", ".tsv", ".txt", ".label", ".ctbl", ".lut", ".yaml", ".yml")
OWN_FORMATS = (".label", ".ctbl", ".lut")
"""Suffixes that nothing but tables of labels have."""

_LONGEST_LABEL = 12
_LONGEST_LINE = 500
_VALUE_COLUMNS = (
    *("value", "labelvalue", "pixelvalue", "voxelvalue", "maskvalue", "labelid", "labelindex", "labelnumber"),
    *("id", "index", "idx", "key", "number", "no", "classid", "classindex", "label"),
)
_NAME_COLUMNS = (
    *("name", "labelname", "structure", "structurename", "organ", "organname", "segmentname", "classname"),
    *("class", "anatomy", "region", "description", "label"),
)
# index, red, green, blue, opacity, visibility, mesh visibility, "name"
_ITK_SNAP = re.compile(r'\s*(\d{1,9})\s+\d+\s+\d+\s+\d+\s+[\d.]+\s+[01]\s+[01]\s+"([^"]*)"\s*')
# one row a line: 1 liver, 1: liver, "1" = liver; or the name first: liver = 1, with a mark between
_PLAIN = re.compile(r"""["']?(\d{1,9})["']?(?:\s*[:=,;]\s*|\s+)["']?([^\W\d][^"':=,;]*?)["']?,?\s*""")
_NAME_FIRST = re.compile(r"""["']?([^\W\d][^"':=,;]*?)["']?\s*[:=,;\t]\s*["']?(\d{1,9})["']?,?\s*""")
_YAML_HEAD = re.compile(r"---|[A-Za-z_]+:")
# index, name, red, green, blue, opacity; a name with spaces may stand in quotation marks
_COLOUR_TABLE = re.compile(r'(\d{1,9})\s+"?(.+?)"?\s+\d+\s+\d+\s+\d+\s+\d+\s*')


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
        rows = _lines(text, _ITK_SNAP) or _lines(text, _COLOUR_TABLE) or _plain_lines(text)
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
    lines = _rows(text)
    matches = [form.fullmatch(line) for line in lines]
    if not lines or any(match is None for match in matches):
        return None
    return [(int(match[1]), match[2].strip()) for match in matches if match is not None]


def _rows(text: str) -> list[str]:
    """Return the lines that are no comment; none where one is too long for a row of such a table."""
    lines = [line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]
    return lines if all(len(line) <= _LONGEST_LINE for line in lines) else []


def _plain_lines(text: str) -> list[tuple[int, str]] | None:
    """Return the rows of lines with a value and a name each, in either order; a heading may come first."""
    lines = [one.strip() for one in _rows(text)]
    while lines and _YAML_HEAD.fullmatch(lines[0]):
        lines = lines[1:]
    for form, value, name in ((_PLAIN, 1, 2), (_NAME_FIRST, 2, 1)):
        matches = [form.fullmatch(line) for line in lines]
        found = [(int(one[value]), one[name].strip()) for one in matches if one is not None]
        if found and len(found) == len(matches):
            return found
    return None


def _csv_rows(text: str, path: Path) -> list[tuple[int, str]] | None:
    lines = [line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]
    if not lines:
        return None
    delimiter = max(",;\t", key=lines[0].count)
    header, *rows = csv.reader(lines, delimiter=delimiter)
    columns = _columns(header)
    if columns is None:
        return _plain_lines(text.replace("\t", ","))
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
