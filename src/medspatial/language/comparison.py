"""R4: comparatives tie an answer to what is compared, and an inverse one turns it round."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

from medspatial.anatomy import OTHER_SIDE
from medspatial.language.commitments import Commitments, Mention
from medspatial.language.quantities import Quantity, find_quantities
from medspatial.language.segments import Segment
from medspatial.language.sides import find_sides
from medspatial.language.statements import Statements, statements_in
from medspatial.language.vocabulary import CACHED_TEXTS, words
from medspatial.language.words import COMPARATIVES, EQUAL

_NOT_AS = re.compile(r"\bnot (?:quite |nearly )?(?:as|so) ([a-z]+) as\b", re.I)
_LESSER = {
    "small": "larger", "short": "longer", "thin": "thicker", "narrow": "wider", "close": "farther",
    "near": "farther", "far": "closer", "high": "lower", "low": "higher", "deep": "shallower",
}  # fmt: skip
_TIMES_AS = re.compile(
    r"\b(?:(half|a third|a quarter)|twice|(?:two|three|four|five|ten|\d+(?:\.\d+)?) times) as ([a-z]+) as\b",
    re.I,
)
_ASIDE_TOKENS = 4
_AMOUNTS = words(
    """volume volumes density densities attenuation hu number amount percentage share degree extent burden
    value"""
)
_DEGREES = {
    word: degree
    for degree, said in enumerate(
        (
            "no none",
            "trace tiny minimal minor faint negligible",
            "small mild slight little thin subtle",
            "moderate medium",
            "large marked big extensive considerable thick sizeable sizable pronounced",
            "massive severe huge gross",
        )
    )
    for word in said.split()
}
_MIDDLE = _DEGREES["moderate"]
_NUMBERS = (["one"], ["two"], ["three"], ["1"], ["2"], ["3"])
_HEIGHT = re.compile(r"\b(above|below)(?= (?:(?:the|its|that (?:on|of) the) )?(?:left|right)\b)", re.I)
_SIGN = re.compile(r"(?<=[A-Za-z)] )[<>](?= [A-Za-z(])|(?<=[A-Za-z)])[<>](?=[A-Za-z(])")


@dataclass(frozen=True, slots=True)
class Comparison:
    """Who holds the asked comparative.

    Attributes
    ----------
    values
        The winners, distinct.
    turned
        An inverse comparative had to be turned round.
    """

    values: tuple[str, ...]
    turned: bool
    reason: str


def spelled_out(text: str) -> str:
    """Write signs, multiples and negated equatives as comparatives: "left > right", "not as large as"."""
    text = _NOT_AS.sub(lambda match: _LESSER.get(match.group(1).lower(), "smaller") + " than", text)
    text = _TIMES_AS.sub(_times_as, text)
    return _SIGN.sub(lambda match: " larger than " if match.group() == ">" else " smaller than ", text)


def with_heights(text: str) -> str:
    """Write "above the left one" as "higher than" it, where heights are compared."""
    return _HEIGHT.sub(lambda match: "higher than" if match[1].lower() == "above" else "lower than", text)


def _times_as(match: re.Match[str]) -> str:
    """Write "twice as large as" as "larger than", "half as large as" as "smaller than"."""
    word = match[2].lower()
    if match[1]:
        return _LESSER.get(word, "smaller") + " than"
    return (
        next((more for more in COMPARATIVES if more.startswith(word) and more.endswith("er")), "larger")
        + " than"
    )


@lru_cache(maxsize=CACHED_TEXTS)
def question_comparison(question: str) -> tuple[str, int] | None:
    """Return the (axis, sign) that a question asks for, or None.

    >>> question_comparison("Which kidney contains the larger lesion?")
    ('magnitude', 1)
    """
    if COMPARATIVES.keys().isdisjoint(question.lower().replace("?", " ").replace(",", " ").split()):
        return None
    found = comparatives(statements_in(question), 0, len(question))
    return (found[0][0], found[0][1]) if found else None


def comparatives(reading: Statements, start: int, end: int) -> list[tuple[str, int, int]]:
    """Return (axis, sign, place) of the comparatives between two character positions."""
    found = []
    skip = -1
    for index in reading.comparative_tokens:
        token = reading.tokens[index]
        if not start <= token.start < end or token.start < skip:
            continue
        axis, sign = COMPARATIVES[token.word]
        if axis == "height" and _amount(reading, index):
            axis = "magnitude"
        following = reading.tokens[index + 1].word if index + 1 < len(reading.tokens) else ""
        if token.word in {"more", "most", "less", "least"} and following in COMPARATIVES:
            axis, second = COMPARATIVES[following]
            sign, skip = sign * second, reading.tokens[index + 1].end
        if token.word == "most" and following in {"likely", "probably", "of"}:
            continue
        if token.word in {"more", "less"} and (following in {"likely", "or"} or _counts(reading, index)):
            continue
        found.append((axis, sign, token.start))
    return found


def _amount(reading: Statements, index: int) -> bool:
    """Say whether "lower" or "higher" is said of an amount ("lower volume") and not of a place."""
    return not _AMOUNTS.isdisjoint(token.word for token in reading.tokens[index + 1 : index + 3])


def _counts(reading: Statements, index: int) -> bool:
    """Say whether "more" or "less" bounds a count ("one or more cysts", "more than one cyst")."""
    near = [token.word for token in reading.tokens[max(0, index - 1) : index + 3]]
    behind = near[near.index(reading.tokens[index].word) + 1 :]
    return near[0] == "or" or (behind[:1] == ["than"] and behind[1:] in _NUMBERS)


def winners(
    reading: Statements, found: Commitments, asked: tuple[str, int], other: Callable[[str], str | None]
) -> Comparison | None:
    """Return which values hold the asked comparative, or None where the reply compares nothing on its axis.

    Parameters
    ----------
    asked
        Axis and sign of the question.
    other
        The only other value there is ("left" for "right"), or None.
    """
    values: list[str] = []
    notes: list[str] = []
    turned = False
    for place, segment in enumerate(reading.segments):
        comps = [c for c in comparatives(reading, segment.start, segment.end) if c[0] == asked[0]]
        if not comps or _equal(reading, segment):
            continue
        compared = _inside(found.compared, segment)
        subjects = _inside(found.affirmed, segment) or _inside(found.alternatives, segment)
        if not subjects and not compared and segment.last - segment.first <= _ASIDE_TOKENS and place:
            subjects = _inside(found.affirmed, reading.segments[place - 1])  # "left lung (larger)"
        denied = _inside(found.denied, segment)
        held, turn = _holders(comps[0][1] == asked[1], subjects, compared, denied, other)
        if held:
            values += held
            turned = turned or turn
            word = _word_at(reading, comps[0][2])
            notes.append(f"'{word}' ties the answer to {' and '.join(dict.fromkeys(held))}")
    if not values:
        return None
    return Comparison(tuple(dict.fromkeys(values)), turned, "; ".join(notes))


def by_figures(reading: Statements, found: Commitments, asked: tuple[str, int]) -> Comparison | None:
    """Compare the figures that stand behind two values: "right: 22 ml, left: 14 ml"."""
    mentions = [mention for mention in found.affirmed if mention.value in {"left", "right"}]
    if asked[0] != "magnitude" or {mention.value for mention in mentions} != {"left", "right"}:
        return None
    figures: dict[str, Quantity] = {}
    ends = [mention.start for mention in mentions[1:]] + [len(reading.text)]
    for mention, end in zip(mentions, ends, strict=True):
        behind = [q for q in find_quantities(reading.text) if mention.end <= q.start < end and q.unit]
        if behind:
            figures.setdefault(mention.value, behind[0])
    kinds = {quantity.unit.dimension for quantity in figures.values() if quantity.unit}
    sizes = {value: max(quantity.values) for value, quantity in figures.items()}
    if len(sizes) != 2 or len(kinds) != 1 or len(set(sizes.values())) != 2:
        return None
    held = (max if asked[1] > 0 else min)(sizes, key=lambda value: sizes[value])
    return Comparison((held,), True, f"the figures make it {held}")


def by_degrees(reading: Statements, found: Commitments, asked: tuple[str, int]) -> Comparison | None:
    """Compare the degrees that two sides are given: "moderate left and small right effusion".

    Degrees stand before their sides where one opens the text, else behind them. Of "on both sides, thin on
    the right" the side that is not named again holds the rest.
    """
    if asked[0] != "magnitude" or not found.affirmed:
        return None
    said = find_sides(reading.text)
    spans = [(m.start, m.end) for m in said]
    sides = {
        m.start: m.value
        for m in said
        if m.value in OTHER_SIDE and reading.standing(m.start, m.end, spans)[0] == "affirmed"
    }
    places = [(t.start, _DEGREES[t.word]) for t in reading.tokens if t.word in _DEGREES]
    if not places or not sides:
        return None
    before = places[0][0] < min(sides)
    degrees: dict[str, int] = {}
    for place, degree in places:
        behind = [start for start in sides if (start > place) == before]
        if behind:
            degrees.setdefault(sides[min(behind) if before else max(behind)], degree)
    if len(degrees) == 1 and any(m.value == "bilateral" for m in found.affirmed):
        degrees[OTHER_SIDE[next(iter(degrees))]] = _MIDDLE
    if len(degrees) != 2 or len(set(degrees.values())) != 2:
        return None
    held = (max if asked[1] > 0 else min)(degrees, key=lambda side: degrees[side])
    return Comparison((held,), True, f"the degrees make it {held}")


def without_lesser(mentions: list[Mention], reading: Statements, asked: tuple[str, int]) -> list[Mention]:
    """Leave out what a clause calls the opposite of what is asked for ("the LLL nodule is smaller").

    What stands in the clause of the asked comparative counts alone ("... the largest is in the LLL").
    """
    held = [
        m
        for m in mentions
        if any(
            (axis, sign) == asked
            for segment in [reading.segment_of(m.start)]
            for axis, sign, _ in comparatives(reading, segment.start, segment.end)
        )
    ]
    if held:
        return held
    lesser = [
        segment
        for segment in reading.segments
        if {sign for axis, sign, _ in comparatives(reading, segment.start, segment.end) if axis == asked[0]}
        == {-asked[1]}
    ]
    kept = [m for m in mentions if reading.segment_of(m.start) not in lesser]
    return kept or mentions


def _holders(
    same: bool,
    subjects: list[str],
    compared: list[str],
    denied: list[str],
    other: Callable[[str], str | None],
) -> tuple[list[str], bool]:
    """Return who holds the asked comparative in one segment, and whether it was turned round."""
    if denied and not subjects and not compared:
        return [], False
    if same:
        if subjects:
            return subjects, False
        turned = [second for value in compared if (second := other(value))]
        return turned, bool(turned)
    if compared:
        return compared, True
    turned = [second for value in subjects if (second := other(value))]
    return turned, bool(turned)


def _inside(mentions: list[Mention], segment: Segment) -> list[str]:
    inside = [mention.value for mention in mentions if segment.start <= mention.start < segment.end]
    return [value for value in inside if value not in {"bilateral", "equal"}]


def _equal(reading: Statements, segment: Segment) -> bool:
    return bool(EQUAL.search(reading.text, segment.start, segment.end))


def _word_at(reading: Statements, start: int) -> str:
    """Return the word that starts at a character position."""
    return next((token.word for token in reading.tokens if token.start == start), "")
