"""Reading and writing records: JSONL and CSV, with file, line, field, rule and value in every error."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Generic, Self, TypeVar

from pydantic import ValidationError
from pydantic_core import from_json

from medspatial.errors import InputError
from medspatial.files import shortened, whole_text
from medspatial.records.base import Record, lean
from medspatial.records.case import Case
from medspatial.records.encoding import PACKING_FAULTS, open_text, unpacked
from medspatial.records.identity import same_path, shared_names, with_case_id
from medspatial.records.question import Item, without_suffix
from medspatial.records.table import DOUBLED, DoubledKey, csv_rows, json_value

R = TypeVar("R", bound=Record)
_RULE_CHARS = 500


@dataclass(frozen=True)
class RowError:
    """One bad row: where it stands and which rule its field breaks."""

    file: str
    line: int
    field: str
    rule: str
    value: str

    def __str__(self) -> str:
        what = f"field '{self.field}': " if self.field else ""
        got = f"; got {self.value}" if self.value else ""
        return f"{self.file}:{self.line}: {what}{self.rule}{got}"


@dataclass(frozen=True)
class Repeat:
    """A row without a given id that asks what an earlier one asks: lines and places (from 0) of both."""

    line: int
    row: int
    first_line: int
    first_row: int


@dataclass
class Loaded(Generic[R]):
    """The good rows of a file, the bad ones that were skipped, and which rows repeat an earlier one."""

    rows: list[R] = field(default_factory=list)
    skipped: list[RowError] = field(default_factory=list)
    repeats: list[Repeat] = field(default_factory=list)

    def __iter__(self) -> Iterator[R]:
        return iter(self.rows)

    def __len__(self) -> int:
        return len(self.rows)


def read_records(path: str | Path, kind: type[R], *, keep_going: bool = False) -> Loaded[R]:
    """Read a ``.jsonl`` or ``.csv`` file of records into memory; see `iter_records`.

    Parameters
    ----------
    keep_going
        Skip bad rows and return them in ``skipped`` instead of raising at the first.

    Raises
    ------
    InputError
        Missing or unreadable file, or the first bad row.
    """
    loaded: Loaded[R] = Loaded()
    skipped = loaded.skipped if keep_going else None
    loaded.rows.extend(iter_records(path, kind, skipped=skipped, repeats=loaded.repeats))
    return loaded


def iter_records(
    path: str | Path,
    kind: type[R],
    *,
    skipped: list[RowError] | None = None,
    repeats: list[Repeat] | None = None,
) -> Iterator[R]:
    """Yield the records of a ``.jsonl`` or ``.csv`` file one by one; only their identities are kept.

    Rows without an ``id`` get one from their content; a row that repeats an earlier one gets a
    numbered id, so that none is lost. A ``case_id`` of cases, and an ``id`` that is given, must be unique.
    In CSV, list-like cells are JSON and empty cells are absent.

    Parameters
    ----------
    skipped
        Gets the bad rows, which are left out; None raises at the first.
    repeats
        Gets the places of rows that repeat an earlier one.

    Raises
    ------
    InputError
        Missing or unreadable file, or the first bad row.
    """
    path = Path(path)
    seen = _Seen([] if repeats is None else repeats)
    by_path = ids_of_paths(path) if issubclass(kind, Item) else {}
    for line, raw in _raw_rows(path):
        try:
            row = seen.distinct(path, line, raw, parse_row(path, line, raw, kind, by_path))
        except BadRow as bad:
            if skipped is None:
                raise InputError(str(bad.error)) from None
            skipped.append(bad.error)
        else:
            yield row


def write_records(path: str | Path, records: Iterable[Record]) -> Path:
    """Write records as JSONL through a temporary file, so that the path never holds half of them.

    Raises
    ------
    InputError
        The path is a folder.
    """
    path = Path(path)
    if path.is_dir():
        raise InputError(f"{path}: is a folder, the name of a file is needed")
    with whole_text(path) as stream:
        stream.writelines(record.to_json() + "\n" for record in records)
    return path


class RecordAppender:
    """Append records to a JSONL file, each line flushed as soon as it is whole."""

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self._stream = self.path.open("a", encoding="utf-8", newline="\n")

    def append(self, *records: Record) -> None:
        """Write the records and hand them to the operating system."""
        self._stream.write("".join(record.to_json() + "\n" for record in records))
        self._stream.flush()

    def close(self) -> None:
        """Force the file to disk and close it."""
        self._stream.flush()
        os.fsync(self._stream.fileno())
        self._stream.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class BadRow(Exception):
    """A row that breaks a rule."""

    def __init__(self, error: RowError) -> None:
        super().__init__(str(error))
        self.error = error


def _raw_rows(path: Path) -> Iterator[tuple[int, str | dict[str, Any]]]:
    """Yield (line number, JSON text or CSV cells)."""
    try:
        with open_text(path) as stream:
            if unpacked(path).suffix.lower() == ".csv":
                yield from csv_rows(stream, path)
            else:
                for line, text in enumerate(stream, start=1):
                    if text.strip():
                        yield line, text
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: not UTF-8 text (byte {error.start}: {error.reason})") from None
    except PACKING_FAULTS as error:
        raise InputError(f"{path}: the gzip file is damaged or ends early ({error})") from None


def ids_of_paths(path: Path) -> dict[str, str]:
    """Return the case ids of images whose file names several rows without a case id share."""
    images = []
    for _, raw in _raw_rows(path):
        if isinstance(raw, str):
            if '"image_path"' not in raw or '"case_id"' in raw:
                continue  # told cheaply: most files give their cases
            try:
                row = json_value(raw)
            except json.JSONDecodeError:
                continue  # told when the row is read
        else:
            row = raw
        image = row.get("image_path") if isinstance(row, dict) and not row.get("case_id") else None
        if isinstance(image, str) and image:
            images.append(image)
    try:
        return shared_names(images)
    except InputError as error:
        raise InputError(f"{path}: {error}") from None


def parse_row(path: Path, line: int, raw: str | dict[str, Any], kind: type[R], by_path: dict[str, str]) -> R:
    """Return the record of a line of JSON or the cells of a table; a bad one raises `BadRow`."""
    return lean(passing_row(path, line, raw, kind, by_path))


def passing_row(
    path: Path, line: int, raw: str | dict[str, Any], kind: type[R], by_path: dict[str, str]
) -> R:
    """Do as `parse_row`, for a record that is not kept."""
    try:
        if isinstance(raw, dict):
            return kind.model_validate(with_case_id(_csv_values(raw, kind), by_path))
        row = kind.model_validate_json(raw)
        data = json_value(raw)  # pydantic takes the last of two fields of one name
        told = with_case_id(data, by_path) if by_path else data
        return row if told is data else kind.model_validate_json(json.dumps(told))
    except DoubledKey as error:
        raise BadRow(RowError(str(path), line, shortened(error.name), DOUBLED, "")) from None
    except json.JSONDecodeError as error:
        raise BadRow(RowError(str(path), line, "", error.msg, "")) from None
    except ValidationError as error:
        raise BadRow(_first_error(path, line, error)) from None


def _csv_values(cells: dict[str, Any], kind: type[Record]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for name, text in cells.items():
        if name is None or text in (None, ""):
            continue
        annotation = str(kind.model_fields[name].annotation) if name in kind.model_fields else "str"
        structured = any(word in annotation for word in ("tuple", "dict", "Evidence"))
        if structured:
            try:
                value = json_value(text)
                from_json(text)  # refuses what is nested deeper than a line of JSONL can be read again
            except ValueError:
                value = text  # validation then names the field and the value, or takes it as a bare path
            values[name] = value if value is None or isinstance(value, list | dict) else text
        else:
            values[name] = text
    return values


def _first_error(path: Path, line: int, error: ValidationError) -> RowError:
    first = error.errors(include_url=False)[0]
    location = shortened(".".join(str(part) for part in first["loc"]))
    rule = shortened(first["msg"].removeprefix("Value error, "), _RULE_CHARS)
    if first["type"] == "extra_forbidden":
        rule = "unknown field; put further data under 'metadata'"
    if first["type"] == "missing":
        return RowError(str(path), line, location, "is required", "")
    value = "" if first["type"] == "value_error" and not location else _shown(first.get("input"))
    return RowError(str(path), line, location, rule, value)


def _shown(value: Any) -> str:
    return shortened(repr(value).strip())


class _Seen:
    """Identities met so far in one file; a repeated one is numbered and noted where no id was given."""

    def __init__(self, repeats: list[Repeat]) -> None:
        self._repeats = repeats
        self._first: dict[str, tuple[int, int]] = {}  # line, place
        self._times: dict[str, int] = {}  # of those met more than once
        self._rows = 0
        self._paths: dict[str, tuple[str, int]] = {}  # image and line of each case

    def distinct(self, path: Path, line: int, raw: str | dict[str, Any], row: R) -> R:
        if isinstance(row, Case):
            self._check_only(path, line, row)
            return row
        if not isinstance(row, Item):
            return row
        same_case_image(self._paths, path, line, row)
        here, key = (line, self._rows), _identity(row, row.id)
        first_line, first_row = self._first.setdefault(key, here)
        if first_line != line:
            given = json.loads(raw).get("id") if isinstance(raw, str) else raw.get("id")
            if given:
                rule = "must be unique in its file"
                raise BadRow(RowError(str(path), line, "id", rule, _shown(given)))
            number = self._times.get(key, 1) + 1
            while self._first.setdefault(_identity(row, f"{row.id}-{number}"), here) != here:
                number += 1  # a row before this one was given that id
            self._times[key] = number
            row = row.model_copy(update={"id": f"{row.id}-{number}"})
            self._repeats.append(Repeat(line, self._rows, first_line, first_row))
        self._rows += 1
        return row

    def _check_only(self, path: Path, line: int, case: Case) -> None:
        """Refuse a case whose id an earlier line has."""
        first, _ = self._first.setdefault(case.case_id, (line, self._rows))
        if first != line:
            rule = f"must be unique in its file (first in line {first})"
            raise BadRow(RowError(str(path), line, "case_id", rule, _shown(case.case_id)))


def _identity(row: Item, name: str) -> str:
    return "\t".join((name, getattr(row, "model", ""), getattr(row, "arm", ""), getattr(row, "metric", "")))


def same_case_image(known: dict[str, tuple[str, int]], path: Path, line: int, row: Item) -> None:
    """Refuse two images under one case id: one of the patients would be shown for both.

    The suffix of an image tells no case from another (``c`` and ``c.nii.gz``): it enters no question's id.

    Parameters
    ----------
    known
        Image and line of each case so far; the row is entered.
    """
    if row.image_path is None:
        return
    first, at = known.setdefault(without_suffix(row.case_id), (row.image_path, line))
    if not same_path(first, row.image_path):
        rule = f"case {row.case_id!r} has another image in line {at}: {first}"
        raise BadRow(RowError(str(path), line, "image_path", rule, _shown(row.image_path)))
