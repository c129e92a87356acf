"""Predictions as ``medspatial score`` takes them: each row with its model, none counted twice."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import chain, islice
from pathlib import Path

import typer

from medspatial.cli.show import tell
from medspatial.compare.names import read_model_names, with_names
from medspatial.errors import InputError
from medspatial.exchange import read_results
from medspatial.predict import read_failures
from medspatial.records import Loaded, Prediction, Repeat, read_records, unpacked

_SHOWN = 5


def read_answers(path: Path, model_name: str | None = None) -> list[Prediction]:
    """Read a file of predictions and the failures beside it.

    Rows without a field ``model`` get the file's name without its ending, as `medspatial plot` names models.
    A row without an id of its own that repeats case, question, model and prediction of an earlier row is
    left out. Such rows, and those that answer a question again in other words, are reported on stderr.

    Parameters
    ----------
    model_name
        The model of all rows, whatever they or the file's name say.

    Raises
    ------
    InputError
        No rows at all; ``model_name`` for rows of several models.
    """
    loaded = _read(path)
    answers = _named(path, _without_repeats(path, loaded) + read_failures(path), model_name)
    if not answers:
        raise InputError(f"{path}: holds no predictions")
    return answers


def read_files(
    paths: Sequence[Path],
    model_name: str | None,
    names: Sequence[str],
    fields: Mapping[str, str],
    patient: str | None,
) -> dict[Path, list[Prediction]]:
    """Read files of predictions, ours or with fields of other names, under the models' names in tables."""
    foreign = bool(fields) or patient is not None
    read = {
        path: read_foreign_answers(path, fields, model_name, patient=patient)
        if foreign
        else read_answers(path, model_name)
        for path in paths
    }
    return named_answers(read, names)


def named_answers(
    files: Mapping[Path, list[Prediction]], names: Sequence[str]
) -> dict[Path, list[Prediction]]:
    """Give the models of files of predictions the names that they have in tables (``--names``).

    Raises
    ------
    InputError
        A name for a model that no file holds.
    """
    named = iter(with_names(chain.from_iterable(files.values()), read_model_names(names)))
    return {path: list(islice(named, len(rows))) for path, rows in files.items()}


def _read(path: Path) -> Loaded[Prediction]:
    try:
        return read_records(path, Prediction)
    except InputError as error:
        if "unknown field" not in str(error):
            raise
        way = "predictions of other tools are read with --field, such as --field prediction=response"
        raise InputError(f"{error}; {way}") from None


def read_foreign_answers(
    path: Path, fields: Mapping[str, str], model_name: str | None = None, *, patient: str | None = None
) -> list[Prediction]:
    """Read a table of predictions whose fields have other names; see `medspatial.exchange.read_results`.

    A row that repeats an earlier one is left out, one that answers a question again in other words counts as
    a question of its own; both are told on stderr, and so is what had to be assumed.

    Raises
    ------
    InputError
        No rows, or a row without question, answer or prediction.
    """
    found = read_results(path, "table", fields=fields, patient=patient, model=model_name)
    if not found.predictions:
        raise InputError(f"{path}: holds no predictions")
    tell(f"{path}: {note} ({count} rows)" for note, count in found.notes.items())
    given: dict[tuple[str, str], list[str | None]] = {}
    rows, same, other = list[Prediction](), 0, 0
    for row in found.predictions:
        before = given.setdefault((row.id, row.model), [])
        if row.prediction in before:
            same += 1
            continue
        before.append(row.prediction)
        other += len(before) > 1
        rows.append(row if len(before) == 1 else row.model_copy(update={"id": f"{row.id}-{len(before)}"}))
    if same:
        typer.echo(f"{path}: {same} rows repeat an earlier one and are not counted again", err=True)
    if other:
        typer.echo(
            f"{path}: {other} rows answer an earlier row's question in other words; "
            "each counts as a question of its own",
            err=True,
        )
    return rows


def _named(path: Path, rows: Sequence[Prediction], model_name: str | None) -> list[Prediction]:
    stated = {row.model for row in rows if _states_model(row)}
    if model_name is None:
        return [row if _states_model(row) else _of_model(row, unpacked(path).stem) for row in rows]
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
