"""What a metric says of one prediction, and what it read as the answer."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal, get_args

from pydantic import Field, model_validator

from medspatial.records.base import Record
from medspatial.records.question import AnsweredItem

Standing = Literal["committed", "hedged", "refused", "several", "none"]
Vote = Literal["correct", "incorrect", "unanswered"]
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


class NumericAccuracy(Record):
    """How near a figure came to the reference, beside the verdict.

    Attributes
    ----------
    figure, reference
        The given figure and the reference, in the base unit of their kind (mm, mm², ml, HU, %, °).
    relative_error
        ``|figure - reference| / |reference|``; with a reference of 0 it is 0 or None (infinite).
    mra
        Mean relative accuracy: the mean over the limits 0.05, 0.10, ..., 0.50 of "relative error below the
        limit" (Yang et al. 2024, "Thinking in Space").
    band
        The smallest of 5, 10, 25, 50, 100 % that holds the error, in words.
    """

    figure: float
    reference: float
    relative_error: float | None = None
    mra: float = 0.0
    band: str = ""


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
    numeric
        How near the given figure came, where figures were compared.
    votes
        Where a verdict was voted on: each judge's verdict (None without one) by the judge's name, or each
        repeat's by ``sample 1``, ``sample 2``, ...
    row_hash
        Hash of the prediction that was judged; a resumed scoring keeps the score while it is the same.

    Files of earlier versions hold `numeric` and `votes` in ``metadata`` and are read.
    """

    metric: str
    score: float | None = None
    correct: bool | None = None
    status: Literal["scored", "unanswered", "unscored"] = "scored"
    extracted: str | None = None
    reading: Reading | None = None
    rule: str | None = None
    reason: str | None = None
    numeric: NumericAccuracy | None = None
    votes: dict[str, Vote | None] | None = None
    row_hash: str | None = None
    metadata: dict[str, Any] = Field(default_factory=dict)

    @property
    def self_consistency(self) -> float | None:
        """Share of the votes cast that agree with the most frequent one; None without votes."""
        cast = [vote for vote in (self.votes or {}).values() if vote is not None]
        return max(map(cast.count, cast)) / len(cast) if cast else None

    @model_validator(mode="before")
    @classmethod
    def _earlier_places(cls, data: Any) -> Any:
        metadata = data.get("metadata") if isinstance(data, dict) else None
        if not isinstance(metadata, dict) or metadata.keys().isdisjoint(_EARLIER_PLACES):
            return data
        moved = {name: value for name, value in _earlier(metadata) if data.get(name) is None}
        gone = {place for place, name in _EARLIER_PLACES.items() if name in moved}
        return {**data, **moved, "metadata": {k: v for k, v in metadata.items() if k not in gone}}

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
_NUMERIC = tuple(NumericAccuracy.model_fields)
_EARLIER_PLACES = {**dict.fromkeys(_NUMERIC, "numeric"), "votes": "votes", "self_consistency": "votes"}
_WORDS: dict[Any, Vote | None] = {True: "correct", False: "incorrect", None: None}


def _earlier(metadata: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """Yield the fields that metadata of our earlier versions hold; what others keep there stays."""
    if metadata.keys() >= set(_NUMERIC) and type(metadata["figure"]) in {int, float}:
        yield "numeric", {name: metadata[name] for name in _NUMERIC}
    votes = metadata.get("votes")
    if isinstance(votes, dict) and all(isinstance(vote, bool | None) for vote in votes.values()):
        yield "votes", {name: _WORDS[vote] for name, vote in votes.items()}  # a jury's
    elif isinstance(votes, dict) and votes.keys() <= set(get_args(Vote)):  # how often each verdict fell
        cast = [verdict for verdict, count in votes.items() for _ in range(int(count))]
        yield "votes", {f"sample {number}": verdict for number, verdict in enumerate(cast, start=1)}
