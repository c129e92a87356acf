"""Samples of lm-evaluation-harness and lmms-eval (``--log_samples``): one JSONL file per task and model."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from medspatial.errors import InputError
from medspatial.exchange.results import ForeignResults, identity, options_and_answer
from medspatial.exchange.tables import table_rows

# Fields of a sample that are no metric.
_OWN = {
    *("doc_id", "doc", "target", "arguments", "resps", "filtered_resps", "filter", "metrics", "doc_hash"),
    *("prompt_hash", "target_hash", "input", "token_counts", "lmms_eval_version"),
}
_QUESTIONS = ("question", "query", "prompt", "problem")
_CHOICES = ("options", "choices")
_TASK = re.compile(r"samples_(?P<task>.+?)(?:_\d{4}-\d{2}-\d{2}T.*)?$")


def is_samples(row: Mapping[str, Any]) -> bool:
    """Whether a row is a logged sample."""
    return {"doc_id", "target"} <= set(row) and ("resps" in row or "filtered_resps" in row)


def read_samples(path: Path, *, patient: str | None, model: str | None) -> ForeignResults:
    """Read the samples of one task.

    The model is the folder's name, as both harnesses write it, unless it is given.

    Raises
    ------
    InputError
        A row that is no sample, or has no question.
    """
    found = ForeignResults()
    matched = _TASK.search(path.stem)
    task = matched.group("task") if matched else path.stem
    seen: set[str] = set()
    for where, row in table_rows(path):
        if not is_samples(row):
            raise InputError(f"{where}: is not a sample of lm-evaluation-harness or lmms-eval")
        name, filtered = str(row["doc_id"]), row.get("filter") or "none"
        doc = row["doc"] if isinstance(row.get("doc"), dict) else {}
        choices: list[Any] = next((doc[name] for name in _CHOICES if isinstance(doc.get(name), list)), [])
        item = {
            **identity(doc, fallback=f"{task}-{name}", patient=patient, notes=found.notes),
            "question": _question(row, doc, where),
            **options_and_answer([str(one) for one in choices], _target(row["target"], choices, where)),
            "prediction": _text(row.get("filtered_resps") or row.get("resps")),
            "model": model or path.parent.name or "unknown",
            "category": task,
        }
        # the same reply read by another filter is no further answer, but has its own verdicts
        reader = "" if filtered == "none" else f",{filtered}"
        verdicts: dict[str, float | bool | None] = {
            f"lm-eval:{metric}{reader}": value
            for metric, value in row.items()
            if metric not in _OWN and isinstance(value, bool | int | float)
        }
        found.add(where, item, verdicts, again=name in seen)
        seen.add(name)
    return found


def _question(row: Mapping[str, Any], doc: Mapping[str, Any], where: str) -> str:
    for name in _QUESTIONS:
        if isinstance(doc.get(name), str) and doc[name].strip():
            return str(doc[name])
    if isinstance(row.get("input"), str) and row["input"].strip():
        return str(row["input"])
    said = _text(row.get("arguments"))
    if not said.strip():
        raise InputError(
            f"{where}: has no question (looked in doc for {', '.join(_QUESTIONS)}, input, arguments)"
        )
    return said


def _target(target: Any, choices: list[Any], where: str) -> str:
    """The reference; a whole number, or digits that are no choice, are a place among the choices.

    Raises
    ------
    InputError
        Digits that are a choice and the place of another one.
    """
    words = [str(one) for one in choices]
    if isinstance(target, int) and not isinstance(target, bool):
        return words[target] if 0 <= target < len(words) else str(target)
    text = _text(target)
    if not text.isdigit() or int(text) >= len(words):
        return text
    if text in words and words[int(text)] != text:
        raise InputError(
            f"{where}: target {text!r} is a choice, and the place of the choice {words[int(text)]!r}"
        )
    return words[int(text)]


def _text(value: Any) -> str:
    """The first text inside nested lists, or inside the generated arguments."""
    while isinstance(value, list | tuple) and value:
        value = value[0]
    if isinstance(value, dict) and value:
        return _text(next(iter(value.values())))
    return "" if value is None or value in ([], {}) else str(value)
