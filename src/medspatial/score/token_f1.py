"""Token F1: the bag-of-words overlap of the question-answering field."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from medspatial.records import Prediction
from medspatial.score.base import Mark, Metric, Tally
from medspatial.score.graded import GradedTally
from medspatial.score.normalise import NORMALISE_CONVENTION, normalise
from medspatial.score.registry import register_metric


def token_f1(prediction: str, reference: str) -> float:
    """Return the F1 of the two bags of normalised words; 0 when either is empty.

    >>> round(token_f1("The right kidney", "right kidney"), 3)
    0.8
    """
    got, want = Counter(normalise(prediction).split()), Counter(normalise(reference).split())
    shared = sum((got & want).values())
    return 2 * shared / (got.total() + want.total()) if shared else 0.0


@register_metric
class TokenF1(Metric):
    """F1 of shared words after the normalisation of exact match."""

    name = "token_f1"
    in_workers = True
    warning = "'left kidney' for 'right kidney' scores 0.5"

    def marks(self, rows: Sequence[Prediction]) -> list[Mark]:
        """Compare each row's prediction with its answer."""
        return [
            Mark(token_f1(text, row.answer), None, "scored" if text.strip() else "unanswered")
            for row in rows
            for text in (row.prediction or "",)
        ]

    def tally(self) -> Tally:
        """Return an accumulator of the means."""
        return GradedTally(self.name)

    def describe(self) -> dict[str, Any]:
        """Return the convention."""
        return {**super().describe(), "convention": f"bag of words; {NORMALISE_CONVENTION}"}
