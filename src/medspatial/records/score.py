"""What a metric says of one prediction, and what it read as the answer."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from medspatial.records.base import Record
from medspatial.records.question import AnsweredItem

Standing = Literal["committed", "hedged", "refused", "several", "none"]
ReadSide = Literal["left", "right", "both", "midline", "neither"]


class Reading(Record):
    """What a reply commits to, so that no later stage reads its text again.

    Attributes
    ----------
    standing
        ``committed``; ``hedged`` (an answer under "probably" and the like); ``refused`` (says that it cannot
        be told); ``several`` (more than one answer, none chosen); ``none`` (no answer was found).
    side
        The patient's side that the answer names, alone or with a structure.
    figure, unit
        The figure with its unit: in the base unit of its kind (mm, mm², ml, HU, %, °) where it was compared
        as a figure, else as it was written. None where the answer is no single figure.
    option
        The chosen option's text, as it was offered.
    structures
        Names of the structures that the answer names (see ``medspatial.anatomy``), in its order.
    polarity
        True for yes, False for no.
    """

    standing: Standing
    side: ReadSide | None = None
    figure: float | None = None
    unit: str | None = None
    option: str | None = None
    structures: tuple[str, ...] = ()
    polarity: bool | None = None


class Score(AnsweredItem):
    """One metric's judgement of one prediction.

    Attributes
    ----------
    metric
        Name of the metric, with its variant (``exact``, ``structured``, ``judge:gpt-x``, ...).
    score
        The figure, in the metric's own range; None when unscored.
    correct
        True or False for metrics that decide; None when unscored or for graded metrics.
    status
        ``scored``; ``unanswered`` (a reply without a usable answer: wrong in accuracies, counted
        apart); ``unscored`` (no verdict could be had: failed prediction, judge error).
    extracted, rule, reason
        What was read as the answer, the rule that decided, and why in one sentence.
    reading
        The same answer, typed; None for metrics that read nothing, and in files of earlier versions.
    row_hash
        Hash of the prediction that was judged; a resumed scoring keeps the score while it is the same.
    """

    metric: str
    score: float | None = None
    correct: bool | None = None
    status: Literal["scored", "unanswered", "unscored"] = "scored"
    extracted: str | None = None
    reading: Reading | None = None
    rule: str | None = None
    reason: str | None = None
    row_hash: str | None = None
    metadata: dict[str, Any] = Field(default_factory=dict)

    @classmethod
    def unchecked(cls, values: tuple[Any, ...]) -> Score:
        """Build a score of checked values of all fields in their order: scoring is made of nothing else."""
        score = cls.__new__(cls)
        fields = dict(zip(_FIELDS, values, strict=True))
        object.__setattr__(score, "__dict__", fields)
        object.__setattr__(score, "__pydantic_fields_set__", set(fields))
        object.__setattr__(score, "__pydantic_extra__", None)
        object.__setattr__(score, "__pydantic_private__", None)
        return score


_FIELDS = tuple(Score.model_fields)
