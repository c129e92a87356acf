"""Exact match: the normalised rule, and the naive one beside it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from medspatial.records import Prediction
from medspatial.score.base import Mark, Metric
from medspatial.score.normalise import NAIVE_CONVENTION, NORMALISE_CONVENTION, normalise, normalise_naive
from medspatial.score.registry import register_metric

_SAME = Mark(1.0, True, rule="exact", reason="equal to the reference after normalisation")
_BLANK = Mark(
    0.0, False, "unanswered", rule="blank", reason="nothing is left of the reply after normalisation"
)


@register_metric
class ExactMatch(Metric):
    """1 when both normalised strings are equal and not empty, else 0; blank replies are unanswered."""

    name = "exact"
    computes = True
    in_workers = True
    warning = "free text hardly ever equals the reference word by word; read it beside 'structured'"

    def marks(self, rows: Sequence[Prediction]) -> list[Mark]:
        """Compare each row's prediction with its answer."""
        return [_compare(normalise(row.prediction or ""), normalise(row.answer)) for row in rows]

    def describe(self) -> dict[str, Any]:
        """Return the convention."""
        return {**super().describe(), "convention": NORMALISE_CONVENTION}


@register_metric
class NaiveExactMatch(Metric):
    """The rule often used, for comparison: it makes '2.3 cm' equal to '23 cm'; two blanks are equal."""

    name = "exact_naive"
    in_workers = True
    warning = "deletes points and signs: '2.3 cm' equals '23 cm' and '-850 HU' equals '850 HU'"

    def marks(self, rows: Sequence[Prediction]) -> list[Mark]:
        """Compare each row's prediction with its answer."""
        marks = []
        for row in rows:
            got, want = normalise_naive(row.prediction or ""), normalise_naive(row.answer)
            marks.append(_SAME if got == want else _differs(got, want))
        return marks

    def describe(self) -> dict[str, Any]:
        """Return the convention."""
        return {**super().describe(), "convention": NAIVE_CONVENTION}


def _compare(got: str, want: str) -> Mark:
    if not got:
        return _BLANK
    return _SAME if got == want else _differs(got, want)


def _differs(got: str, want: str) -> Mark:
    return Mark(0.0, False, rule="exact", reason=f"'{_short(got)}' is not '{_short(want)}'")


def _short(text: str, limit: int = 60) -> str:
    return text if len(text) <= limit else text[: limit - 1] + "…"
