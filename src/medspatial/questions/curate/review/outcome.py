"""What a review decides: accepted, rejected, or open until somebody adjudicates."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from medspatial.errors import InputError
from medspatial.questions.curate.review.verdicts import ReviewVerdict
from medspatial.records import Question

Decision = Literal["accepted", "rejected", "disputed", "incomplete"]


@dataclass
class Outcome:
    """The decision on every item, and the rows that follow from it.

    Attributes
    ----------
    decisions
        ``accepted`` (every criterion holds), ``rejected`` (one does not), ``disputed`` (reviewers differ and
        nobody adjudicated), ``incomplete`` (a criterion has no verdict).
    disputed
        Items to adjudicate, with the votes per criterion.
    """

    decisions: dict[str, Decision] = field(default_factory=dict)
    disputed: dict[str, dict[str, dict[str, bool]]] = field(default_factory=dict)
    accepted: list[Question] = field(default_factory=list)


def adjudicate(
    questions: Iterable[Question],
    key: Mapping[str, str],
    verdicts: Sequence[ReviewVerdict],
    criteria: Sequence[str],
    *,
    adjudications: Sequence[ReviewVerdict] = (),
) -> Outcome:
    """Decide on every item of a review; an adjudication settles its criteria against any vote.

    Raises
    ------
    InputError
        A verdict on an item that the key does not know.
    """
    votes: dict[str, dict[str, dict[str, bool]]] = {item: {} for item in key}
    for one in verdicts:
        if one.item not in votes:
            raise InputError(
                f"verdict of {one.reviewer!r}: item {one.item!r} is not in the key of this review"
            )
        for criterion, yes in one.verdicts.items():
            votes[one.item].setdefault(criterion, {})[one.reviewer] = yes
    settled: dict[str, dict[str, bool]] = {}
    for one in adjudications:
        settled.setdefault(one.item, {}).update(one.verdicts)
    outcome = Outcome()
    for item, by_criterion in votes.items():
        outcome.decisions[item] = _decide(by_criterion, settled.get(item, {}), criteria)
        if outcome.decisions[item] == "disputed":
            outcome.disputed[item] = by_criterion
    accepted = {key[item] for item, decision in outcome.decisions.items() if decision == "accepted"}
    outcome.accepted = [one for one in questions if one.id in accepted]
    return outcome


def _decide(
    votes: Mapping[str, Mapping[str, bool]], settled: Mapping[str, bool], criteria: Sequence[str]
) -> Decision:
    states = {criterion: _state(votes.get(criterion, {}), settled.get(criterion)) for criterion in criteria}
    if "no" in states.values():
        return "rejected"  # one criterion that fails for good is enough, whatever else is disputed
    if "disputed" in states.values():
        return "disputed"
    return "incomplete" if "open" in states.values() else "accepted"


def _state(votes: Mapping[str, bool], settled: bool | None) -> Literal["yes", "no", "disputed", "open"]:
    if settled is not None:
        return "yes" if settled else "no"
    if not votes:
        return "open"
    if len(set(votes.values())) > 1:
        return "disputed"
    return "yes" if next(iter(votes.values())) else "no"
