"""Options that are yes and no, or the sides of a pair, and where a reply says them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from medspatial.language.commitments import Mention
from medspatial.language.options import find_options, option_key
from medspatial.language.sides import sides_of
from medspatial.language.vocabulary import CACHED_TEXTS
from medspatial.language.words import EQUAL

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


@lru_cache(maxsize=CACHED_TEXTS)
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


def said_polarity(text: str, options: Sequence[str], closed: ClosedSet) -> list[Mention]:
    """Return "yes" and "no" where they stand as an answer; "no" in "there is no gap" is none."""
    found = []
    for match in _SAID.finditer(text):
        group = "lead" if match.group("lead") else "alone"
        index = closed.values[_POLAR[match.group(group).lower()]]
        found.append(Mention(option_key(index), match.start(group), match.end(group)))
    return sorted([*found, *other_options(text, options, closed)], key=lambda mention: mention.start)


def other_options(text: str, options: Sequence[str], closed: ClosedSet) -> list[Mention]:
    """Return the options beside yes and no that a reply names."""
    places = [i for i in range(len(options)) if i not in closed.values.values()]
    found = find_options(text, [options[place] for place in places]) if places else []
    keys = {option_key(number): option_key(place) for number, place in enumerate(places)}
    return [mention._replace(value=keys[mention.value]) for mention in found if mention.value in keys]


def denies_all(text: str) -> bool:
    """Say whether a lower-case text says "neither" or "none"."""
    return bool(_NONE.search(text))
