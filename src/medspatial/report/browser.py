"""The data of the question browser: a small index of all questions, details in files of their own.

Files are scripts, not JSON: a page that is opened from disk may load scripts but not fetch data.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from medspatial.records import Evidence, Question
from medspatial.report.formatting import measure
from medspatial.report.names import spoken, title
from medspatial.report.tables.accuracy import category_title
from medspatial.report.verdicts import VERDICT_TITLES, Verdicts

_PER_FILE = 40  # questions per detail file; a few hundred kilobytes with outlines


def write_browser(
    folder: Path,
    questions: Sequence[Question],
    verdicts: Verdicts,
    pictures: Mapping[str, Mapping[str, Any]],
) -> None:
    """Write ``data/index.js`` and ``data/details-*.js``.

    Parameters
    ----------
    pictures
        Question id to its picture as plain data, or to ``{"absent": reason}``.
    """
    data = folder / "data"
    data.mkdir(parents=True, exist_ok=True)
    rows = []
    for number, batch in enumerate(_batches(questions), start=1):
        name = f"details-{number:04d}"
        details = {question.id: _details(question, verdicts, pictures[question.id]) for question in batch}
        _write_script(data / f"{name}.js", "details", {"file": name, "questions": details})
        rows += [_row(question, verdicts, name) for question in batch]
    categories = dict.fromkeys(question.category for question in questions)
    index = {
        "models": list(verdicts.models),
        "referenceArm": verdicts.reference_arm,
        "verdicts": VERDICT_TITLES,
        "categories": {name: category_title(name) for name in categories if name},
        "rows": rows,
    }
    _write_script(data / "index.js", "index", index)


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


def _row(question: Question, verdicts: Verdicts, file: str) -> list[str]:
    """One index row, in the order the script reads it."""
    return [
        question.id,
        question.case_id,
        question.category or "",
        question.subtype or "",
        question.question,
        question.answer,
        verdicts.marks(question),
        file,
    ]


def _details(question: Question, verdicts: Verdicts, picture: Mapping[str, Any]) -> dict[str, Any]:
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
        "evidence": list(_evidence(question.evidence)) if question.evidence else [],
        "quote": question.evidence.quote if question.evidence else None,
        "origin": [[name, text] for name, text in origin.items() if text],
        "answers": verdicts.answers(question),
        "picture": picture,
    }


def _reference(question: Question) -> str:
    if question.tolerance is None or question.value is None:
        return question.answer
    return f"{question.answer} (accepted within ± {measure(question.tolerance, question.unit)})"


def _evidence(evidence: Evidence) -> Iterable[list[str]]:
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
