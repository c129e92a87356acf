"""M3D-VQA-style CSV: image path, question, four choices, the answer as text and as letter."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from medspatial.datasets.formats.rows import ROW, needed, options_of, question, read_rows, write_csv
from medspatial.errors import InputError
from medspatial.records import Question, volume_name
from medspatial.report_questions.categories import own_category

COLUMNS = (
    "Image Path", "Question Type", "Question", "Choice A", "Choice B", "Choice C", "Choice D",
    "Answer", "Answer Choice",
)  # fmt: skip
_CHOICES = COLUMNS[3:7]
_LETTERS = "ABCD"


def read(path: Path, *, image_root: str = "") -> Iterator[Question]:
    """Yield the rows as questions; with four choices they are multiple choice, else open."""
    for where, row in read_rows(path):
        image = needed(where, row, "Image Path", "image_path")
        answer = needed(where, row, "Answer")
        options = options_of(row, _CHOICES, absent=("",))
        letter = str(row.get("Answer Choice", "")).strip()
        if options and letter:
            stated = options[_LETTERS.index(letter)] if letter in _LETTERS[: len(options)] else None
            if stated is None or stated.strip() != answer.strip():
                raise InputError(f"{where}: field 'Answer Choice': {letter!r} is not the choice {answer!r}")
        text = needed(where, row, "Question")
        yield question(
            where,
            case_id=_case(image),
            image_path=f"{image_root.rstrip('/')}/{image}" if image_root else image,
            question=text,
            answer=answer.strip() if options else answer,
            options=options if answer.strip() in options else (),
            answer_type="choice" if answer.strip() in options else "free",
            category=own_category(text, answer),
            subtype=f"M3D {row.get('Question Type', '')}".strip(),
            source="M3D-VQA",
            metadata={ROW: row},
        )


def write(path: Path, questions: Iterable[Question]) -> Path:
    """Write CSV; rows that came from this format are as they were."""
    return write_csv(path, (_row(one) for one in questions), COLUMNS)


def _case(image: str) -> str:
    """Two folders and the file name: M3D names files alike in different folders."""
    parts = image.replace("\\", "/").rstrip("/").split("/")
    return "_".join([*parts[-3:-1], volume_name(parts[-1])])


def _row(one: Question) -> dict[str, Any]:
    own = one.metadata.get(ROW)
    if isinstance(own, dict) and "Image Path" in own:
        return own
    if len(one.options) > len(_LETTERS):
        raise InputError(f"question {one.id!r}: {len(one.options)} options, this format holds 4")
    return {
        "Image Path": one.image_path or one.case_id,
        "Question Type": one.subtype or "",
        "Question": one.question,
        **dict(zip(_CHOICES, one.options, strict=False)),
        "Answer": one.answer,
        "Answer Choice": _LETTERS[one.options.index(one.answer)] if one.options else "",
    }
