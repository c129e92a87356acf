"""DeepTumorVQA 1 and 2, and rows of that style: question type and subtype, choices or a typed answer.

The releases give each question twice: ``question`` with ``answer`` in words, and ``mc_question`` (version 1:
``multiple_choice_question``) with the options behind it and ``correct_option``, a letter. It is read as the
multiple choice question, its options as options and its words without them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from medspatial.datasets.formats.rows import ROW, needed, options_of, question, read_rows, write_csv
from medspatial.datasets.nested import write_lines
from medspatial.errors import InputError
from medspatial.files import json_file
from medspatial.records import Question, volume_name
from medspatial.report_questions.categories import own_category
from medspatial.report_questions.language import measures

HEADS = (
    frozenset({"image_id", "question", "mc_question"}),
    frozenset({"image_id", "question", "multiple_choice_question"}),
    frozenset({"BDMAP ID", "Question", "Answer"}),
    frozenset({"Image ID", "Question", "Answer"}),
)
"""Fields that tell these rows."""
_CASE = ("image_id", "Image ID", "BDMAP ID", "case_id", "image", "image_path", "volume")
_WITH_OPTIONS = ("mc_question", "multiple_choice_question")
_MARK = re.compile(r"(?:^|\s)\(?([A-H])[:.)]\s+")
_QUESTION = ("Question", "question")
_ANSWER = ("Answer", "answer")
_CHOICES = tuple((f"Option {letter}", f"option_{letter.lower()}", letter) for letter in "ABCD")
_LETTERS = "ABCD"
COLUMNS = (
    "case_id", "Question Type", "Question Subtype", "Question",
    "Option A", "Option B", "Option C", "Option D", "Answer", "Answer Type",
)  # fmt: skip


def read(path: Path, *, image_root: str = "") -> Iterator[Question]:
    """Yield the rows as questions; answers are letters or texts of choices, numbers, yes or no, classes.

    Raises
    ------
    InputError
        A row whose options or letter do not fit; a ``.json`` file without a list ``questions``.
    """
    for where, row in _rows(path):
        if any(row.get(name) for name in _WITH_OPTIONS):
            yield _published(where, row, image_root)
            continue
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


def is_release(path: Path) -> bool:
    """Whether a JSON file is the benchmark of version 2: an object with a list ``questions``."""
    found = json_file(path)
    return isinstance(found, dict) and isinstance(found.get("questions"), list)


def split_options(text: str) -> tuple[str, tuple[str, ...]]:
    """Split a question from the options behind it.

    >>> split_options("Which organ? A: liver B: left kidney C: spleen")
    ('Which organ?', ('liver', 'left kidney', 'spleen'))
    """
    marks: list[re.Match[str]] = []
    for match in _MARK.finditer(text):
        if match.group(1) == "ABCDEFGH"[len(marks)]:
            marks.append(match)
    if len(marks) < 2:
        return text.strip(), ()
    ends = [*(mark.start() for mark in marks[1:]), len(text)]
    options = tuple(text[mark.end() : end].strip() for mark, end in zip(marks, ends, strict=True))
    return text[: marks[0].start()].strip(), options


def _rows(path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    if path.suffix.lower() != ".json":
        yield from read_rows(path)
        return
    if not is_release(path):
        raise InputError(f"{path}: must be an object with a list 'questions'")
    for number, row in enumerate(json_file(path)["questions"]):
        if not isinstance(row, dict):
            raise InputError(f"{path}: questions[{number}]: must be an object, got {type(row).__name__}")
        yield f"{path}: questions[{number}]", row


def _published(where: str, row: dict[str, Any], image_root: str) -> Question:
    """A row of the releases."""
    image = needed(where, row, "image_id")
    name = next(name for name in _WITH_OPTIONS if row.get(name))
    stem, options = split_options(str(row[name]))
    letter = str(row.get("correct_option") or "").strip().upper()
    if not options:
        raise InputError(f"{where}: field '{name}': holds no options A: ..., B: ..., got {row[name]!r}")
    if letter not in list("ABCDEFGH"[: len(options)]):
        raise InputError(
            f"{where}: field 'correct_option': must be one of {', '.join('ABCDEFGH'[: len(options)])}, "
            f"got {row.get('correct_option')!r}"
        )
    text = str(row.get("question") or stem)
    answer = options["ABCDEFGH".index(letter)]
    return question(
        where,
        id=str(row.get("qid") or ""),
        case_id=volume_name(image),
        image_path=f"{image_root.rstrip('/')}/{image}/ct.nii.gz" if image_root else None,
        question=text,
        answer=answer,
        options=options,
        answer_type="choice",
        category=own_category(text, answer),
        subtype=str(row.get("question_subtype") or row.get("question_type") or ""),
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
