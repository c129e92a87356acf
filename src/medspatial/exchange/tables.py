"""Tables of predictions with fields of any name: JSON, JSONL, CSV with comma, tab or semicolon, Excel."""

from __future__ import annotations

import ast
import csv
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from medspatial.errors import InputError, require
from medspatial.exchange.results import LETTERS, ForeignResults, identity, options_and_answer
from medspatial.files import ordinary_file
from medspatial.records import PACKING_FAULTS, open_text, unpacked
from medspatial.records.table import csv_rows, json_value

TABLE_SUFFIXES = (".csv", ".tsv", ".txt", ".json", ".jsonl", ".xlsx")
OURS = ("question", "answer", "prediction", "model", "category", "options", "correct")
# Names of other tools for our fields, in lower case, the likeliest first.
_THEIRS = {
    "question": ("question", "prompt", "input", "query", "instruction"),
    "answer": (
        "answer",
        "target",
        "reference",
        "ground_truth",
        "gt",
        "gold",
        "label",
        "correct_answer",
        "correct_option",
    ),
    "prediction": ("prediction", "response", "output", "model_answer", "model_response", "pred", "generated"),
    "model": ("model", "model_name"),
    "category": ("category", "l2-category", "task", "question_type", "type"),
    "options": ("options", "choices", "candidates"),
    "correct": ("correct", "hit", "is_correct", "acc"),
}
_WORDS = {
    "true": True,
    "false": False,
    "1": True,
    "0": False,
    "1.0": True,
    "0.0": False,
    "yes": True,
    "no": False,
}


def read_table(
    path: Path, *, fields: Mapping[str, str], patient: str | None, model: str | None
) -> ForeignResults:
    """Read a table of predictions.

    Parameters
    ----------
    fields
        Names of theirs by ours (`OURS`), where the usual ones do not fit; heads count without case.

    Raises
    ------
    InputError
        No question, answer or prediction in a row; with file and row, and the names that were looked for.
    """
    found = ForeignResults()
    for where, row in table_rows(path):
        lower = {str(name).strip().lower(): value for name, value in row.items()}
        item = {ours: _value(lower, ours, fields) for ours in OURS}
        if item["prediction"] is None and _is_empty(lower, fields):
            item["prediction"] = ""
            found.notes["a prediction is empty: counted as not answered"] += 1
        for ours in ("question", "answer", "prediction"):
            if item[ours] is None:
                looked = fields.get(ours) or " or ".join(_THEIRS[ours])
                raise InputError(
                    f"{where}: has no {ours} (looked for {looked}; name it with --field {ours}=THEIRS)"
                )
            if not isinstance(item[ours], str | int | float):
                raise InputError(f"{where}: {ours} must be text, got {type(item[ours]).__name__}")
        options = _options(lower, item["options"], where)
        ready = {
            **identity(row, fallback=where, patient=patient, notes=found.notes),
            "question": str(item["question"]),
            **options_and_answer(options, str(item["answer"])),
            "prediction": str(item["prediction"]),
            "model": str(item["model"] or model or path.name.partition(".")[0]),
            "category": None if item["category"] is None else str(item["category"]),
        }
        correct = _truth(item["correct"], where)
        found.add(where, ready, {} if correct is None else {"given": correct})
    return found


def table_rows(path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield (place, row) of a table of any of the suffixes."""
    suffix = unpacked(path).suffix.lower()
    ordinary_file(path)
    try:
        if suffix == ".xlsx":
            yield from _excel(path)
        elif suffix == ".json":
            yield from _json(path)
        elif suffix == ".jsonl":
            with open_text(path) as lines:
                for number, line in enumerate(lines, start=1):
                    if line.strip():
                        yield f"{path}:{number}", _object(json_value(line), f"{path}:{number}")
        else:
            with open_text(path) as lines:
                head = lines.readline()
                lines.seek(0)
                for number, cells in csv_rows(lines, path, delimiter=_delimiter(head)):
                    yield f"{path}:{number}", dict(cells)
    except json.JSONDecodeError as error:
        raise InputError(f"{path}: not JSON: {error.msg} (line {error.lineno})") from None
    except (OSError, UnicodeDecodeError, *PACKING_FAULTS) as error:
        raise InputError(f"{path}: cannot be read: {error}") from None


def _delimiter(head: str) -> str:
    """The mark that parts the most names of the head."""
    return max(",\t;", key=lambda mark: len(next(csv.reader([head], delimiter=mark), [])))


def _json(path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    with open_text(path) as text:
        data = json_value(text.read())
    if isinstance(data, dict):  # a list inside an envelope, or rows by their id
        lists = [value for value in data.values() if isinstance(value, list) and value]
        rows = list(data.values()) if all(isinstance(one, dict) for one in data.values()) else None
        data = lists[0] if len(lists) == 1 and isinstance(lists[0][0], dict) else rows
    if not isinstance(data, list):
        raise InputError(f"{path}: must hold one list of objects")
    for number, row in enumerate(data, start=1):
        yield f"{path}: row {number}", _object(row, f"{path}: row {number}")


def _excel(path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    openpyxl = require("openpyxl", "exchange")
    book = openpyxl.load_workbook(path, read_only=True, data_only=True)
    try:
        rows = book.active.iter_rows(values_only=True)
        names = [str(name) for name in next(rows, ())]
        for number, cells in enumerate(rows, start=2):
            if any(cell is not None for cell in cells):
                yield f"{path}:{number}", dict(zip(names, cells, strict=False))
    finally:
        book.close()


def _object(row: Any, where: str) -> dict[str, Any]:
    if not isinstance(row, dict):
        raise InputError(f"{where}: must be an object, got {type(row).__name__}")
    return row


def _value(lower: Mapping[str, Any], ours: str, fields: Mapping[str, str]) -> Any:
    names = (fields[ours].lower(),) if ours in fields else _THEIRS[ours]
    return next((lower[name] for name in names if lower.get(name) not in (None, "")), None)


def _is_empty(lower: Mapping[str, Any], fields: Mapping[str, str]) -> bool:
    """Whether a field of predictions is there and holds an empty text: the model said nothing."""
    names = (fields["prediction"].lower(),) if "prediction" in fields else _THEIRS["prediction"]
    return any(lower.get(name) == "" for name in names)


def _options(lower: Mapping[str, Any], given: Any, where: str) -> list[str]:
    """Options as a list, as an object by letter, as text of a list, or as columns A, B, C, ..."""
    if isinstance(given, str):
        try:
            given = ast.literal_eval(given.strip()) if given.strip()[:1] in ("[", "{") else None
        except (ValueError, TypeError, SyntaxError, RecursionError, MemoryError):
            raise InputError(f"{where}: options must be a list, got {given!r}") from None
    if isinstance(given, dict):
        given = list(given.values())
    if isinstance(given, list):
        return [str(one) for one in given]
    columns = [lower.get(letter.lower()) for letter in LETTERS]
    count = next((k for k, value in enumerate(columns) if value in (None, "")), len(columns))
    return [str(one) for one in columns[:count]]


def _truth(value: Any, where: str) -> bool | None:
    if value is None or isinstance(value, bool):
        return value
    word = str(value).strip().lower()
    if word not in _WORDS:
        raise InputError(f"{where}: a verdict must be 0 or 1, true or false, got {value!r}")
    return _WORDS[word]
