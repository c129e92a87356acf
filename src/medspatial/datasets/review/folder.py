"""The folder of a review: key and forms; a form that is there is never written over."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from medspatial.datasets.review.assign import Assignment
from medspatial.datasets.review.key import KEY_FILE, ReviewKey, read_key, write_key
from medspatial.datasets.review.verdicts import read_verdicts, write_form
from medspatial.errors import InputError
from medspatial.records import open_text, write_records

VERDICTS_SUFFIX = ".verdicts.jsonl"  # of a reviewer who judges in the browser
ADJUDICATED_FILE = "adjudicated.jsonl"


@dataclass(frozen=True)
class FormState:
    """One reviewer's form: how many items, and how it stands, in words."""

    reviewer: str
    items: int
    form: str


def write_assignments(
    folder: str | Path, assignment: Assignment, *, start_anew: bool = False
) -> list[FormState]:
    """Write the key, and per reviewer a form (``<reviewer>.csv``) and its items (``<reviewer>.jsonl``).

    Where the folder holds this very assignment, its forms stay and only missing files are written.

    Parameters
    ----------
    start_anew
        Move the key and all forms of an earlier assignment to ``earlier-N`` inside the folder, where they
        are a review of their own, and write fresh ones.

    Raises
    ------
    InputError
        The folder holds another assignment, or forms without a key, and ``start_anew`` is not given.
    """
    folder = Path(folder)
    _make_room(folder, assignment, start_anew)
    write_key(folder, assignment.review_key())
    return [_written(folder, name, assignment) for name in assignment.items]


def _make_room(folder: Path, assignment: Assignment, start_anew: bool) -> None:
    old, found = _found(folder, assignment.items)
    if start_anew:
        _set_aside(folder, found)
        return
    ways = "write elsewhere, or start anew with --start-anew, which keeps the forms in a folder of their own"
    if old is not None and (told := old.differences(assignment.review_key())):
        raise InputError(f"{folder}: holds another assignment ({told}); {ways}")
    if old is None and found:
        names = ", ".join(path.name for path in found)
        raise InputError(f"{folder}: holds {names} but no {KEY_FILE}, so whose they are is not known; {ways}")


def _found(folder: Path, reviewers: Iterable[str]) -> tuple[ReviewKey | None, list[Path]]:
    """Return the key in a folder and the files of its review, without it those that would be written over."""
    old = read_key(folder) if (folder / KEY_FILE).exists() else None
    names = dict.fromkeys(reviewers) | dict.fromkeys(old.reviewers if old else ())
    if old is not None and not old.reviewers:
        names |= dict.fromkeys(path.stem for path in sorted(folder.glob("*.csv")) if _is_form(path))
    paths = [folder / f"{name}{ending}" for name in names for ending in (".csv", ".jsonl", VERDICTS_SUFFIX)]
    return old, [path for path in (folder / KEY_FILE, *paths, folder / ADJUDICATED_FILE) if path.exists()]


def _is_form(path: Path) -> bool:
    try:
        with open_text(path) as stream:
            return "item" in next(csv.reader(stream), [])
    except (InputError, UnicodeDecodeError, csv.Error):
        return False


def _set_aside(folder: Path, paths: Iterable[Path]) -> None:
    number = 1
    while (aside := folder / f"earlier-{number}").exists():
        number += 1
    for path in paths:
        aside.mkdir(exist_ok=True)
        path.rename(aside / path.name)


def _written(folder: Path, name: str, assignment: Assignment) -> FormState:
    items, form, rows = assignment.items[name], folder / f"{name}.csv", folder / f"{name}.jsonl"
    if not rows.exists():
        write_records(rows, items)
    if form.exists():
        return FormState(name, len(items), _kept(form))
    write_form(form, items, assignment.criteria)
    return FormState(name, len(items), "written")


def _kept(form: Path) -> str:
    try:
        verdicts = read_verdicts(form)
    except InputError as error:  # the reviewer's to mend; the form stays as it is all the same
        return f"kept, cannot be read yet: {error}"
    return f"kept, {sum(bool(one.verdicts) for one in verdicts)} items with verdicts"
