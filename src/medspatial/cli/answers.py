"""Predictions as ``medspatial score`` takes them: each row with its model, none counted twice."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import typer

from medspatial.errors import InputError
from medspatial.predict import read_failures
from medspatial.records import Loaded, Prediction, Repeat, read_records

_SHOWN = 5


def read_answers(path: Path, model_name: str | None = None) -> list[Prediction]:
    """Read a file of predictions and the failures beside it.

    Rows without a field ``model`` get the file's name without its ending, as `medspatial plot` names models.
    A row without an id of its own that repeats case, question, model and prediction of an earlier row is
    left out; such rows, and those that answer a question again in other words, are told on standard error.

    Parameters
    ----------
    model_name
        The model of all rows, whatever they or the file's name say.

    Raises
    ------
    InputError
        No rows at all; ``model_name`` for rows of several models.
    """
    loaded = read_records(path, Prediction)
    answers = _named(path, _without_repeats(path, loaded) + read_failures(path), model_name)
    if not answers:
        raise InputError(f"{path}: holds no predictions")
    return answers


def _named(path: Path, rows: Sequence[Prediction], model_name: str | None) -> list[Prediction]:
    stated = {row.model for row in rows if _states_model(row)}
    if model_name is None:
        return [row if _states_model(row) else _of_model(row, path.stem) for row in rows]
    if not model_name.strip():
        raise InputError(f"--model-name: must not be blank, got {model_name!r}")
    if len(stated) > 1:
        names = ", ".join(sorted(stated))
        raise InputError(f"--model-name: {path} holds rows of {len(stated)} models ({names}), not of one")
    return [_of_model(row, model_name) for row in rows]


def _states_model(row: Prediction) -> bool:
    return "model" in row.model_fields_set and bool(row.model)


def _of_model(row: Prediction, name: str) -> Prediction:
    return row.model_copy(update={"model": name})


def _without_repeats(path: Path, loaded: Loaded[Prediction]) -> list[Prediction]:
    known: dict[int, set[str | None]] = {}
    same: list[Repeat] = []
    other: list[Repeat] = []
    for repeat in loaded.repeats:
        given = known.setdefault(repeat.first_row, {loaded.rows[repeat.first_row].prediction})
        text = loaded.rows[repeat.row].prediction
        (same if text in given else other).append(repeat)
        given.add(text)
    _tell(
        path, same, "repeat case, question, model and prediction of an earlier row and are not counted again"
    )
    _tell(
        path, other, "answer an earlier row's question in other words; each counts as a question of its own"
    )
    left_out = {repeat.row for repeat in same}
    return [row for place, row in enumerate(loaded.rows) if place not in left_out]


def _tell(path: Path, repeats: Sequence[Repeat], what: str) -> None:
    if repeats:
        lines = [f"line {one.line} (as line {one.first_line})" for one in repeats[:_SHOWN]]
        more = [f"{len(repeats) - _SHOWN} more"] if len(repeats) > _SHOWN else []
        typer.echo(f"{path}: {len(repeats)} rows {what}: {', '.join(lines + more)}", err=True)
