"""Reviewers' verdicts: JSONL, or a CSV form that is filled in by hand."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path

from pydantic import Field

from medspatial.datasets.review.assign import ReviewItem
from medspatial.errors import InputError
from medspatial.files import whole_text
from medspatial.records import Record, open_text, read_records
from medspatial.records.table import checked_columns, csv_rows

_YES = frozenset({"yes", "y", "true", "1"})
_NO = frozenset({"no", "n", "false", "0"})
_SHOWN = ("item", "reviewer", "case_id", "question", "answer", "options", "quote")


class ReviewVerdict(Record):
    """One reviewer on one item; a criterion left open is not in ``verdicts``."""

    item: str = Field(min_length=1)
    reviewer: str = Field(min_length=1)
    verdicts: dict[str, bool] = Field(default_factory=dict)
    note: str = ""


def write_form(path: str | Path, items: Sequence[ReviewItem], criteria: Sequence[str]) -> Path:
    """Write a CSV form: what is reviewed, an empty cell per criterion (yes or no), and a note.

    The file's stem is the reviewer; it stands in each row too, so that a renamed copy is still theirs.
    """
    path = Path(path)
    with whole_text(path) as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow([*_SHOWN, *criteria, "note"])
        for one in items:
            shown = [
                one.item,
                path.stem,
                one.case_id,
                one.question,
                one.answer,
                " | ".join(one.options),
                one.quote or "",
            ]
            writer.writerow([*shown, *([""] * len(criteria)), ""])
    return path


def gather_verdicts(paths: Sequence[str | Path]) -> list[ReviewVerdict]:
    """Read the verdicts of several files, each verdict once.

    Raises
    ------
    InputError
        As `read_verdicts`; a file twice; two files with a verdict of one reviewer on one item.
    """
    given: list[ReviewVerdict] = []
    source: dict[tuple[str, str], Path] = {}
    seen: set[Path] = set()
    for path in map(Path, paths):
        if path.resolve() in seen:
            raise InputError(f"{path}: named twice; name each form once")
        seen.add(path.resolve())
        rows = [one for one in read_verdicts(path) if one.verdicts or one.note]
        twice = [one for one in rows if (one.item, one.reviewer) in source]
        if twice:
            first = source[twice[0].item, twice[0].reviewer]
            raise InputError(
                f"{first} and {path}: both hold verdicts of {twice[0].reviewer!r} on {len(twice)} items, "
                f"such as {twice[0].item!r}; name each form once"
            )
        source |= {(one.item, one.reviewer): path for one in rows}
        given += rows
    return given


def read_verdicts(path: str | Path, *, reviewer: str | None = None) -> list[ReviewVerdict]:
    """Read verdicts: JSONL rows, or a filled form.

    The reviewer of a form is ``reviewer``, else what its column of that name says, else the file's stem.

    Raises
    ------
    InputError
        Missing file, an item twice, or a cell that is neither yes nor no, with its line and column.
    """
    path = Path(path)
    if path.suffix.lower() == ".csv":
        return _form(path, reviewer)
    rows = read_records(path, ReviewVerdict).rows
    _unique(path, rows)
    return rows


def _form(path: Path, reviewer: str | None) -> list[ReviewVerdict]:
    try:
        with open_text(path) as stream:
            head = checked_columns(next(csv.reader(stream), []), path)
            if "item" not in head:
                raise InputError(f"{path}: a form needs the column 'item'")
            stream.seek(0)
            criteria = [name for name in head if name not in (*_SHOWN, "note")]
            rows = [
                ReviewVerdict(
                    item=cells["item"],
                    reviewer=reviewer or (cells.get("reviewer") or "").strip() or path.stem,
                    verdicts={
                        name: yes
                        for name in criteria
                        if (yes := _cell(f"{path}:{line}", name, cells[name])) is not None
                    },
                    note=cells.get("note") or "",
                )
                for line, cells in csv_rows(stream, path)
            ]
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
