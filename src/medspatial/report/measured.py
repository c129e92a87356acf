"""What a comparison measured, in words: its figure, the unit, and how small a difference can be found."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from medspatial.report.formatting import count, p_value, percent

if TYPE_CHECKING:
    from medspatial.compare.result import Comparison


@dataclass(frozen=True)
class Measured:
    """The figure of a metric: a share of right answers, or the mean of a graded metric.

    Attributes
    ----------
    name
        Such as ``"Accuracy"`` or ``"Mean rouge"``.
    graded
        True for a mean of figures, where no answer is right or wrong.
    scale
        What figures are multiplied by to be shown: 100, or 1 where one exceeds 1 (a number of words, BLEU).
    """

    name: str
    graded: bool
    scale: float

    @property
    def title(self) -> str:
        """For the head of a table: ``Accuracy in percent``, ``Mean rouge, times 100``, ``Mean length``."""
        if not self.graded:
            return f"{self.name} in percent"
        return f"{self.name}, times 100" if self.scale > 1 else self.name

    @property
    def axis(self) -> str:
        """For the axis of a figure: ``Accuracy (%)``, ``Mean rouge (× 100)``, ``Mean length``."""
        if not self.graded:
            return f"{self.name} (%)"
        return f"{self.name} (× 100)" if self.scale > 1 else self.name

    @property
    def differences(self) -> str:
        """What differences are in: ``in percentage points``, ``of mean rouge, times 100``."""
        if not self.graded:
            return "in percentage points"
        return f"of {self.title[0].lower()}{self.title[1:]}"

    @property
    def unit(self) -> str:
        """Behind a figure in a sentence: ``" %"``, or nothing."""
        return "" if self.graded else " %"

    @property
    def points(self) -> str:
        """Behind a difference in a sentence: ``" points"``, or nothing where the figure has no percent."""
        return " points" if self.scale > 1 else ""

    def shown(self, value: float | None) -> float | None:
        """Return a figure as the share that the formatting functions write times 100."""
        return None if value is None else value * (self.scale / 100)


SHARE = Measured("Accuracy", graded=False, scale=100.0)


def measured(comparison: Comparison) -> Measured:
    """Tell from a comparison what its figures are."""
    if not comparison.graded:
        return SHARE
    largest = comparison.largest
    if largest is None:
        largest = max((abs(one.overall.accuracy or 0.0) for one in comparison.results), default=0.0)
    return Measured(f"Mean {comparison.metric}", graded=True, scale=100.0 if largest <= 1 else 1.0)


def smallest_difference(comparison: Comparison) -> str:
    """Say how small a difference is likely to be found, in few words; nothing without pairs."""
    if comparison.mde is not None:
        what = measured(comparison)
        return f"{percent(what.shown(comparison.mde))}{what.points}"
    return "none" if nothing_to_find(comparison) else ""


def nothing_to_find(comparison: Comparison) -> str:
    """Say why no difference can be found, where so few patients (or so many pairs) allow no small p value."""
    least = min((pair.p_least for pair in comparison.pairs if pair.p_least is not None), default=None)
    level = 1 - comparison.confidence
    if comparison.mde is not None or least is None or least < level:
        return ""
    patients, pairs = comparison.pairs[0].clusters, len(comparison.pairs)
    over = f" and {count(pairs)} pairs (Holm)" if pairs > 1 else ""
    word = "patient" if patients == 1 else "patients"
    return (
        f"With {count(patients)} {word}{over} the test, which flips signs by patient, cannot give p below "
        f"{p_value(least)}: no difference between models can be found, however large."
    )
