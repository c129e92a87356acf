"""Logs of inspect_ai, read through its own API."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

from medspatial.errors import InputError, require
from medspatial.exchange.results import ForeignResults, identity, options_and_answer
from medspatial.files import shortened

# inspect's letters: correct, incorrect, partly, no answer.
_LETTERS: dict[str, float | None] = {"C": 1.0, "I": 0.0, "P": 0.5, "N": None}


def read_inspect(path: Path, *, patient: str | None, model: str | None) -> ForeignResults:
    """Read one log (``.eval`` or ``.json``).

    Raises
    ------
    InputError
        Not a log, or a log without samples.
    MissingPackageError
        inspect_ai is not installed.
    """
    logs = require("inspect_ai.log", "exchange")
    try:
        log = logs.read_eval_log(str(path))
    except Exception as error:  # its readers raise whatever their parsers do
        raise InputError(f"{path}: inspect_ai cannot read it: {type(error).__name__}: {error}") from None
    if not log.samples:
        raise InputError(f"{path}: holds no samples (status {log.status!r})")
    found = ForeignResults()
    if log.status != "success":
        found.notes[f"{path.name}: the log's status is {log.status!r}"] += 1
    for sample in log.samples:
        where = f"{path}: sample {sample.id}, epoch {sample.epoch}"
        facts = dict(sample.metadata or {})
        choices = [str(one) for one in sample.choices or ()]
        item = {
            **identity(facts, fallback=str(sample.id), patient=patient, notes=found.notes),
            **_kept(facts),
            "question": _text(sample.input),
            **options_and_answer(choices, _first(sample.target)),
            "model": model or _own_name(log, facts),
            "arm": _arm(facts, sample.epoch),
            **_answer(sample),
        }
        verdicts = (
            {}
            if sample.error
            else {
                f"inspect:{name}": _figure(one.value, name, found.notes)
                for name, one in (sample.scores or {}).items()
            }
        )
        found.add(where, item, verdicts)
    return found


def _answer(sample: Any) -> dict[str, Any]:
    if sample.error is not None:
        return {"status": "failed", "error": str(sample.error.message)}
    return {"prediction": sample.output.completion}


def _kept(facts: dict[str, Any]) -> dict[str, Any]:
    """Fields of ours that an export of ours wrote into the sample."""
    names = ("id", "category", "subtype")
    return {name: str(facts[name]) for name in names if isinstance(facts.get(name), str)}


def _own_name(log: Any, facts: dict[str, Any]) -> str:
    return str(facts.get("model") or log.eval.model)


def _arm(facts: dict[str, Any], epoch: int) -> str:
    arm = str(facts.get("arm") or "standard")
    return arm if epoch <= 1 else f"{arm}-epoch-{epoch}"


def _figure(value: Any, scorer: str, notes: Counter[str]) -> float | bool | None:
    if isinstance(value, str) and value in _LETTERS:
        return _LETTERS[value]
    if isinstance(value, bool | int | float):
        return value
    notes[f"scorer {scorer!r}: the value {shortened(repr(value), 40)} is not a verdict"] += 1
    return None


def _first(target: Any) -> str:
    return str(target[0]) if isinstance(target, list) and target else str(target)


def _text(said: Any) -> str:
    """The user's words of an input, which is text or a list of messages."""
    if isinstance(said, str):
        return said
    return "\n".join(one.text for one in said if one.role == "user").strip()
