"""A set of questions as it was published: its rows as questions, and the fields that each row states."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from medspatial.datasets.formats import detect_format, import_questions
from medspatial.datasets.formats.base import refuse_idle
from medspatial.datasets.formats.mapping import Mapped
from medspatial.datasets.formats.rows import ROW
from medspatial.datasets.frozen import MANIFEST, read_frozen
from medspatial.errors import InputError
from medspatial.files import json_file
from medspatial.records import Question, read_records
from medspatial.records.encoding import open_text
from medspatial.records.table import csv_rows

OWN = "medspatial"


@dataclass(frozen=True)
class VqaSet:
    """Questions with the fields of their source.

    Attributes
    ----------
    rows
        The fields of each question's row as published, in the order of the questions.
    parts
        The split of each question, where there are several.
    licence
        What the set itself says (a frozen set); None where that is not part of the file.
    """

    name: str
    format: str
    questions: list[Question]
    rows: list[dict[str, Any]]
    parts: list[str] = field(default_factory=list)
    licence: str | None = None


def read_set(
    path: str | Path,
    format: str = "auto",
    *,
    fields: Mapped | None = None,
    split: str | None = None,
    image_root: str = "",
) -> VqaSet:
    """Read questions of our own form, a frozen set, or any format of `medspatial.datasets.formats`.

    Raises
    ------
    InputError
        A format that cannot be told or read; a row with its place, field and value; no row at all.
    """
    path = Path(path)
    if format == "auto" and path.is_dir() and (path / MANIFEST).is_file():
        refuse_idle("frozen", fields, split)
        return _frozen(path)
    chosen = detect_format(path) if format == "auto" else format
    refuse_idle(chosen, fields, split)
    if chosen == OWN:
        questions = read_records(path, Question).rows
        rows = list(_own_rows(path))
    else:
        found = import_questions(path, chosen, fields=fields, split=split, image_root=image_root)
        questions = list(found)
        rows = [one.metadata.get(ROW) or {} for one in questions]
    if not questions:
        raise InputError(f"{path}: holds no question")
    return VqaSet(path.name, chosen, questions, rows)


def _frozen(folder: Path) -> VqaSet:
    parts = read_frozen(folder)
    questions = [one for rows in parts.values() for one in rows]
    if not questions:
        raise InputError(f"{folder}: holds no question")
    names = [name for name, rows in parts.items() for _ in rows]
    facts = json_file(folder / MANIFEST)
    return VqaSet(
        str(facts.get("name") or folder.name),
        "frozen",
        questions,
        [json.loads(one.to_json()) for one in questions],
        names,
        facts.get("license"),
    )


def _own_rows(path: Path) -> Iterator[dict[str, Any]]:
    """Yield the rows as they stand in the file, before missing identities are filled in."""
    with open_text(path) as stream:
        if path.suffix.lower() == ".csv":
            yield from (
                {name: cell for name, cell in cells.items() if cell} for _, cells in csv_rows(stream, path)
            )
        else:
            yield from (json.loads(line) for line in stream if line.strip())
