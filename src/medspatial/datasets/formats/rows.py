"""Rows of CSV and JSONL files as dictionaries, one at a time, and back."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from medspatial.errors import InputError
from medspatial.files import ordinary_file, whole_text
from medspatial.records import Question
from medspatial.records.table import csv_rows, json_value

ROW = "row"
"""Key of a question's metadata that holds the fields of its source."""


def read_rows(path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield (place for messages, row) of a ``.csv`` or ``.jsonl`` file.

    Raises
    ------
    InputError
        Missing or unreadable file, or a line that is no object.
    """
    try:
        with ordinary_file(path).open(encoding="utf-8-sig", newline="") as stream:
            if path.suffix.lower() == ".csv":
                for number, cells in csv_rows(stream, path):
                    yield f"{path}:{number}", cells
                return
            for number, line in enumerate(stream, start=1):
                if line.strip():
                    yield f"{path}:{number}", _object(f"{path}:{number}", line)
    except FileNotFoundError:
        raise InputError(f"{path}: no such file") from None
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: cannot be read: {error}") from None


def write_csv(path: Path, rows: Iterable[dict[str, Any]], columns: Sequence[str]) -> Path:
    """Write rows under a fixed head, whole or not at all."""
    with whole_text(path) as stream:
        writer = csv.DictWriter(stream, columns, lineterminator="\n", extrasaction="ignore", restval="")
        writer.writeheader()
        writer.writerows(rows)
    return path


def needed(where: str, row: dict[str, Any], *names: str) -> str:
    """Return the text of the first field that is there.

    Raises
    ------
    InputError
        None of them is, or it is empty.
    """
    for name in names:
        value = row.get(name)
        if value is not None and str(value).strip():
            return str(value)
    raise InputError(f"{where}: field '{names[0]}' is required")


def question(where: str, **fields: Any) -> Question:
    """Build a question; a broken rule names the row.

    Raises
    ------
    InputError
        With row, field and rule.
    """
    try:
        return Question(**fields)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        name = ".".join(str(part) for part in first["loc"])
        raise InputError(f"{where}: field '{name}': {first['msg'].removeprefix('Value error, ')}") from None


def options_of(
    row: dict[str, Any], names: Sequence[str], absent: Sequence[str] = ("", "-")
) -> tuple[str, ...]:
    """Return the choices of a row; empty where they are absent or repeat each other."""
    choices = [str(row.get(name, "")).strip() for name in names]
    choices = [one for one in choices if one not in absent]
    return tuple(choices) if len(set(choices)) == len(choices) else ()


def _object(where: str, line: str) -> dict[str, Any]:
    try:
        row = json_value(line)
    except json.JSONDecodeError as error:
        raise InputError(f"{where}: not JSON: {error.msg}") from None
    if not isinstance(row, dict):
        raise InputError(f"{where}: must be an object, got {type(row).__name__}")
    return row
