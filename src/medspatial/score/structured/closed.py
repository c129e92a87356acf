"""Options that are yes and no, or the sides of a pair: R13 and R3 to R9 read the reply, not option texts."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Literal

from medspatial.records import Item
from medspatial.score.structured.commitments import Commitments, Mention, commitments
from medspatial.score.structured.comparison import question_comparison
from medspatial.score.structured.options import find_options, option_key, option_label
from medspatial.score.structured.side import no_side, read_sides, sides_of, sides_said
from medspatial.score.structured.verdict import Verdict, decided, unanswered
from medspatial.score.structured.words import EQUAL
from medspatial.score.structured.yes_no import read_polarity

_POLAR = {"yes": "yes", "true": "yes", "no": "no", "false": "no"}
_SIDE_WORD = re.compile(r"\b(?:left|right)(?:-sided)?\b", re.I)
_NEITHER = re.compile(r"\b(?:neither|none|nor)\b", re.I)
_NONE = re.compile(r"\b(?:neither|none)\b")
_SAID = re.compile(
    r"(?:\A|[.:;!?)\n]|\b(?:is|answer|say)\b)\W*(?P<lead>yes|no(?=\s+(?:it|they|there|the|this|these|that)\b)|"
    r"true|false)\b|\b(?P<alone>yes|no|true|false)\b(?=\s*(?:[.,;:!?)]|\Z))",
    re.I,
)


@dataclass(frozen=True, slots=True)
class ClosedSet:
    """What a set of options stands for, and which option (by index) each of its values is."""

    kind: Literal["polar", "sides"]
    values: dict[str, int]

    def values_of(self, index: int) -> frozenset[str]:
        """Return the values that an option stands for."""
        return frozenset(value for value, place in self.values.items() if place == index)


@lru_cache(maxsize=4096)
def closed_set(options: tuple[str, ...]) -> ClosedSet | None:
    """Return what options stand for that are yes and no, or sides; None for any others.

    Options beside yes and no ("they are about equal") may be there; they have no value of their own.

    >>> closed_set(("right", "left", "midline")).values
    {'right': 0, 'left': 1, 'midline': 2}
    """
    polar = {i: _POLAR[plain] for i, o in enumerate(options) if (plain := o.strip(" .!").lower()) in _POLAR}
    if sorted(polar.values()) == ["no", "yes"]:
        return ClosedSet("polar", {value: index for index, value in polar.items()})
    return _sides(options)


def _sides(options: tuple[str, ...]) -> ClosedSet | None:
    values: dict[str, int] = {}
    for index, option in enumerate(options):
        own = _sides_in(option)
        if not own or own & values.keys():
            return None
        values |= dict.fromkeys(sorted(own), index)
    nouns = {_SIDE_WORD.sub("", options[values[v]].lower()).strip() for v in ("left", "right") if v in values}
    return ClosedSet("sides", values) if {"left", "right"} <= values.keys() and len(nouns) == 1 else None


def _sides_in(option: str) -> frozenset[str]:
    if _NEITHER.search(option):
        return frozenset({"neither"})
    equal = frozenset({"equal"} if EQUAL.search(option.lower()) else ())
    return sides_of(option) | equal


def match_closed(text: str, item: Item, closed: ClosedSet, want: int) -> Verdict:
    """Judge a reply that names no option's letter."""
    judge = _match_polar if closed.kind == "polar" else _match_sides
    return judge(text, item, closed, want)


def said_polarity(text: str, options: Sequence[str], closed: ClosedSet) -> list[Mention]:
    """Return "yes" and "no" where they stand as an answer; "no" in "there is no gap" is none."""
    found = []
    for match in _SAID.finditer(text):
        group = "lead" if match.group("lead") else "alone"
        index = closed.values[_POLAR[match.group(group).lower()]]
        found.append(Mention(option_key(index), match.start(group), match.end(group)))
    return sorted([*found, *_others(text, options, closed)], key=lambda mention: mention.start)


def _others(text: str, options: Sequence[str], closed: ClosedSet) -> list[Mention]:
    """Return the options beside yes and no that a reply names."""
    places = [i for i in range(len(options)) if i not in closed.values.values()]
    found = find_options(text, [options[place] for place in places]) if places else []
    keys = {option_key(number): option_key(place) for number, place in enumerate(places)}
    return [mention._replace(value=keys[mention.value]) for mention in found if mention.value in keys]


def _match_polar(text: str, item: Item, closed: ClosedSet, want: int) -> Verdict:
    said = read_polarity(text, item.question)
    third = _third(text, item, closed)
    if third and said.leads and said.value:
        return decided(False, "R11", f"says yes and names option {third}", f"yes, {third}")
    if third:
        index = next(i for i in range(len(item.options)) if option_key(i) == third)
        return decided(index == want, "R11", f"chooses option {third}", option_label(index, item.options))
    if said.value is None:
        return replace(unanswered(said.rule, said.reason), trace=said.trace)
    index = closed.values["yes" if said.value else "no"]
    verdict = decided(index == want, said.rule, said.reason, option_label(index, item.options))
    return replace(verdict, trace=said.trace)


def _third(text: str, item: Item, closed: ClosedSet) -> str | None:
    """Return the option beside yes and no that a reply commits to."""
    found, _ = commitments(text, lambda part: _others(part, item.options, closed), item.question.lower())
    values = {mention.value for mention in found.affirmed}
    return values.pop() if len(values) == 1 else None


def _match_sides(text: str, item: Item, closed: ClosedSet, want: int) -> Verdict:
    found, reading = read_sides(text, item.question, frozenset(closed.values))
    values = sides_said(found, both="bilateral" in closed.values)
    unnamed = not values and not reading.refuses() and not found.alternatives
    if (
        unnamed
        and closed.values.keys() & {"neither", "equal"}
        and (_all_denied(found) or _NONE.search(reading.text))
    ):
        values = frozenset({"neither"})
    if "neither" in values and "neither" not in closed.values:
        values = values - {"neither"} | {"equal"}  # "neither is larger"
    goal = sorted(closed.values_of(want))
    if not values:
        return replace(
            no_side(found, goal[0], reading.refuses(), bool(text.strip())), trace=tuple(found.trace)
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
    return replace(verdict, trace=tuple(found.trace))


def _all_denied(found: Commitments) -> bool:
    return {"left", "right"} <= {mention.value for mention in found.denied}
