"""The figures of a judging: accuracy, canaries, and how far our own rules agree with the judge."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from medspatial.records import AnsweredItem, Prediction, Score
from medspatial.score.agreement import agreement
from medspatial.score.base import Tally
from medspatial.score.registry import metric

_BATCH = 1024
AGAINST = "structured"


class JudgeTally(Tally):
    """Adds up a judge's scores, and compares them with the structured match of the same answers.

    Parameters
    ----------
    name
        Of the judge.
    facts
        Called at the end for further figures: canaries, spend.
    repeats
        Whether the votes are one judge's repeats: then the mean self-consistency is told.
    """

    def __init__(self, name: str, facts: Callable[[], dict[str, Any]], *, repeats: bool = False) -> None:
        super().__init__(name)
        self._repeats = repeats
        self._facts = facts
        self._rules = metric(AGAINST)
        self._waiting: list[Score] = []
        self._judged: list[Score] = []
        self._matched: list[Score] = []
        self._consistent = 0.0
        self._repeated = 0

    def add(self, score: Score) -> None:
        """Take one score into account."""
        super().add(score)
        share = score.self_consistency if self._repeats else None
        if share is not None:
            self._consistent += share
            self._repeated += 1
        if score.correct is not None and score.prediction is not None:
            self._waiting.append(score)
            if len(self._waiting) >= _BATCH:
                self._match()

    def details(self) -> dict[str, Any]:
        """Return consistency, agreement, and what `facts` says."""
        self._match()
        found = {**super().details(), **self._facts()}
        if self._repeated:
            found["self_consistency"] = self._consistent / self._repeated
        if self._judged:
            found["agreement"] = agreement(self._matched, self._judged).to_dict()
        return found

    def _match(self) -> None:
        rows = [_row(score) for score in self._waiting]
        self._matched += [_slim(score) for score in self._rules.score(rows)]
        self._judged += [_slim(score) for score in self._waiting]
        self._waiting = []


def _row(score: Score) -> Prediction:
    fields = {name: getattr(score, name) for name in AnsweredItem.model_fields}
    return Prediction.model_construct(
        **fields,
        status="ok",
        error=None,
        metadata={},
    )


def _slim(score: Score) -> Score:
    """What the comparison needs, without the texts."""
    return Score.model_construct(
        id=score.id,
        question="",
        answer="",
        model=score.model,
        arm=score.arm,
        metric=score.metric,
        correct=score.correct,
    )
