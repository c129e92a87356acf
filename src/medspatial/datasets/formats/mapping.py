"""Any JSONL or CSV: the user says which of their fields is which of ours."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from medspatial.datasets.formats.rows import ROW, needed, question, read_rows
from medspatial.errors import InputError
from medspatial.records import Question, volume_name


@dataclass(frozen=True)
class Mapped:
    """Names of their fields; ``case`` may hold a file name."""

    question: str = "question"
    answer: str = "answer"
    case: str = "case_id"
    image: str = "image_path"
    options: str = "options"
    category: str = "category"

    @classmethod
    def parse(cls, pairs: list[str]) -> Mapped:
        """Read ``question=prompt`` pairs.

        Raises
        ------
        InputError
            A name that is none of ours, or no equals sign.
        """
        known = tuple(cls.__dataclass_fields__)
        given: dict[str, str] = {}
        for pair in pairs:
            ours, equals, theirs = pair.partition("=")
            if not equals or ours not in known or not theirs:
                raise InputError(
                    f"--field: must be OURS=THEIRS with OURS one of {', '.join(known)}, got {pair!r}"
                )
            given[ours] = theirs
        return cls(**given)


def read_mapped(path: Path, *, image_root: str = "", fields: Mapped) -> Iterator[Question]:
    """Yield a question per row; what has no place in it is kept in ``metadata["row"]``."""
    for where, row in read_rows(path):
        yield mapped_question(where, row, fields, image_root)


def mapped_question(where: str, row: dict[str, Any], fields: Mapped, image_root: str = "") -> Question:
    """Return one row as a question.

    Raises
    ------
    InputError
        A field that is missing, or a value that breaks a rule.
    """
    image = str(row.get(fields.image) or "")
    if image and image_root:
        image = f"{image_root.rstrip('/')}/{image}"
    options = row.get(fields.options) or ()
    if not isinstance(options, list | tuple):
        raise InputError(f"{where}: field '{fields.options}': must be a list, got {options!r}")
    category = row.get(fields.category)
    answer = needed(where, row, fields.answer)
    return question(
        where,
        case_id=volume_name(str(row.get(fields.case) or image or needed(where, row, fields.case))),
        image_path=image or None,
        question=needed(where, row, fields.question),
        answer=answer,
        options=tuple(str(one) for one in options),
        answer_type="choice" if options else "free",
        category=category if isinstance(category, str) else None,
        tags=tuple(map(str, category)) if isinstance(category, list) else (),
        metadata={ROW: row},
    )
