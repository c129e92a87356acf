"""How many words answers have: references of a question file, and predictions joined to them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from medspatial.compare.reports import model_name, read_rows
from medspatial.errors import InputError
from medspatial.records import volume_name

REFERENCE = "reference"


@dataclass
class AnswerWords:
    """Words per answer.

    Attributes
    ----------
    by_group
        ``reference`` first, then each model: number of white-space separated words of each answer.
    failed, foreign
        Per model: rows without an answer because the run failed, and rows about no question of the file.
        Neither is counted.
    """

    by_group: dict[str, list[int]] = field(default_factory=dict)
    failed: dict[str, int] = field(default_factory=dict)
    foreign: dict[str, int] = field(default_factory=dict)


def answer_words(
    dataset: str | Path, predictions_dir: str | Path, pattern: str, *, aside: tuple[str, ...] = ()
) -> AnswerWords:
    """Count words of the reference answers and of every prediction file that matches a pattern.

    Predictions are joined to the questions by ``id``, else by volume name and question text, never by
    row. A model is the row's ``model``, else the part of the file name that the pattern's ``*`` stands for.

    Parameters
    ----------
    dataset
        Questions: JSONL, a JSON list, or JSON of cases with ``qa_pairs``; plain or gzip.
    aside
        Endings of files that hold no answers, whatever the pattern says.

    Raises
    ------
    InputError
        A file cannot be read, no file matches, a row lacks a field, or no row fits a question.
    """
    dataset, folder = Path(dataset), Path(predictions_dir)
    if not dataset.is_file():
        raise InputError(f"{dataset}: no such file")
    keys: set[Any] = set()
    found = AnswerWords(by_group={REFERENCE: []})
    for where, row in _questions(dataset):
        if not isinstance(row.get("answer"), str):
            raise InputError(f"{where}: field 'answer': must be a text; got {row.get('answer')!r}")
        found.by_group[REFERENCE].append(len(row["answer"].split()))
        keys.update(_keys(row))
    matching = folder.glob(pattern) if folder.is_dir() else ()
    paths = sorted(path for path in matching if path.is_file() and not path.name.endswith(aside))
    if not paths:
        raise InputError(f"{folder}: no file matches {pattern!r}")
    for path in paths:
        _count(path, model_name(path.name, pattern), keys, found)
    if not any(words for group, words in found.by_group.items() if group != REFERENCE):
        raise InputError(f"{folder}: no prediction is about a question of {dataset}")
    return found


def _count(path: Path, name: str, keys: set[Any], found: AnswerWords) -> None:
    for number, row in read_rows(path):
        model = str(row.get("model") or name)
        if "prediction" not in row and row.get("status") != "failed":
            raise InputError(f"{path}:{number}: needs a field 'prediction'; fields: {sorted(row)}")
        words = found.by_group.setdefault(model, [])
        if not keys & set(_keys(row)):
            found.foreign[model] = found.foreign.get(model, 0) + 1
        elif row.get("prediction") is None:
            found.failed[model] = found.failed.get(model, 0) + 1
        else:
            words.append(len(str(row["prediction"]).split()))


def _questions(path: Path) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Rows of a question file with their place; the field's nested form is laid flat."""
    for number, row in read_rows(path):
        nested = {
            case: value for case, value in row.items() if isinstance(value, dict) and "qa_pairs" in value
        }
        if not nested:
            yield f"{path}:{number}", row
        for case, value in nested.items():
            for place, pair in enumerate(value["qa_pairs"], start=1):
                yield f"{path}: case {case}, pair {place}", {"case_id": case, **pair}


def _keys(row: Mapping[str, Any]) -> Iterator[Any]:
    """What a row can be joined by."""
    if row.get("id"):
        yield str(row["id"])
    for field_name in ("case_id", "image_path"):
        if row.get(field_name) and row.get("question"):
            yield volume_name(str(row[field_name])), " ".join(str(row["question"]).split())
