"""Reviewers' verdicts: JSONL, or a CSV form that is filled in by hand."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path

from pydantic import Field

from medspatial.errors import InputError
from medspatial.questions.curate.review.assign import ReviewItem
from medspatial.records import Record, read_records

_YES = frozenset({"yes", "y", "true", "1"})
_NO = frozenset({"no", "n", "false", "0"})
_SHOWN = ("item", "case_id", "question", "answer", "options", "quote")


class ReviewVerdict(Record):
    """One reviewer on one item; a criterion left open is not in ``verdicts``."""

    item: str = Field(min_length=1)
    reviewer: str = Field(min_length=1)
    verdicts: dict[str, bool] = Field(default_factory=dict)
    note: str = ""


def write_form(path: str | Path, items: Sequence[ReviewItem], criteria: Sequence[str]) -> Path:
    """Write a CSV form: what is reviewed, an empty cell per criterion (yes or no), and a note."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow([*_SHOWN, *criteria, "note"])
        for one in items:
            shown = [
                one.item,
                one.case_id,
                one.question,
                one.answer,
                " | ".join(one.options),
                one.quote or "",
            ]
            writer.writerow([*shown, *([""] * len(criteria)), ""])
    return path


def read_verdicts(path: str | Path, *, reviewer: str | None = None) -> list[ReviewVerdict]:
    """Read verdicts: JSONL rows, or a filled form (``reviewer`` is then the file's stem unless given).

    Raises
    ------
    InputError
        Missing file, an item twice, or a cell that is neither yes nor no, with its line and column.
    """
    path = Path(path)
    if path.suffix.lower() == ".csv":
        return _form(path, reviewer or path.stem)
    rows = read_records(path, ReviewVerdict).rows
    _unique(path, rows)
    return rows


def _form(path: Path, reviewer: str) -> list[ReviewVerdict]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as stream:
            reader = csv.DictReader(stream)
            if "item" not in (reader.fieldnames or ()):
                raise InputError(f"{path}: a form needs the column 'item'")
            criteria = [name for name in reader.fieldnames or () if name not in (*_SHOWN, "note")]
            rows = [
                ReviewVerdict(
                    item=cells["item"],
                    reviewer=reviewer,
                    verdicts={
                        name: yes
                        for name in criteria
                        if (yes := _cell(f"{path}:{reader.line_num}", name, cells[name])) is not None
                    },
                    note=cells.get("note") or "",
                )
                for cells in reader
            ]
    except FileNotFoundError:
        raise InputError(f"{path}: no such file") from None
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: cannot be read: {error}") from None
    _unique(path, rows)
    return rows


def _cell(where: str, name: str, text: str | None) -> bool | None:
    word = (text or "").strip().lower()
    if not word:
        return None
    if word in _YES or word in _NO:
        return word in _YES
    raise InputError(f"{where}: column '{name}': must be yes, no or empty, got {text!r}")


def _unique(path: Path, rows: Sequence[ReviewVerdict]) -> None:
    seen: set[tuple[str, str]] = set()
    for one in rows:
        key = one.item, one.reviewer
        if key in seen:
            raise InputError(f"{path}: item {one.item!r} has two verdicts of {one.reviewer!r}")
        seen.add(key)
