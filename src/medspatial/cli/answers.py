"""Predictions as ``medspatial score`` takes them: each row with its model, none counted twice."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain
from pathlib import Path
from typing import overload

import typer

from medspatial.cli.show import tell
from medspatial.compare.names import check_names, read_model_names
from medspatial.errors import InputError
from medspatial.exchange import read_results
from medspatial.predict import read_failures
from medspatial.records import Loaded, Prediction, Repeat, read_records, stored_or_none, unpacked

_SHOWN = 5


@dataclass(frozen=True)
class Answers(Sequence[Prediction]):
    """Rows of predictions under the names of their models, each made when it is asked for.

    Attributes
    ----------
    rows
        As they stand in the file; of a plain file they stay there.
    models
        Names in order of first appearance.
    unnamed
        The model of rows that state none, or of all where ``whole`` is set.
    shown
        Names of models in tables, by those that the rows have.
    """

    rows: Sequence[Prediction]
    models: tuple[str, ...]
    unnamed: str
    whole: bool = False
    shown: Mapping[str, str] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.rows)

    @overload
    def __getitem__(self, at: int) -> Prediction: ...

    @overload
    def __getitem__(self, at: slice) -> Sequence[Prediction]: ...

    def __getitem__(self, at: int | slice) -> Prediction | Sequence[Prediction]:
        if isinstance(at, slice):
            return [self._named(row) for row in self.rows[at]]
        return self._named(self.rows[at])

    def __iter__(self) -> Iterator[Prediction]:
        return map(self._named, self.rows)

    def _named(self, row: Prediction) -> Prediction:
        own = self.unnamed if self.whole else _stated_model(row) or self.unnamed
        name = self.shown.get(own, own)
        return row if name == row.model else row.model_copy(update={"model": name})


def read_answers(path: Path, model_name: str | None = None) -> Answers:
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
    models = dict[str, None]()
    rows, failures = _read(path, models), read_failures(path)
    models |= dict.fromkeys(map(_stated_model, failures))
    return _of_models(path, Joined(rows, failures) if failures else rows, models, model_name)


def read_files(
    paths: Sequence[Path],
    model_name: str | None,
    names: Sequence[str],
    fields: Mapping[str, str],
    patient: str | None,
) -> dict[Path, Answers]:
    """Read files of predictions, ours or with fields of other names, under the models' names in tables.

    Raises
    ------
    InputError
        A name for a model that no file holds.
    """
    foreign = bool(fields) or patient is not None
    read = {
        path: read_foreign_answers(path, fields, model_name, patient=patient)
        if foreign
        else read_answers(path, model_name)
        for path in paths
    }
    shown = read_model_names(names)
    check_names(shown, [model for answers in read.values() for model in answers.models])
    return {
        path: replace(
            answers,
            shown=shown,
            models=tuple(dict.fromkeys(shown.get(model, model) for model in answers.models)),
        )
        for path, answers in read.items()
    }


class Joined(Sequence[Prediction]):
    """Rows, and others behind them."""

    def __init__(self, first: Sequence[Prediction], then: Sequence[Prediction]) -> None:
        self._parts = first, then

    def __len__(self) -> int:
        return sum(map(len, self._parts))

    @overload
    def __getitem__(self, at: int) -> Prediction: ...

    @overload
    def __getitem__(self, at: slice) -> Sequence[Prediction]: ...

    def __getitem__(self, at: int | slice) -> Prediction | Sequence[Prediction]:
        if isinstance(at, slice):
            return [self[one] for one in range(len(self))[at]]
        at = range(len(self))[at]
        first, then = self._parts
        return first[at] if at < len(first) else then[at - len(first)]

    def __iter__(self) -> Iterator[Prediction]:
        return chain(*self._parts)


def _read(path: Path, models: dict[str, None]) -> Sequence[Prediction]:
    """Read answers; the models that they state are entered, ``""`` where a row states none."""

    def note(row: Prediction) -> None:
        models.setdefault(_stated_model(row))

    try:
        stored = stored_or_none(path, Prediction, seen=note)
        if stored is not None:
            return stored
        rows = _without_repeats(path, read_records(path, Prediction))
        models.clear()  # of rows before one that is not plain
        models |= dict.fromkeys(map(_stated_model, rows))
        return rows
    except InputError as error:
        if "unknown field" not in str(error):
            raise
        way = "predictions of other tools are read with --field, such as --field prediction=response"
        raise InputError(f"{error}; {way}") from None


def read_foreign_answers(
    path: Path, fields: Mapping[str, str], model_name: str | None = None, *, patient: str | None = None
) -> Answers:
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
    return Answers(rows, tuple(dict.fromkeys(row.model for row in rows)), path.stem)


def _of_models(
    path: Path, rows: Sequence[Prediction], models: Collection[str], model_name: str | None
) -> Answers:
    if not models:
        raise InputError(f"{path}: holds no predictions")
    if model_name is None:
        return Answers(
            rows, tuple(dict.fromkeys(model or unpacked(path).stem for model in models)), unpacked(path).stem
        )
    if not model_name.strip():
        raise InputError(f"--model-name: must not be blank, got {model_name!r}")
    stated = sorted(model for model in models if model)
    if len(stated) > 1:
        raise InputError(
            f"--model-name: {path} holds rows of {len(stated)} models ({', '.join(stated)}), not of one"
        )
    return Answers(rows, (model_name,), model_name, whole=True)


def _stated_model(row: Prediction) -> str:
    return row.model if "model" in row.model_fields_set else ""


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
