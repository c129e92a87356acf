"""Answer length in words: overlap metrics follow it, so it stands beside them."""

from __future__ import annotations

from collections.abc import Sequence

from medspatial.records import Prediction
from medspatial.score.base import Mark, Metric, Tally
from medspatial.score.graded import GradedTally
from medspatial.score.registry import register_metric


@register_metric
class AnswerLength(Metric):
    """Number of white-space separated words of the reply; the reference's stands beside it."""

    name = "length"
    warning = "no quality: overlap metrics fall with short answers and rise with the reference's length"

    def marks(self, rows: Sequence[Prediction]) -> list[Mark]:
        """Count words."""
        marks = []
        for row in rows:
            words = len((row.prediction or "").split())
            reference = len(row.answer.split())
            status = "scored" if words else "unanswered"
            marks.append(Mark(float(words), None, status, metadata={"reference_words": reference}))  # type: ignore[arg-type]
        return marks

    def tally(self) -> Tally:
        """Return an accumulator of the means."""
        return GradedTally(self.name)
