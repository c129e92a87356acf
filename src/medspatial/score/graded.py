"""What graded text metrics share: means over all rows and over the answered ones, with lengths."""

from __future__ import annotations

from typing import Any

from medspatial.records import Score
from medspatial.score.base import Tally


class GradedTally(Tally):
    """Averages the score and every figure in the metadata.

    ``details`` holds ``mean`` (all rows) and ``mean_answered`` (rows with a reply that is not blank, as
    the field's tables do), each with the mean number of words of replies and references.
    """

    def __init__(self, metric: str, figures: tuple[str, ...] = ()) -> None:
        super().__init__(metric)
        self._names = figures
        self._sums: dict[str, dict[str, float]] = {"mean": {}, "mean_answered": {}}
        self._rows = {"mean": 0, "mean_answered": 0}

    def add(self, score: Score) -> None:
        """Take one score into account."""
        super().add(score)
        if score.status == "unscored" or score.score is None:
            return
        figures = {"score": score.score, **{name: float(score.metadata[name]) for name in self._names}}
        figures["prediction_words"] = float(len((score.prediction or "").split()))
        figures["reference_words"] = float(len(score.answer.split()))
        for pool in ("mean", "mean_answered") if score.status == "scored" else ("mean",):
            self._rows[pool] += 1
            for name, figure in figures.items():
                self._sums[pool][name] = self._sums[pool].get(name, 0.0) + figure

    def details(self) -> dict[str, Any]:
        """Return the means."""
        found = super().details()
        for pool, sums in self._sums.items():
            if self._rows[pool]:
                found[pool] = {name: total / self._rows[pool] for name, total in sums.items()}
                found[pool]["rows"] = self._rows[pool]
        return found
