"""DeepTumorVQA-style rows: question type and subtype, choices or a typed answer."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from medspatial.datasets.formats.rows import ROW, needed, options_of, question, read_rows, write_csv
from medspatial.datasets.nested import write_lines
from medspatial.errors import InputError
from medspatial.records import Question, volume_name
from medspatial.report_questions.categories import own_category
from medspatial.report_questions.language import measures

_CASE = ("BDMAP ID", "case_id", "image", "image_path", "volume")
_QUESTION = ("Question", "question")
_ANSWER = ("Answer", "answer")
_CHOICES = tuple((f"Option {letter}", f"option_{letter.lower()}", letter) for letter in "ABCD")
_LETTERS = "ABCD"
COLUMNS = (
    "case_id", "Question Type", "Question Subtype", "Question",
    "Option A", "Option B", "Option C", "Option D", "Answer", "Answer Type",
)  # fmt: skip


def read(path: Path, *, image_root: str = "") -> Iterator[Question]:
    """Yield the rows as questions; answers are letters or texts of choices, numbers, yes or no, classes."""
    for where, row in read_rows(path):
        case = needed(where, row, *_CASE)
        text, answer = needed(where, row, *_QUESTION), needed(where, row, *_ANSWER)
        options = _options(row)
        if options and answer.strip() in _LETTERS[: len(options)] and answer.strip() not in options:
            answer = options[_LETTERS.index(answer.strip())]
        if options and answer not in options:
            raise InputError(
                f"{where}: field 'Answer': must be a letter or one of {list(options)}, got {answer!r}"
            )
        kind, value, unit = _typed(row, answer, options)
        yield question(
            where,
            case_id=volume_name(case),
            image_path=f"{image_root.rstrip('/')}/{case}" if image_root else None,
            question=text,
            answer=answer,
            options=options,
            answer_type=kind,
            value=value,
            unit=unit,
            category=own_category(text, answer),
            subtype=str(row.get("Question Subtype") or row.get("subtype") or row.get("Question Type") or ""),
            source="DeepTumorVQA",
            metadata={ROW: row},
        )


def write(path: Path, questions: Iterable[Question]) -> Path:
    """Write CSV (or JSONL, by the file's name); rows that came from this format are as they were."""
    rows = [_row(one) for one in questions]
    if path.suffix.lower() != ".csv":
        return write_lines(path, rows)
    columns = list(dict.fromkeys([key for row in rows for key in row])) or list(COLUMNS)
    return write_csv(path, rows, columns)


def _options(row: dict[str, Any]) -> tuple[str, ...]:
    listed = row.get("options") or row.get("choices")
    if isinstance(listed, list):
        return tuple(str(one) for one in listed)
    if isinstance(listed, dict):
        return tuple(str(listed[key]) for key in sorted(listed))
    names = [next((name for name in group if name in row), group[0]) for group in _CHOICES]
    return options_of(row, names)


def _typed(
    row: dict[str, Any], answer: str, options: tuple[str, ...]
) -> tuple[str, float | None, str | None]:
    """Return answer type, value and unit."""
    if options:
        return "choice", None, None
    if answer.strip().lower() in ("yes", "no"):
        return "yes_no", None, None
    sizes = measures(answer)
    if len(sizes) == 1 and len(sizes[0].numbers) == 1:
        return "number", sizes[0].numbers[0], sizes[0].unit
    try:
        return "number", float(answer), str(row.get("unit") or "") or None
    except ValueError:
        return "free", None, None


def _row(one: Question) -> dict[str, Any]:
    own = one.metadata.get(ROW)
    if isinstance(own, dict) and one.source == "DeepTumorVQA":
        return own
    if len(one.options) > len(_LETTERS):
        raise InputError(f"question {one.id!r}: {len(one.options)} options, this format holds 4")
    row: dict[str, Any] = dict.fromkeys(COLUMNS, "")
    row |= {
        "case_id": one.case_id,
        "Question Type": one.category or "",
        "Question Subtype": one.subtype or "",
        "Question": one.question,
        "Answer": one.answer,
        "Answer Type": one.answer_type,
    }
    return row | {f"Option {letter}": text for letter, text in zip(_LETTERS, one.options, strict=False)}
