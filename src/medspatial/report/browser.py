"""The data of the question browser: a small index of all questions, details in files of their own.

Files are scripts, not JSON: a page that is opened from disk may load scripts but not fetch data.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from medspatial.compare.failures import FAILURE_TITLES
from medspatial.compare.item_rows import categories_of
from medspatial.records import Evidence, Question
from medspatial.report.arm_pairs import ArmPairs
from medspatial.report.formatting import measure
from medspatial.report.model_notes import ModelNote
from medspatial.report.names import spoken, title
from medspatial.report.tables.accuracy import category_title
from medspatial.report.verdicts import FAILURE_LETTERS, MISSING_ROW, VERDICT_TITLES, Verdicts

_COLUMNS = ("id", "case", "category", "subtype", "question", "answer", "marks", "patient", "failures")
_PER_FILE = 40  # questions per detail file; a few hundred kilobytes with outlines


def write_browser(
    folder: Path,
    questions: Sequence[Question],
    verdicts: Verdicts,
    pictures: Mapping[str, Mapping[str, Any]],
    *,
    subtypes: Mapping[str, str] | None = None,
    notes: Sequence[ModelNote] = (),
    arms: ArmPairs | None = None,
) -> None:
    """Write ``data/index.js`` and ``data/details-*.js``.

    Parameters
    ----------
    pictures
        Question id to its picture as plain data, or to ``{"absent": reason}``.
    subtypes
        Titles of subtypes.
    notes
        The models', for the words in which each question reached them.
    arms
        What became of the questions in control arms, for the tables that lead to them.
    """
    data = folder / "data"
    data.mkdir(parents=True, exist_ok=True)
    rows: list[tuple[Any, ...]] = []
    requests = {note.model: note.requests for note in notes}
    for number, batch in enumerate(_batches(questions), start=1):
        name = f"details-{number:04d}"
        details = {
            question.id: {
                **_details(question, pictures[question.id]),
                **_exchanges(question, verdicts, requests),
            }
            for question in batch
        }
        _write_script(data / f"{name}.js", "details", {"file": name, "questions": details})
        rows += [_row(question, verdicts) for question in batch]
    categories = dict.fromkeys(name for question in questions for name in categories_of(question))
    index = {
        "models": list(verdicts.models),
        "referenceArm": verdicts.reference_arm,
        "verdicts": VERDICT_TITLES,
        "categories": {name: category_title(name) for name in categories},
        "subtypes": dict(subtypes or {}),
        "failures": {
            name: [letter, FAILURE_TITLES.get(name, name.replace("_", " "))]
            for name, letter in FAILURE_LETTERS.items()
            if any(letter in row[-1] for row in rows)
        },
        "perFile": _PER_FILE,
        "columns": {name: _column([row[place] for row in rows]) for place, name in enumerate(_COLUMNS)},
        **_arm_columns([row[0] for row in rows], arms or ArmPairs()),
    }
    _write_script(data / "index.js", "index", index)


def _arm_columns(ids: Sequence[str], arms: ArmPairs) -> dict[str, Any]:
    """Letters of control arms, a column per arm; see `ArmPairs`."""
    return {
        "arms": {
            name: _column([letters.get(one, "") for one in ids]) for name, letters in arms.pairs.items()
        },
        "grounding": _column([arms.grounding.get(one, "") for one in ids]),
    }


def script_literal(content: Any) -> str:
    """Write data as a JavaScript literal in which no text can end a script or start a tag."""
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
    for mark in "<>&\u2028\u2029":
        text = text.replace(mark, f"\\u{ord(mark):04x}")
    return text


def _write_script(path: Path, receiver: str, content: Any) -> None:
    path.write_text(f"medspatial.{receiver}({script_literal(content)});\n", encoding="utf-8", newline="\n")


def _batches(questions: Sequence[Question]) -> Iterator[list[Question]]:
    """Group questions by case, in the order of their first appearance, and cut into files."""
    by_case: dict[str, list[Question]] = {}
    for question in questions:
        by_case.setdefault(question.case_id, []).append(question)
    ordered = [question for found in by_case.values() for question in found]
    for start in range(0, len(ordered), _PER_FILE):
        yield ordered[start : start + _PER_FILE]


def _row(question: Question, verdicts: Verdicts) -> tuple[Any, ...]:
    """One index row: the cells of `_COLUMNS`."""
    return (
        question.id,
        question.case_id,
        tuple(categories_of(question)),
        question.subtype or "",
        question.question,
        question.answer,
        verdicts.marks(question),
        question.patient_id,
        verdicts.failures(question),
    )


def _column(cells: list[Any]) -> list[Any] | dict[str, Any]:
    """Return a column as it is, or, where cells repeat, its values once and each cell's place among them."""
    places = {value: place for place, value in enumerate(dict.fromkeys(cells))}
    if 2 * len(places) > len(cells):
        return cells
    return {"values": list(places), "at": [places[cell] for cell in cells]}


def _details(question: Question, picture: Mapping[str, Any]) -> dict[str, Any]:
    origin = {
        "Case": question.case_id,
        "Patient": question.patient_id,
        "Image": question.image_path,
        "Source": question.source,
        "License": question.license,
        "Twin": question.pair_id,
        "Tags": ", ".join(question.tags) or None,
    }
    return {
        "options": list(question.options),
        "answer": _reference(question),
        "type": question.answer_type,
        "evidence": list(evidence_rows(question.evidence)) if question.evidence else [],
        "quote": question.evidence.quote if question.evidence else None,
        "origin": [[name, text] for name, text in origin.items() if text],
        "picture": picture,
    }


def _exchanges(
    question: Question, verdicts: Verdicts, requests: Mapping[str, Mapping[tuple[str, str], str]]
) -> dict[str, Any]:
    """Every answer, and the different words in which the question was put; answers name theirs by place."""
    texts: dict[str, int] = {}
    answers = verdicts.answers(question)
    for answer in answers:
        words = requests.get(answer["model"], {}).get((question.id, answer["arm"]))
        if words is not None and answer["mark"] != MISSING_ROW:
            answer["asked"] = texts.setdefault(words, len(texts))
    return {"answers": answers, "requests": list(texts)}


def _reference(question: Question) -> str:
    if question.tolerance is None or question.value is None:
        return question.answer
    return f"{question.answer} (accepted within ± {measure(question.tolerance, question.unit)})"


def evidence_rows(evidence: Evidence) -> Iterable[list[str]]:
    """Yield (what, figure) pairs, in reading order."""
    if evidence.measurement:
        yield ["Measurement", evidence.measurement]
    if evidence.value is not None:
        yield ["Value", measure(evidence.value, evidence.unit)]
    if evidence.margin is not None:
        yield ["Margin", measure(evidence.margin, evidence.unit)]
    if evidence.margin_rule:
        yield ["Rule", evidence.margin_rule]
    if evidence.formula:
        yield ["Formula", evidence.formula]
    if evidence.structures:
        yield ["Structures", ", ".join(title(name) for name in evidence.structures)]
    if evidence.assumptions:
        yield ["Assumed", "; ".join(evidence.assumptions)]
    for name, value in evidence.details.items():
        yield [name.replace("_", " "), spoken(_plain(value))]


def _plain(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int | float):
        return measure(float(value))
    if isinstance(value, list | tuple):
        return ", ".join(_plain(one) for one in value)
    if isinstance(value, dict):
        return "; ".join(f"{name}: {_plain(one)}" for name, one in value.items())
    return str(value)
