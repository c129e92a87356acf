"""What a review decides: accepted, rejected, or open until somebody adjudicates."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from medspatial.datasets.review.verdicts import ReviewVerdict
from medspatial.errors import InputError
from medspatial.records import Question

Decision = Literal["accepted", "rejected", "disputed", "incomplete"]


@dataclass
class Outcome:
    """The decision on every item, and the rows that follow from it.

    Attributes
    ----------
    decisions
        ``accepted`` (every criterion holds), ``rejected`` (one does not), ``disputed`` (reviewers differ and
        nobody adjudicated), ``incomplete`` (a criterion has fewer verdicts than the item needs).
    disputed, incomplete
        Such items, with the votes per criterion.
    """

    decisions: dict[str, Decision] = field(default_factory=dict)
    disputed: dict[str, dict[str, dict[str, bool]]] = field(default_factory=dict)
    incomplete: dict[str, dict[str, dict[str, bool]]] = field(default_factory=dict)
    accepted: list[Question] = field(default_factory=list)


def adjudicate(
    questions: Iterable[Question],
    key: Mapping[str, str],
    verdicts: Sequence[ReviewVerdict],
    criteria: Sequence[str],
    *,
    needed: Mapping[str, int],
    adjudications: Sequence[ReviewVerdict] = (),
) -> Outcome:
    """Decide on every item of a review; an adjudication settles its criteria against any vote.

    Parameters
    ----------
    key
        Item to row id.
    needed
        How many different reviewers must judge each item of the key.

    Raises
    ------
    InputError
        A verdict on an item that the key does not know, or an item that stands for none of the questions.
    """
    rows = list(questions)
    _check_known(key, rows, [*verdicts, *adjudications])
    votes: dict[str, dict[str, dict[str, bool]]] = {item: {} for item in key}
    for one in verdicts:
        for criterion, yes in one.verdicts.items():
            votes[one.item].setdefault(criterion, {})[one.reviewer] = yes
    settled: dict[str, dict[str, bool]] = {}
    for one in adjudications:
        settled.setdefault(one.item, {}).update(one.verdicts)
    outcome = Outcome()
    for item, by_criterion in votes.items():
        decision = _decide(by_criterion, settled.get(item, {}), criteria, needed[item])
        outcome.decisions[item] = decision
        if decision == "disputed":
            outcome.disputed[item] = by_criterion
        if decision == "incomplete":
            outcome.incomplete[item] = by_criterion
    accepted = {key[item] for item, decision in outcome.decisions.items() if decision == "accepted"}
    outcome.accepted = [one for one in rows if one.id in accepted]
    return outcome


def _check_known(
    key: Mapping[str, str], questions: Sequence[Question], verdicts: Iterable[ReviewVerdict]
) -> None:
    known = {one.id for one in questions}
    foreign = [f"{item!r} (row {row!r})" for item, row in key.items() if row not in known]
    if foreign:
        raise InputError(
            f"{len(foreign)} of the {len(key)} items of this review are not among the {len(known)} "
            f"questions, such as {', '.join(foreign[:3])}; name the questions that were assigned"
        )
    for one in verdicts:
        if one.item not in key:
            raise InputError(
                f"verdict of {one.reviewer!r}: item {one.item!r} is not in the key of this review"
            )


def _decide(
    votes: Mapping[str, Mapping[str, bool]], settled: Mapping[str, bool], criteria: Sequence[str], needed: int
) -> Decision:
    states = {
        criterion: _state(votes.get(criterion, {}), settled.get(criterion), needed) for criterion in criteria
    }
    if "no" in states.values():
        return "rejected"  # one criterion that fails for good is enough, whatever else is disputed
    if "disputed" in states.values():
        return "disputed"
    return "incomplete" if "open" in states.values() else "accepted"


def _state(
    votes: Mapping[str, bool], settled: bool | None, needed: int
) -> Literal["yes", "no", "disputed", "open"]:
    if settled is not None:
        return "yes" if settled else "no"
    if len(set(votes.values())) > 1:
        return "disputed"
    if len(votes) < max(needed, 1):
        return "open"
    return "yes" if next(iter(votes.values())) else "no"
