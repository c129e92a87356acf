"""Verdicts that exist already: files of LLM judges or people, read as a metric, and juries of several."""

from __future__ import annotations

import gzip
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from medspatial.errors import InputError
from medspatial.records import Prediction, Score, Vote, content_hash, volume_name
from medspatial.records.table import json_value
from medspatial.score.base import Mark, Metric, unscored
from medspatial.score.registry import register_metric

_VERDICT_FIELDS = ("is_correct", "correct", "verdict", "judgment", "judgement", "label")
_REASON_FIELDS = ("reasoning", "reason", "explanation")
_WORDS = {
    "true": True, "correct": True, "yes": True, "1": True, "right": True,
    "false": False, "incorrect": False, "no": False, "0": False, "wrong": False, "unanswered": False,
}  # fmt: skip

Key = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class JudgeVerdict:
    """One row of a verdict file: correct or not (None where the judge failed), with its reason."""

    key: Key
    correct: bool | None
    reason: str | None = None


def read_verdicts(path: str | Path) -> list[JudgeVerdict]:
    """Read a file of verdicts: a JSON list or JSONL, plain or gzipped.

    A row carries ``id``, or ``question`` with ``answer`` and ``prediction`` (and ``case_id`` where known),
    and one of ``is_correct``, ``correct``, ``verdict``, ``judgment``, ``label``.

    Raises
    ------
    InputError
        Missing file, bad JSON, or a row without identity or verdict.
    """
    path = Path(path)
    try:
        raw = path.read_bytes()
    except FileNotFoundError:
        raise InputError(f"{path}: no such file") from None
    try:
        text = (gzip.decompress(raw) if raw[:2] == b"\x1f\x8b" else raw).decode("utf-8")
        rows = (
            json_value(text)
            if text.lstrip().startswith("[")
            else [json_value(line) for line in text.splitlines() if line.strip()]
        )
    except (ValueError, OSError, EOFError) as error:
        raise InputError(f"{path}: not a JSON list or JSONL of verdicts: {error}") from None
    return [_verdict(path, number, row) for number, row in enumerate(rows, start=1)]


def _verdict(path: Path, number: int, row: Any) -> JudgeVerdict:
    if not isinstance(row, dict):
        raise InputError(f"{path}: row {number}: must be an object, got {type(row).__name__}")
    field = next((name for name in _VERDICT_FIELDS if name in row), None)
    if field is None:
        raise InputError(f"{path}: row {number}: needs one of {', '.join(_VERDICT_FIELDS)}")
    value = row[field]
    if value is not None and not isinstance(value, bool):
        word = str(value).strip().lower()
        if word not in _WORDS:
            raise InputError(f"{path}: row {number}: field '{field}' must be a verdict, got {value!r}")
        value = _WORDS[word]
    reason = next((str(row[name]) for name in _REASON_FIELDS if row.get(name)), None)
    return JudgeVerdict(_file_key(path, number, row), value, reason)


def _file_key(path: Path, number: int, row: dict[str, Any]) -> Key:
    if row.get("id"):
        return ("id", str(row["id"]), str(row.get("model") or ""))
    missing = [name for name in ("question", "answer", "prediction") if name not in row]
    if missing:
        raise InputError(
            f"{path}: row {number}: needs 'id', or 'question', 'answer' and 'prediction'; lacks "
            f"{', '.join(missing)}"
        )
    case = volume_name(str(row["case_id"])) if row.get("case_id") else ""
    return ("text", case, _text_key(str(row["question"]), str(row["answer"]), row["prediction"]))


def _text_key(question: str, answer: str, prediction: str | None) -> str:
    return content_hash(question.strip(), answer.strip(), (prediction or "").strip())


@register_metric
class RecordedVerdicts(Metric):
    """The verdicts of a judge or of people, read from a file and joined by identity, never by row number.

    Rows are joined by id, else by case, question, reference and prediction. Where a file names no case,
    equal triples take their verdicts in the order of the file.

    Parameters
    ----------
    path
        The verdict file.
    judge
        Name of the judge; the metric is called ``verdicts:<judge>``.
    """

    name = "verdicts"

    def __init__(self, *, path: str | Path, judge: str | None = None) -> None:
        self._path = Path(path)
        self.name = f"verdicts:{judge or self._path.name.partition('.')[0]}"
        self._table: dict[Key, deque[JudgeVerdict]] = {}
        for verdict in read_verdicts(path):
            self._table.setdefault(verdict.key, deque()).append(verdict)
        self.resumable = all(len(found) == 1 for found in self._table.values())
        self._hash = content_hash([[*key, *map(repr, found)] for key, found in self._table.items()])

    def marks(self, rows: Sequence[Prediction]) -> list[Mark]:
        """Look each row up."""
        return [self._mark(row) for row in rows]

    def _mark(self, row: Prediction) -> Mark:
        text = _text_key(row.question, row.answer, row.prediction)
        keys = (
            ("id", row.id, row.model),
            ("id", row.id, ""),
            ("text", volume_name(row.case_id), text),
            ("text", "", text),
        )
        found = next((self._table[key] for key in keys if self._table.get(key)), None)
        if found is None:
            return unscored(f"{self._path.name} has no verdict for this row")
        verdict = found.popleft() if len(found) > 1 else found[0]
        if verdict.correct is None:
            return unscored("the judge gave no verdict")
        return Mark(float(verdict.correct), verdict.correct, rule="judge", reason=verdict.reason)

    def describe(self) -> dict[str, Any]:
        """Return the file's name and number of verdicts."""
        return {
            **super().describe(),
            "file": self._path.name,
            "verdicts": sum(map(len, self._table.values())),
        }

    def identity(self) -> dict[str, Any]:
        """Return its description and a hash of the verdicts."""
        return {**self.describe(), "hash": self._hash}


def jury(scores: Iterable[Score], *, name: str = "jury", minimum: int = 2) -> list[Score]:
    """Return one score per row from several judges' scores: correct when more than half say so.

    Parameters
    ----------
    scores
        Scores of all judges, in any order; rows are joined by id, model and arm.
    minimum
        Judges that must have given a verdict; fewer make the row unscored.

    Returns
    -------
    list of Score
        ``score`` is the mean verdict, ``votes`` holds each judge's.
    """
    rows: dict[tuple[str, str, str], list[Score]] = {}
    for score in scores:
        rows.setdefault((score.id, score.model, score.arm), []).append(score)
    return [_voted(votes, name, minimum) for votes in rows.values()]


def _voted(scores: list[Score], name: str, minimum: int) -> Score:
    votes = {score.metric: _vote(score) for score in scores}
    cast = [score.correct for score in scores if score.correct is not None]
    update: dict[str, Any] = {
        "metric": name,
        "metadata": {},
        "votes": votes,
        "extracted": None,
        "rule": "majority",
    }
    if len(cast) < minimum:
        reason = f"{len(cast)} of {len(votes)} judges gave a verdict, {minimum} are needed"
        update |= {"score": None, "correct": None, "status": "unscored", "reason": reason}
    else:
        mean = sum(cast) / len(cast)
        update |= {
            "score": mean,
            "correct": mean > 0.5,
            "status": "scored",
            "reason": f"{sum(cast)} of {len(cast)} judges say correct",
        }
    return scores[0].model_copy(update=update)


def _vote(score: Score) -> Vote | None:
    if score.correct is None:
        return None
    if score.status == "unanswered":
        return "unanswered"
    return "correct" if score.correct else "incorrect"
