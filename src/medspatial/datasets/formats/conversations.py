"""CT-RATE's VQA: a JSON list of volumes with conversations, a human's turn and the answer after it.

The human's turn carries the task as a token (``<long_answer>``, ``<short_answer>``, ``<multiple_choice>``,
``<report_generation>``), which becomes the subtype, and ``<image>``, which is left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from medspatial.cases.ct_rate import is_name, parse_name
from medspatial.datasets.formats.rows import ROW, needed, question
from medspatial.datasets.nested import image_path_of
from medspatial.errors import InputError
from medspatial.files import json_file, write_json
from medspatial.records import Question, volume_name
from medspatial.report_questions.categories import own_category, six_categories

TASKS = ("report_generation", "long_answer", "short_answer", "multiple_choice")
_TOKEN = re.compile(rf"<({'|'.join(TASKS)}|image)>")
_OPTION = re.compile(r"\(([a-h])\)\s*")


def is_conversations(path: Path) -> bool:
    """Whether a JSON file is a list of objects with ``conversations``."""
    found = json_file(path)
    return (
        isinstance(found, list) and bool(found) and isinstance(found[0], dict) and "conversations" in found[0]
    )


def read(path: Path, *, image_root: str = "") -> Iterator[Question]:
    """Yield a question per pair of turns.

    Raises
    ------
    InputError
        No list of conversations, turns that do not alternate, or a conversation without its volume.
    """
    found = json_file(path)
    if not isinstance(found, list):
        raise InputError(f"{path}: must be a list of conversations, got {type(found).__name__}")
    for number, entry in enumerate(found):
        where = f"{path}: entry {number}"
        if not isinstance(entry, dict):
            raise InputError(f"{where}: must be an object, got {type(entry).__name__}")
        image = needed(where, entry, "image")
        for turn, (asked, answered) in enumerate(_turns(where, entry)):
            yield _question(f"{where}, turn {2 * turn}", image, asked, answered, image_root)


def write(path: Path, questions: Iterable[Question]) -> Path:
    """Write a conversation per question, its task as a token where the subtype is one."""
    return write_json(path, [_entry(one) for one in questions])


def _turns(where: str, entry: dict[str, Any]) -> list[tuple[str, str]]:
    turns = entry.get("conversations")
    if not isinstance(turns, list) or not all(isinstance(turn, dict) for turn in turns):
        raise InputError(f"{where}: field 'conversations': must be a list of turns, got {turns!r}")
    speakers = [turn.get("from") for turn in turns]
    if speakers != ["human", "gpt"] * (len(turns) // 2) or not turns:
        raise InputError(f"{where}: field 'from': turns must be human, gpt, human, gpt, ..., got {speakers}")
    texts = [needed(f"{where}, turn {number}", turn, "value") for number, turn in enumerate(turns)]
    return list(zip(texts[::2], texts[1::2], strict=True))


def _question(where: str, image: str, asked: str, answered: str, image_root: str) -> Question:
    volume = image.replace("\\", "/").rstrip("/").rsplit("/", 1)[-1]
    name = parse_name(volume).case_id if is_name(volume) else volume_name(volume)
    task = next((token for token in _TOKEN.findall(asked) if token != "image"), "")
    text = " ".join(_TOKEN.sub(" ", asked).split())
    answer = answered.strip()
    stem, options = _options(text) if task == "multiple_choice" else (text, ())
    chosen = _chosen(answer, options)
    return question(
        where,
        case_id=name,
        image_path=image_path_of(f"{name}.nii.gz", image_root),
        question=stem if chosen else text,
        answer=chosen or answer,
        options=options if chosen else (),
        answer_type="choice" if chosen else "free",
        category=own_category(text, answer),
        subtype=f"CT-RATE {task}".strip(),
        tags=six_categories(text, answer),
        source="CT-RATE VQA",
        metadata={ROW: {"image": image, "question": asked, "answer": answered}},
    )


def _options(text: str) -> tuple[str, tuple[str, ...]]:
    """Split ``Where is it? (a) left (b) right`` into its words and options."""
    marks = list(_OPTION.finditer(text))
    if len(marks) < 2 or "".join(mark.group(1) for mark in marks) != "abcdefgh"[: len(marks)]:
        return text, ()
    ends = [*(mark.start() for mark in marks[1:]), len(text)]
    options = tuple(text[mark.end() : end].strip(" ,;") for mark, end in zip(marks, ends, strict=True))
    return text[: marks[0].start()].strip(), options


def _chosen(answer: str, options: tuple[str, ...]) -> str | None:
    """The option that an answer names by letter or text; None where it names none."""
    mark = _OPTION.match(answer)
    if mark is not None:
        place = "abcdefgh".index(mark.group(1))
        return options[place] if place < len(options) else None
    return answer if answer in options else None


def _entry(one: Question) -> dict[str, Any]:
    own = one.metadata.get(ROW)
    if isinstance(own, dict) and {"image", "question", "answer"} <= own.keys():
        image, asked, answer = own["image"], own["question"], own["answer"]
    else:
        listed = " ".join(f"({letter}) {text}" for letter, text in zip("abcdefgh", one.options, strict=False))
        task = "multiple_choice" if one.options else "short_answer"
        image = f"{one.case_id}.nii.gz"
        asked = " ".join(filter(None, ("<image>", one.question, listed, f"<{task}>")))
        answer = one.answer
    turns = [{"from": "human", "value": asked}, {"from": "gpt", "value": answer}]
    return {"image": image, "conversations": turns}
