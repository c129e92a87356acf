"""The structured match as a metric."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from medspatial.records import Prediction
from medspatial.score.base import Mark, Metric
from medspatial.score.registry import register_metric
from medspatial.score.structured.match import match
from medspatial.score.structured.verdict import Verdict

RULES_VERSION = "2"


@register_metric
class StructuredMatch(Metric):
    """Reads the answer out of the reply by rules R1 to R14, and compares it with the reference."""

    name = "structured"

    def marks(self, rows: Sequence[Prediction]) -> list[Mark]:
        """Judge each row by the matcher of its answer type."""
        return [_mark(match(row, row.prediction or "")) for row in rows]

    def describe(self) -> dict[str, Any]:
        """Return the version of the rules."""
        return {**super().describe(), "rules": "R1-R14", "rules_version": RULES_VERSION}


def _mark(verdict: Verdict) -> Mark:
    metadata: dict[str, Any] = dict(verdict.metadata)
    if verdict.trace:
        metadata["trace"] = list(verdict.trace)
    if verdict.outcome == "undecided":
        return Mark(None, None, "unscored", verdict.extracted, verdict.rule, verdict.reason, metadata)
    correct = verdict.outcome == "correct"
    status = "unanswered" if verdict.outcome == "unanswered" else "scored"
    return Mark(float(correct), correct, status, verdict.extracted, verdict.rule, verdict.reason, metadata)  # type: ignore[arg-type]
