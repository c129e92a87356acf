"""MIRP: relative positions on turned and mirrored 2D slices, with the centres they were made from.

Right, left, above and below are those of the picture, never the patient's: questions carry the tag
``in_picture``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from medspatial.datasets.formats.rows import ROW, needed, question
from medspatial.errors import InputError
from medspatial.files import json_file, write_json
from medspatial.records import Evidence, EvidencePoint, Question, volume_name

TAG = "in_picture"
_CENTRES = ("object1_center_x", "object1_center_y", "object2_center_x", "object2_center_y")
_WORDS = {"right": (0, 1), "left": (0, -1), "below": (1, 1), "above": (1, -1)}

_ASKED = re.compile(r"\b(?:(above|below)|to the (right|left) of)\b")


def is_mirp(path: Path) -> bool:
    """Whether a JSON file is a list of objects with ``filename`` and ``question_answer``."""
    found = json_file(path)
    return (
        isinstance(found, list)
        and bool(found)
        and isinstance(found[0], dict)
        and "question_answer" in found[0]
    )


def read(path: Path, *, image_root: str = "") -> Iterator[Question]:
    """Yield the questions; the evidence holds the centres in pixels of the picture (x to the right, y down).

    Raises
    ------
    InputError
        A field that is missing, an answer other than 0 and 1, or one that the centres contradict.
    """
    found = json_file(path)
    if not isinstance(found, list):
        raise InputError(f"{path}: must be a list of pictures, got {type(found).__name__}")
    for number, entry in enumerate(found):
        where = f"{path}: entry {number}"
        rows = entry.get("question_answer") if isinstance(entry, dict) else None
        if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
            raise InputError(f"{where}: must be an object with a list 'question_answer'")
        image = needed(where, entry, "filename")
        for place, row in enumerate(rows):
            yield _question(f"{where}, question {place}", image, row, image_root)


def write(path: Path, questions: Iterable[Question]) -> Path:
    """Write what came from MIRP as it was.

    Raises
    ------
    InputError
        A question of another source: the format is about centres in a picture.
    """
    pictures: dict[str, list[dict[str, Any]]] = {}
    for one in questions:
        own = one.metadata.get(ROW)
        if not isinstance(own, dict) or "filename" not in own:
            raise InputError(f"question {one.id!r}: not from MIRP, whose rows are centres in a picture")
        row = {name: value for name, value in own.items() if name != "filename"}
        pictures.setdefault(own["filename"], []).append(row)
    return write_json(path, [{"filename": name, "question_answer": rows} for name, rows in pictures.items()])


def _question(where: str, image: str, row: dict[str, Any], image_root: str) -> Question:
    text = needed(where, row, "question")
    if row.get("answer") not in (0, 1) or isinstance(row.get("answer"), bool):
        raise InputError(f"{where}: field 'answer': must be 0 or 1, got {row.get('answer')!r}")
    answer = "yes" if row["answer"] else "no"
    evidence = _evidence(where, row, text, answer)
    return question(
        where,
        case_id=volume_name(image.removesuffix(".png")),
        patient_id=image.split("_slice", maxsplit=1)[0].removesuffix(".png"),
        image_path=f"{image_root.rstrip('/')}/{image}" if image_root else image,
        question=text,
        answer=answer,
        options=("yes", "no"),
        answer_type="yes_no",
        subtype=f"MIRP {evidence.details['asked']}",
        evidence=evidence,
        tags=(TAG,),
        source="MIRP",
        metadata={ROW: {"filename": image, **row}},
    )


def _evidence(where: str, row: dict[str, Any], text: str, answer: str) -> Evidence:
    words = [one or side for one, side in _ASKED.findall(text.lower())]
    if len(words) != 1:
        raise InputError(f"{where}: field 'question': must ask for one of {', '.join(_WORDS)}, got {text!r}")
    try:
        x1, y1, x2, y2 = (float(row[name]) for name in _CENTRES)
    except (KeyError, TypeError, ValueError):
        raise InputError(f"{where}: fields {', '.join(_CENTRES)}: must be figures") from None
    axis, sign = _WORDS[words[0]]
    away = sign * ((x1 - x2) if axis == 0 else (y1 - y2))
    if (away > 0) != (answer == "yes"):
        raise InputError(f"{where}: answer {answer!r} contradicts the centres, {away:g} px {words[0]}")
    return Evidence(
        measurement=f"how far the first centre lies {words[0]} of the second in the picture",
        value=round(away, 4),
        unit="px",
        structures=tuple(str(row[name]) for name in ("object1_name", "object2_name") if row.get(name)),
        points=(
            EvidencePoint(name="first, in the picture", xyz=(x1, y1, 0.0)),
            EvidencePoint(name="second, in the picture", xyz=(x2, y2, 0.0)),
        ),
        details={"asked": words[0], "frame": "picture, pixels, x to the right, y down"},
    )
