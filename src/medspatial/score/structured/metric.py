"""The structured match as a metric."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from medspatial.language import reading
from medspatial.records import Prediction, Reading
from medspatial.score.base import Mark, Metric, Status
from medspatial.score.registry import register_metric
from medspatial.score.structured.match import match
from medspatial.score.structured.verdict import Outcome, Verdict

RULES_VERSION = "8"
_STATUS: dict[Outcome, Status] = {
    "correct": "scored",
    "incorrect": "scored",
    "unanswered": "unanswered",
    "undecided": "unscored",
}


@register_metric
class StructuredMatch(Metric):
    """Reads the answer out of the reply by rules R1 to R14, and compares it with the reference."""

    name = "structured"
    computes = True
    reads = ("medspatial.language", "medspatial.anatomy")
    in_workers = True

    def marks(self, rows: Sequence[Prediction]) -> list[Mark]:
        """Judge each row by the matcher of its answer type."""
        return [_mark(match(row, row.prediction or ""), row.options) for row in rows]

    def describe(self) -> dict[str, Any]:
        """Return the version of the rules."""
        return {**super().describe(), "rules": "R1-R14", "rules_version": RULES_VERSION}


def _mark(verdict: Verdict, options: tuple[str, ...]) -> Mark:
    correct = verdict.outcome == "correct"
    status = _STATUS[verdict.outcome]
    decided = status != "unscored"
    return Mark(
        float(correct) if decided else None,
        correct if decided else None,
        status,
        verdict.extracted,
        verdict.rule,
        verdict.reason,
        metadata={"trace": list(verdict.trace)} if verdict.trace else {},
        reading=typed_reading(verdict, options),
        numeric=verdict.numeric,
    )


def typed_reading(verdict: Verdict, options: tuple[str, ...] = ()) -> Reading:
    """Return what a verdict read as the answer, as typed values."""
    said = reading(verdict.extracted or "", options, verdict.standing)
    if verdict.numeric is None:
        return said
    return said.model_copy(update={"figure": verdict.numeric.figure, "unit": verdict.unit})
