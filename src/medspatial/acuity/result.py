"""What a sight test found: one threshold in physical units, with what it was fitted to."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from medspatial.acuity.psychometric import MOST_LAPSE, WIDTHS, fit, threshold_interval
from medspatial.acuity.quantities import Quantity
from medspatial.records import Record

THRESHOLD_SHARE = 0.75
"""Share of right answers that a threshold stands for, of two answers."""
SURE = 0.95
"""Expected right answers from which on a level counts as seen surely."""


class Level(Record):
    """One level: right answers among its trials, and the fitted curve there.

    Attributes
    ----------
    blind
        Share of trials in which the input holds next to nothing; None for models.
    """

    level: float
    right: float
    trials: int
    fitted: float
    blind: float | None = None


class Acuity(Record):
    """The acuity of a model, or of its input, for one quantity.

    Attributes
    ----------
    of, kind
        Name of the model, and whether itself or the ideal observer of its input was tested.
    threshold, low, high
        Level of 75 % right answers and its interval by patient; None where the levels do not hold it.
    status
        ``found``; ``finer``: already the hardest level is right more often; ``not reached``: not even the
        easiest is.
    lapse
        Share missed however easy it is.
    """

    of: str
    kind: Literal["model", "input"]
    quantity: str
    title: str
    unit: str
    status: Literal["found", "finer", "not reached"]
    threshold: float | None = None
    low: float | None = None
    high: float | None = None
    lapse: float = 0.0
    patients: int
    levels: tuple[Level, ...]

    @property
    def sure_from(self) -> float | None:
        """The hardest level from which on at least 95 % are right; None if there is none."""
        found = None
        for one in reversed(self.levels):
            if one.right < SURE * one.trials:
                break
            found = one.level
        return found

    def words(self) -> str:
        """Say the threshold with its interval: ``14 mm (9–22)``, ``under 0.25 mm``, ``not with 32 mm``.

        Where more than a tenth is missed however easy it is, that is said too, and where the hardest level is
        told although the easiest is not.
        """
        missed = f", but {100 * self.lapse:.0f} % missed at any" if self.lapse > MOST_LAPSE else ""
        return self._threshold_words() + (missed if self.status != "not reached" else "")

    def _threshold_words(self) -> str:
        hardest, easiest = self.levels[0].level, self.levels[-1].level
        shares = [one.right / one.trials for one in (self.levels[0], self.levels[-1])]
        if self.kind == "input" and shares[0] >= THRESHOLD_SHARE > shares[1]:  # of a model it may be luck
            return f"not with {easiest:g} {self.unit}, but with {hardest:g}"
        falling = hardest > easiest
        if self.status == "finer":
            return f"{'over' if falling else 'under'} {hardest:g} {self.unit}"
        if self.status == "not reached" or self.threshold is None:
            return f"not with {easiest:g} {self.unit}"
        ends = (_bounded(self.low, hardest, easiest), _bounded(self.high, hardest, easiest))
        return f"{self.threshold:.2g} {self.unit} ({ends[0]}–{ends[1]})"


def _bounded(value: float | None, hardest: float, easiest: float) -> str:
    low, high = min(hardest, easiest), max(hardest, easiest)
    if value is None or value > high:
        return f">{high:g}"
    return f"<{low:g}" if value < low else f"{value:.2g}"


def neighbours(levels: Sequence[float] | NDArray[np.float64], threshold: float) -> tuple[float, float]:
    """Return the nearest levels at or below and above a threshold; the outermost ones beyond them."""
    below = [float(level) for level in levels if level <= threshold]
    above = [float(level) for level in levels if level > threshold]
    return max(below, default=float(min(levels))), min(above, default=float(max(levels)))


def acuity_of(
    name: str,
    quantity: Quantity,
    right: NDArray[np.float64],
    total: NDArray[np.float64],
    *,
    blind: Sequence[float] | None = None,
) -> Acuity:
    """Fit right answers.

    Parameters
    ----------
    right, total
        (patients, levels) in the order of the quantity's levels.
    blind
        Per level, for the ideal observer of an input; None for a model.
    """
    kind: Literal["model", "input"] = "model" if blind is None else "input"
    levels = np.array(quantity.levels, dtype=float)
    sums = right.sum(axis=0), total.sum(axis=0)
    most = MOST_LAPSE if kind == "model" else 0.5
    curve = fit(levels, *sums, falling=quantity.falling, most_lapse=most)
    threshold = curve.threshold
    hardest, easiest = (levels[-1], levels[0]) if quantity.falling else (levels[0], levels[-1])
    easier = (threshold - easiest) * (1 if easiest > hardest else -1) > 0 or not math.isfinite(threshold)
    finer = (hardest - threshold) * (1 if easiest > hardest else -1) > 0
    status: Literal["found", "finer", "not reached"] = (
        "not reached" if easier else "finer" if finer else "found"
    )
    low, high = threshold_interval(curve, levels, right, total, most_lapse=most)
    if curve.width <= WIDTHS[0] * (1 + 1e-6):  # a step: it lies anywhere between two levels
        below, above = neighbours(levels, threshold)
        low, high = min(low, below), max(high, above)
    found = status == "found"
    share = curve.share(levels)
    order = range(len(levels) - 1, -1, -1) if quantity.falling else range(len(levels))
    return Acuity(
        of=name,
        kind=kind,
        quantity=quantity.name,
        title=quantity.title,
        unit=quantity.unit,
        status=status,
        threshold=threshold if found else None,
        low=low if found and math.isfinite(low) else None,
        high=high if found and math.isfinite(high) else None,
        lapse=round(curve.lapse, 6),
        patients=len(right),
        levels=tuple(
            Level(
                level=float(levels[n]),
                right=round(float(sums[0][n]), 6),
                trials=int(sums[1][n]),
                fitted=round(float(share[n]), 6),
                blind=None if blind is None else blind[n],
            )
            for n in order
        ),
    )
