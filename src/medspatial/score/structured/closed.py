"""Options that are yes and no, or the sides of a pair: R13 and R3 to R9 read the reply, not option texts."""

from __future__ import annotations

from medspatial.language.closed_sets import ClosedSet, denies_all, other_options
from medspatial.language.commitments import Commitments, commitments
from medspatial.language.comparison import question_comparison
from medspatial.language.options import option_key, option_label
from medspatial.language.polarity import read_polarity
from medspatial.records import Item
from medspatial.score.structured.side import no_side, read_sides, sides_said
from medspatial.score.structured.verdict import Verdict, decided, unanswered


def match_closed(text: str, item: Item, closed: ClosedSet, want: int) -> Verdict:
    """Judge a reply that names no option's letter."""
    judge = _match_polar if closed.kind == "polar" else _match_sides
    return judge(text, item, closed, want)


def _match_polar(text: str, item: Item, closed: ClosedSet, want: int) -> Verdict:
    said = read_polarity(text, item.question)
    third = _third(text, item, closed)
    if third and said.leads and said.value:
        return decided(False, "R11", f"says yes and names option {third}", f"yes, {third}")
    if third:
        index = next(i for i in range(len(item.options)) if option_key(i) == third)
        return decided(index == want, "R11", f"chooses option {third}", option_label(index, item.options))
    if said.value is None:
        return unanswered(said.rule, said.reason)._replace(trace=said.trace)
    index = closed.values["yes" if said.value else "no"]
    verdict = decided(index == want, said.rule, said.reason, option_label(index, item.options))
    return verdict._replace(trace=said.trace)


def _third(text: str, item: Item, closed: ClosedSet) -> str | None:
    """Return the option beside yes and no that a reply commits to."""
    found, _ = commitments(
        text, lambda part: other_options(part, item.options, closed), item.question.lower()
    )
    values = {mention.value for mention in found.affirmed}
    return values.pop() if len(values) == 1 else None


def _match_sides(text: str, item: Item, closed: ClosedSet, want: int) -> Verdict:
    offered = item.options[closed.values["left"]]
    found, reading = read_sides(text, item.question, frozenset(closed.values), offered)
    values = sides_said(found, both="bilateral" in closed.values)
    unnamed = not values and not reading.refuses() and not found.alternatives
    if (
        unnamed
        and closed.values.keys() & {"neither", "equal"}
        and (_all_denied(found) or denies_all(reading.text))
    ):
        values = frozenset({"neither"})
    if "neither" in values and "neither" not in closed.values:
        values = values - {"neither"} | {"equal"}  # "neither is larger"
    goal = sorted(closed.values_of(want))
    if not values:
        return no_side(found, goal[0], reading.refuses(), bool(text.strip()))._replace(
            trace=tuple(found.trace)
        )
    places = {closed.values.get(value) for value in values}
    shown = " and ".join(sorted(values))
    index = places.pop() if len(places) == 1 else None
    if values == {"bilateral"} and index is None and question_comparison(item.question):
        verdict = unanswered("R7", "names no option: both hold no comparison")
    elif index is None:
        why = "is not offered" if len(values) == 1 else "are several options"
        verdict = decided(False, "R5", f"commits to {shown}, which {why}", shown)
    else:
        rule = found.rule if found.rule in {"R2", "R3", "R4", "R6"} else "R11"
        verdict = decided(index == want, rule, f"commits to {shown}", option_label(index, item.options))
    return verdict._replace(trace=tuple(found.trace))


def _all_denied(found: Commitments) -> bool:
    return {"left", "right"} <= {mention.value for mention in found.denied}
