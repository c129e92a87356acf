"""The correctness matrix: questions x models, joined by question identity."""

from __future__ import annotations

import csv
import gzip
import io
import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import numpy as np

from medspatial.compare.clustered import Floats
from medspatial.compare.item_rows import ItemRows
from medspatial.compare.score_rows import UNSCORED, one_metric
from medspatial.compare.table import arm_tables
from medspatial.errors import InputError
from medspatial.files import whole_file
from medspatial.records import Item, Question, Score, patient_of
from medspatial.records.table import checked_columns

FACTS = ("id", "case_id", "patient_id", "category", "subtype", "question")
STANDARD = "standard"


@dataclass(frozen=True, slots=True)
class MatrixRow:
    """What identifies one question of a matrix."""

    id: str
    case_id: str = ""
    patient_id: str = ""
    category: str = ""
    subtype: str = ""
    question: str = ""


@dataclass(frozen=True)
class CorrectnessMatrix:
    """Verdicts of many models on many questions.

    Attributes
    ----------
    rows
        The questions.
    columns
        One name per model; ``model@arm`` outside the standard arm.
    values
        (rows, columns) between 0 and 1; NaN where there is not a verdict (missing or unscored), never 0.
    """

    rows: tuple[MatrixRow, ...]
    columns: tuple[str, ...]
    values: Floats

    @classmethod
    def from_scores(
        cls,
        scores: Iterable[Score],
        *,
        questions: Sequence[Question] | None = None,
        metric: str | None = None,
        reference_arm: str = STANDARD,
    ) -> CorrectnessMatrix:
        """Lay the scores of one metric side by side.

        Raises
        ------
        InputError
            As :func:`medspatial.compare.compare`.
        """
        _, chosen = one_metric(scores, metric)
        tables = arm_tables(chosen, questions, reference_arm)
        rows: dict[str, MatrixRow] = {}
        for table in tables.values():
            for place, name in enumerate(table.items.ids):
                if name not in rows:
                    rows[name] = _row(table.items, place)
        place_of = {name: number for number, name in enumerate(rows)}
        columns, blocks = [], []
        for arm, table in tables.items():
            block = np.full((len(rows), len(table.models)), np.nan)
            where = [place_of[name] for name in table.items.ids]
            block[where] = np.where(table.states >= UNSCORED, np.nan, table.values)
            blocks.append(block)
            columns += [model if arm == reference_arm else f"{model}@{arm}" for model in table.models]
        return cls(tuple(rows.values()), tuple(columns), np.hstack(blocks))

    @classmethod
    def read(cls, path: str | Path) -> CorrectnessMatrix:
        """Read a CSV (plain or gzip): this project's, or the field's with ``question_id`` first.

        In the field's form the part of ``question_id`` before ``::`` is the case.

        Raises
        ------
        InputError
            No such file, no id column, a value that is no number between 0 and 1, or an id twice.
        """
        path = Path(path)
        with _opened(path, "r") as stream:
            reader = csv.reader(stream)
            header = checked_columns(next(reader, []), path)
            facts = [name for name in header if name in (*FACTS, "question_id")]
            if not {"id", "question_id"} & set(facts):
                raise InputError(f"{path}:1: header needs a column 'id' or 'question_id'; got {header}")
            columns = [name for name in header if name not in facts]
            rows, values = _read_rows(path, reader, header, columns)
        return cls(tuple(rows), tuple(columns), np.array(values, dtype=np.float64).reshape(-1, len(columns)))

    def write(self, path: str | Path) -> Path:
        """Write this project's CSV (gzip when the name ends in ``.gz``); an empty cell is not a verdict."""
        lines = ([getattr(row, name) for name in FACTS] for row in self.rows)
        return self._write(Path(path), list(FACTS), lines, _exact)

    def write_field(self, path: str | Path) -> Path:
        """Write the field's form: ``question_id`` and one column per model with two decimals, cut off.

        So two of three judges are ``0.66``, as published matrices have it.
        """
        return self._write(Path(path), ["question_id"], ([row.id] for row in self.rows), _two_decimals)

    def _write(
        self, path: Path, names: list[str], lines: Iterable[list[str]], cell: Callable[[float], str]
    ) -> Path:
        with whole_file(path, path.suffix) as unfinished, _opened(unfinished, "w") as stream:
            writer = csv.writer(stream, lineterminator="\n")
            writer.writerow([*names, *self.columns])
            for line, values in zip(lines, self.values, strict=True):
                writer.writerow([*line, *("" if math.isnan(value) else cell(value) for value in values)])
        return path

    def scores(self, metric: str, *, threshold: float | None = 0.5) -> Iterator[Score]:
        """Yield one score per verdict, for :func:`medspatial.compare.compare`.

        Parameters
        ----------
        threshold
            A value from here on counts as right (0.5: two of three judges); None keeps it graded.
        """
        for row, values in zip(self.rows, self.values, strict=True):
            blank = Score.model_construct(**_facts(row), metric=metric)
            for column, value in zip(self.columns, values.tolist(), strict=True):
                if not math.isnan(value):
                    model, _, arm = column.partition("@")
                    correct = None if threshold is None else value >= threshold
                    found = {"model": model, "arm": arm or STANDARD, "score": value, "correct": correct}
                    yield blank.model_copy(update=found)

    def questions(self) -> list[Question]:
        """Questions of the matrix, for the denominator; they carry no reference answer."""
        return [Question.model_construct(**_facts(row)) for row in self.rows]


def average(matrices: Sequence[CorrectnessMatrix]) -> CorrectnessMatrix:
    """Average several judges' matrices, cell by cell, over the judges that gave a verdict.

    Columns and rows are joined by name and id; those of the first matrix give the order.

    Raises
    ------
    InputError
        The matrices differ in questions or models.
    """
    first = matrices[0]
    layers = []
    for matrix in matrices:
        place = {row.id: number for number, row in enumerate(matrix.rows)}
        if set(place) != {row.id for row in first.rows} or set(matrix.columns) != set(first.columns):
            raise InputError("matrices to average must have the same questions and models")
        rows = [place[row.id] for row in first.rows]
        columns = [matrix.columns.index(name) for name in first.columns]
        layers.append(matrix.values[np.ix_(rows, columns)])
    stack = np.stack(layers)
    given = np.isfinite(stack).sum(axis=0)
    total = np.nansum(stack, axis=0)
    values = np.where(given > 0, total / np.maximum(given, 1), np.nan)
    return CorrectnessMatrix(first.rows, first.columns, values)


def _row(items: ItemRows[Item], place: int) -> MatrixRow:
    return MatrixRow(
        items.ids[place],
        items.cases[place],
        items.patients[place],
        items.own_categories[place] or "",
        items.subtypes[place] or "",
        items[place].question,
    )


def _facts(row: MatrixRow) -> dict[str, Any]:
    case_id = row.case_id or row.id
    return {
        "id": row.id,
        "case_id": case_id,
        "patient_id": row.patient_id or patient_of(case_id),
        "category": row.category or None,
        "subtype": row.subtype or None,
        "question": row.question or row.id,
        "answer": "",
    }


def _exact(value: float) -> str:
    return f"{value:.6g}"


def _two_decimals(value: float) -> str:
    return f"{math.floor(value * 100 + 1e-9) / 100:.2f}"


def _opened(path: Path, mode: str) -> IO[str]:
    if mode == "r" and not path.is_file():
        raise InputError(f"{path}: no such file")
    if path.suffix != ".gz":
        # Excel puts a byte order mark in front: no part of the header when read, never written
        return path.open(mode, encoding="utf-8-sig" if mode == "r" else "utf-8", newline="")
    # mtime 0: equal matrices give equal files; the wrapper closes the binary stream
    binary = gzip.GzipFile(path, mode + "b", mtime=0)
    return io.TextIOWrapper(binary, encoding="utf-8", newline="")


def _read_rows(
    path: Path, reader: Iterable[list[str]], header: list[str], columns: list[str]
) -> tuple[list[MatrixRow], list[list[float]]]:
    rows: dict[str, MatrixRow] = {}
    values = []
    for line, cells in enumerate(reader, start=2):
        if len(cells) != len(header):
            raise InputError(f"{path}:{line}: has {len(cells)} cells where the header has {len(header)}")
        named = dict(zip(header, cells, strict=True))
        row = _read_facts(named)
        if row.id in rows:
            raise InputError(f"{path}:{line}: field 'id': must be unique in its file; got {row.id!r}")
        rows[row.id] = row
        values.append([_value(path, line, name, named[name]) for name in columns])
    return list(rows.values()), values


def _read_facts(cells: dict[str, str]) -> MatrixRow:
    if "question_id" in cells:
        case_id = cells["question_id"].partition("::")[0]
        return MatrixRow(cells["question_id"], case_id, patient_of(case_id))
    return MatrixRow(**{name: cells.get(name, "") for name in FACTS})


def _value(path: Path, line: int, name: str, text: str) -> float:
    if not text.strip():
        return math.nan
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0 <= value <= 1:
        raise InputError(
            f"{path}:{line}: field '{name}': must be a number between 0 and 1 or empty; got {text!r}"
        )
    return value
