"""A correctness matrix from a folder of result files: this project's scores, or the field's judgments."""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import ValidationError

from medspatial.compare.coded import first_repeat
from medspatial.compare.matrix import CorrectnessMatrix
from medspatial.compare.score_rows import ScoreColumns, ScoreRows
from medspatial.compare.table import scored_twice
from medspatial.errors import InputError
from medspatial.records import Question, Score, lean, other_encoding, stored_or_none, volume_name
from medspatial.records.table import json_value

MOST_HELD = 200  # files held open at once: systems allow a process some hundreds
_VERDICTS = ("correct", "is_correct")
_CONTAINERS = ("results", "rows", "predictions", "scores", "evaluations", "details")


def matrix_from_reports(
    folder: str | Path,
    pattern: str,
    *,
    questions: Sequence[Question] | None = None,
    metric: str | None = None,
) -> CorrectnessMatrix:
    """Read all result files of a folder that match a pattern into one matrix.

    Rows are joined by ``id``, or by volume name and question text. The model is the row's ``model``; a
    row without one gets the part of the file's name that the pattern's only ``*`` stands for, else
    the name without suffixes.

    Parameters
    ----------
    folder, pattern
        Such as ``"results"`` and ``"*_eval.json"``; JSON lists, JSONL, or a
        correctness matrix as CSV (right from 0.5 on: two of three judges); plain or gzipped.
    questions
        All questions asked, so that one without any answer stands in the matrix too.
    metric
        Which metric to take where files hold several.

    Raises
    ------
    InputError
        No file matches; a row has no verdict field or cannot be joined; a question twice for one model.
    """
    scores = scores_from_reports(folder, pattern, metric=metric)
    return CorrectnessMatrix.from_scores(scores, questions=questions, metric=metric)


def scores_from_reports(folder: str | Path, pattern: str, *, metric: str | None = None) -> ScoreRows:
    """Read all result files of a folder that match a pattern; see `matrix_from_reports`.

    Scores of this project's own files stay in them: whoever asks for one gets it from there.

    Parameters
    ----------
    metric
        The metric that will be compared: only its scores must not hold a question twice. None: all.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise InputError(f"{folder}: no such folder")
    paths = sorted(path for path in folder.glob(pattern) if path.is_file())
    if not paths:
        below = sorted({str(path.parent.relative_to(folder)) for path in folder.glob(f"**/{pattern}")})
        hint = f"; folders in it hold some: {', '.join(below[:8])}" if below else ""
        raise InputError(f"{folder}: no file matches {pattern!r}{hint}")
    columns = ScoreColumns()
    files = {
        path: _taken(path, model_name(path.name, pattern), columns, held=number < MOST_HELD)
        for number, path in enumerate(paths)
    }
    rows = columns.rows(list(files.values()))
    _refuse_twice(files, rows, metric)
    return rows


def scores_of_files(paths: Iterable[Path]) -> ScoreRows:
    """Return the scores of files as `medspatial.score.score_file` writes them, which stay in them."""
    columns = ScoreColumns()
    return columns.rows(
        [_taken(path, path.stem, columns, held=number < MOST_HELD) for number, path in enumerate(paths)]
    )


def _taken(path: Path, model: str, columns: ScoreColumns, *, held: bool) -> Sequence[Score]:
    """Read the scores of a file into the columns; return where its rows are to be had.

    Parameters
    ----------
    held
        Whether the file may be held open; else its rows come into memory.
    """
    before = len(columns)
    plain = held and not {".csv", ".gz"} & set(path.suffixes)
    own = stored_or_none(path, Score, seen=columns.add) if plain else None
    if own is not None:
        return own
    columns.cut(before)
    read = list(_scores(path, model))
    for score in read:
        columns.add(score)
    return read


def _refuse_twice(files: Mapping[Path, Sequence[Score]], rows: ScoreRows, metric: str | None) -> None:
    """Refuse a question with two scores of one model, arm and metric while the files are still known."""
    asked = np.ones(len(rows), dtype=np.bool_) if metric is None else rows.metrics.among({metric})
    places = np.flatnonzero(asked)
    if not len(places):
        return
    columns = (rows.ids, rows.models, rows.arms, rows.metrics)
    cells = np.ravel_multi_index([one.codes[places] for one in columns], [len(one.values) for one in columns])
    twice = first_repeat(cells)
    if twice is None:
        return
    one, other = (int(places[row]) for row in twice)
    paths = [path for path, scores in files.items() for _ in range(len(scores))]
    where = f"{paths[one]}" if paths[one] == paths[other] else f"{paths[one]} and {paths[other]}"
    raise InputError(f"{where}: {scored_twice(rows[one], rows[other])}")


def model_name(name: str, pattern: str) -> str:
    """Model that a file is about, from its name.

    >>> model_name("m3d_gpt_eval.json", "*_gpt_eval.json")
    'm3d'
    >>> model_name("m3d.jsonl.gz", "*")
    'm3d'
    """
    last = pattern.rsplit("/", 1)[-1]
    if last.count("*") == 1 and not set(last) & set("?["):
        head, _, tail = last.partition("*")
        name = name[len(head) : len(name) - len(tail)] or name
    return re.sub(r"\.(?:jsonl|json)?(?:\.gz)?$", "", name) or name


def read_rows(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield (number from 1, row) of a JSON list, a JSON object that holds one, or JSONL; gzip or plain."""
    data = path.read_bytes()
    try:
        data = gzip.decompress(data) if path.suffix == ".gz" else data
        if other := other_encoding(data[:4]):
            raise InputError(f"{path}: not UTF-8 text but {other}; save it as UTF-8")
        text = data.decode("utf-8-sig")
    except (EOFError, gzip.BadGzipFile, UnicodeDecodeError) as error:
        raise InputError(f"{path}: cannot be read as (gzipped) UTF-8 text: {error}") from None
    try:
        rows = _rows(text, ".jsonl" in path.suffixes)
    except json.JSONDecodeError as error:
        raise InputError(f"{path}:{error.lineno}: not valid JSON ({error.msg})") from None
    for number, row in enumerate(rows, start=1):
        if not isinstance(row, dict):
            raise InputError(f"{path}:{number}: a row must be an object; got {str(row)[:80]!r}")
        yield number, row


def _rows(text: str, lines: bool) -> list[Any]:
    if lines:  # no str.splitlines: it takes marks for line ends that may stand inside of JSON texts
        return [json_value(line) for line in re.split(r"\r\n|\n|\r", text) if line.strip()]
    data = json_value(text)
    if isinstance(data, dict):
        data = next((data[name] for name in _CONTAINERS if isinstance(data.get(name), list)), [data])
    return list(data)


def _scores(path: Path, model: str) -> Iterator[Score]:
    if ".csv" in path.suffixes:
        yield from CorrectnessMatrix.read(path).scores("matrix")
        return
    for number, row in read_rows(path):
        yield _score(f"{path}:{number}", row, model)


def _score(where: str, row: Mapping[str, Any], model: str) -> Score:
    if "metric" in row:
        try:
            return lean(Score.model_validate(row))
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            name = ".".join(map(str, first["loc"]))
            raise InputError(f"{where}: field '{name}': {first['msg']}; got {first.get('input')!r}") from None
    field = next((name for name in _VERDICTS if name in row), None)
    if field is None:
        raise InputError(f"{where}: needs a verdict, 'correct' or 'is_correct'; fields: {sorted(row)}")
    verdict = row[field]
    if verdict not in (True, False, None):
        raise InputError(f"{where}: field '{field}': must be true, false or null; got {verdict!r}")
    return Score(
        **_identity(where, row),
        model=str(row.get("model") or model),
        arm=str(row.get("arm") or "standard"),
        prediction=row.get("prediction"),
        metric="report",
        score=None if verdict is None else float(verdict),
        correct=None if verdict is None else bool(verdict),
        status="unscored" if verdict is None else "scored",
    )


def _identity(where: str, row: Mapping[str, Any]) -> dict[str, Any]:
    case = row.get("case_id") or row.get("image_path")
    if not case:
        raise InputError(
            f"{where}: needs 'case_id' (or 'image_path') with a value, so that the row can be joined to its "
            "question; the order of rows is no identity"
        )
    if not row.get("question"):
        raise InputError(f"{where}: field 'question': is required")
    return {
        "id": str(row.get("id") or ""),
        "case_id": volume_name(str(case)),
        "question": row["question"],
        "answer": str(row.get("answer") or ""),
        "category": row.get("category") if isinstance(row.get("category"), str) else None,
        "subtype": row.get("subtype"),
    }
