"""Results that DeepTumorVQA's own evaluator writes: ``results`` by ``qid``, to be joined to its questions."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from medspatial.errors import InputError
from medspatial.exchange.results import ForeignResults
from medspatial.files import json_file
from medspatial.records import Item, Question

_FAILED = "[ERROR]"
NO_VERDICT = "DeepTumorVQA's files hold no verdict per question: score the predictions"


def read_deep_tumor(path: Path, questions: Iterable[Question], *, model: str | None = None) -> ForeignResults:
    """Read one file of results.

    Parameters
    ----------
    questions
        The questions as `medspatial.datasets.formats` reads them, whose ids are theirs.
    model
        Name of the model; the file does not say it, its name is taken otherwise.

    Raises
    ------
    InputError
        No list ``results``; a row without ``qid`` or answer; a question twice; an id that no question has.
    """
    known = {one.id: one for one in questions}
    data = json_file(path)
    rows = data.get("results") if isinstance(data, dict) else None
    if not isinstance(rows, list):
        raise InputError(f"{path}: must hold an object with a list 'results'")
    if not known:
        raise InputError(f"{path}: holds no words of its questions; name them with --questions")
    found = ForeignResults()
    seen: set[str] = set()
    for number, row in enumerate(rows):
        where = f"{path}: results[{number}]"
        if not isinstance(row, dict) or not row.get("qid"):
            raise InputError(f"{where}: field 'qid' is required")
        name = str(row["qid"])
        if name not in known:
            raise InputError(f"{where}: field 'qid': {name!r} is not a question of the set")
        if name in seen:
            raise InputError(f"{where}: field 'qid': {name!r} is there twice")
        seen.add(name)
        _check_reference(where, row, known[name])
        found.add(where, _item(where, row, known[name], model or path.name.partition(".")[0]), {})
    found.notes[NO_VERDICT] += len(rows)
    if missing := len(known) - len(seen):
        found.notes["questions of the set that the file does not answer"] += missing
    return found


def _check_reference(where: str, row: dict[str, Any], one: Question) -> None:
    """The letter of the file must be the one of the set: else the file is of another version."""
    letter = str(row.get("correct_option") or "").strip().upper()
    if letter and one.options and letter != "ABCDEFGH"[one.options.index(one.answer)]:
        right = "ABCDEFGH"[one.options.index(one.answer)]
        raise InputError(f"{where}: field 'correct_option': {letter!r}, in the questions it is {right!r}")


def _item(where: str, row: dict[str, Any], one: Question, model: str) -> dict[str, Any]:
    reply = row.get("raw_output") if row.get("raw_output") is not None else row.get("pred_answer")
    if reply is None:
        raise InputError(f"{where}: field 'raw_output' is required")
    facts = {name: getattr(one, name) for name in Item.model_fields}
    if str(reply).startswith(_FAILED):
        return {**facts, "model": model, "status": "failed", "error": str(reply)}
    return {**facts, "model": model, "prediction": str(reply)}
