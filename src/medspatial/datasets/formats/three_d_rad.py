"""3D-RAD: rows with task, volume, question, answer and four choices (CSV, or the same as JSONL)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from medspatial.cases.ct_rate import is_name, parse_name
from medspatial.datasets.formats.rows import ROW, needed, options_of, question, read_rows, write_csv
from medspatial.datasets.nested import image_path_of, write_lines
from medspatial.errors import InputError
from medspatial.records import Question, volume_name
from medspatial.report_questions.categories import own_category, six_categories

COLUMNS = (
    "Task", "Subtask", "VolumeName", "Question", "Answer", "QuestionType", "AnswerChoice",
    "Choice A", "Choice B", "Choice C", "Choice D",
)  # fmt: skip
_CHOICES = COLUMNS[7:]


def read(path: Path, *, image_root: str = "") -> Iterator[Question]:
    """Yield the rows as questions, of a folder those of all its tables, by path.

    ``test_N_x_r`` is CT-RATE's volume ``valid_N_x_r``.

    Raises
    ------
    InputError
        A folder without a table, or a row with its place, field and value.
    """
    for where, row in _rows(path):
        volume = needed(where, row, "VolumeName")
        name = parse_name(volume).case_id if is_name(volume) else volume_name(volume)
        text, answer = needed(where, row, "Question"), needed(where, row, "Answer")
        options = options_of(row, _CHOICES)
        yield question(
            where,
            case_id=name,
            image_path=image_path_of(f"{name}.nii.gz", image_root),
            question=text,
            answer=answer,
            options=options if answer in options else (),
            answer_type="choice" if answer in options else "free",
            category=own_category(text, answer),
            subtype=f"3D-RAD {row.get('Task', '')}.{row.get('Subtask', '')}",
            tags=six_categories(text, answer),
            source="3D-RAD",
            metadata={ROW: row},
        )


def _rows(path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    if not path.is_dir():
        yield from read_rows(path)
        return
    tables = sorted(path.rglob("*.csv"))
    if not tables:
        raise InputError(f"{path}: holds no .csv")
    for table in tables:
        yield from read_rows(table)


def write(path: Path, questions: Iterable[Question]) -> Path:
    """Write CSV (or JSONL, by the file's name); rows that came from 3D-RAD are as they were."""
    rows = [_row(one) for one in questions]
    return write_csv(path, rows, COLUMNS) if path.suffix.lower() == ".csv" else write_lines(path, rows)


def _row(one: Question) -> dict[str, Any]:
    own = one.metadata.get(ROW)
    if isinstance(own, dict) and "VolumeName" in own:
        return own
    choices = dict(zip(_CHOICES, (*one.options, *("-",) * 4), strict=False))
    letter = "ABCD"[one.options.index(one.answer)] if one.options and len(one.options) <= 4 else "-"
    return {
        "Task": "",
        "Subtask": "",
        "VolumeName": f"{one.case_id}.nii.gz",
        "Question": one.question,
        "Answer": one.answer,
        "QuestionType": "Close" if one.options else "Open",
        "AnswerChoice": letter,
        **choices,
    }
