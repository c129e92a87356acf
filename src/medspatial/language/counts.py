"""Counts in text: number words, "none", "a single", totals and parts (R10: counts are exact)."""

from __future__ import annotations

import re
from itertools import pairwise, takewhile
from typing import Literal, NamedTuple

from medspatial.language.quantities import Quantity, find_quantities
from medspatial.language.sides import side_words
from medspatial.language.statements import Statements
from medspatial.language.words import FINITE_VERBS, PREPOSITIONS

_TOTAL = re.compile(r"\b(?:in total|altogether|total(?:l?ing)?(?: of)?|in all|overall|sum|combined)\b")
_PRONOUN_ONE = re.compile(
    r"\b(?:the|this|that|each|no|every|larger|smaller|largest|smallest|biggest|right|left|other|another|"
    r"which|first|second|last|any|dominant|latter|former)\s+\Z"
)
_ZERO = re.compile(
    r"\b(?:no|none|neither|zero|not any|without any|nil|absence of)\b(?! (?:more|fewer|less|other|further|"
    r"additional|doubt|evidence that it))"
)
_PER_SIDE = re.compile(r"\b(?:in|on|per) (?:each|either) [a-z]+|\bper (?:side|kidney|lung)\b")
_VAGUE = re.compile(
    r"\b(?:multiple|several|a few|few|many|numerous|some|various|a number of|innumerable|more than one|a "
    r"handful)\b"
)
_MORE = re.compile(r"\band (?:another|a second|a further)\b|, another\b")
_NUMBERED = frozenset({"rib", "segment", "level"})
_NUMBER_LIST = re.compile(
    r"(?<![\w.])\d{1,2}(?:st|nd|rd|th)?(?:\s*(?:,? ?and|,|&|-|–|to|through)\s*(?:the )?\d{1,2}(?:st|nd|rd|"
    r"th)?)*"
    r"(?![\d.]*\s*(?:mm|cm|%))"
)
_ARTICLE = re.compile(r"\b(?:an?|one)\s+(?:[a-z-]+\s+){0,3}?")
_OF_A_MEASURE = re.compile(r"(?:\s*(?:,(?: and| or)?|and|or)\s*\d+(?:[.,]\d+)?)+\s?-?(?:mm|cm|ml|hu|%)(?!\w)")
_MANY = re.compile(r"\bhow many\s+(?:of the )?([a-z -]+)")


def find_counts(text: str, question: str = "") -> list[Quantity]:
    """Return bare whole numbers that may count something; pixels and slices count only where asked for."""
    low = text.lower()
    found = []
    for quantity in find_quantities(text):
        if quantity.unit is not None or quantity.kind == "product" or _is_measure_head(low, quantity):
            continue
        if quantity.thing and quantity.thing.grid and quantity.thing.name.rstrip("s") not in question.lower():
            continue
        if low[quantity.start : quantity.end] == "one" and _PRONOUN_ONE.search(low[: quantity.start]):
            continue
        found.append(quantity)
    return found


def _is_measure_head(low: str, quantity: Quantity) -> bool:
    """The 12 of "12 and 14 mm" is a length too, as that of "12, 15 and 20 mm"."""
    return _OF_A_MEASURE.match(low, quantity.end) is not None


class Count(NamedTuple):
    """The count that a reply commits to, or (``value`` None) what stands there instead, as written."""

    value: float | None
    kind: Literal["count", "bound", "range", "several", "alternatives", "vague", "refused", "none"] = "count"
    said: str = ""


def read_count(text: str, question: str, reading: Statements) -> Count:
    """Return the count that a reply commits to, or why there is none.

    >>> from medspatial.language.statements import statements_in
    >>> read_count("two cysts", "How many cysts?", statements_in("two cysts")).value
    2.0
    """
    found = find_counts(text, question)
    spans = [(q.start, q.end) for q in found]
    kept = [q for q in found if reading.standing(q.start, q.end, spans, "")[0] in {"affirmed"} or q.bound]
    firm = [q for q in kept if not q.bound]
    firm = [q for q in firm if not _in_brackets(text, q.start)] or firm  # "six (segments 2, 5 and 8)"
    if not firm and kept:
        return Count(None, "bound", text[kept[0].start : kept[0].end])
    if not firm:
        return _without_numbers(text, question, reading)
    return _resolved(text.lower(), firm, reading, question)


def _in_brackets(text: str, position: int) -> bool:
    """Say whether a position stands in brackets behind something else."""
    opened = text.rfind("(", 0, position)
    return opened > 0 and ")" not in text[opened:position] and bool(text[:opened].strip())


def _resolved(low: str, firm: list[Quantity], reading: Statements, question: str) -> Count:  # noqa: PLR0911
    """Return one count from several numbers: a total, the sum of parts, that of the asked things, or none."""
    on_side = _on_asked_side(low, firm, question) if len(firm) > 1 else None
    if on_side is not None:
        return Count(on_side.values[0])
    totals = [q for q in firm if _TOTAL.search(_near(low, q))]
    if len(totals) == 1:
        return Count(totals[0].values[0])
    if firm[0].kind == "range":
        return Count(None, "range", low[firm[0].start : firm[0].end])
    values = [q.values[0] for q in firm]
    if len(values) == 1:
        return Count(2 * values[0] if _PER_SIDE.search(low) else values[0])
    if len(values) > 2 and values[0] == sum(values[1:]):
        return Count(values[0])
    if _parts(low, firm) or _one_noun(low, firm, question):
        return Count(sum(values))
    return Count(values[0]) if len(set(values)) == 1 else _conflict(values, firm, reading)


def _conflict(values: list[float], firm: list[Quantity], reading: Statements) -> Count:
    if re.search(r"\bor\b|/", reading.text[firm[0].end : firm[1].start]):
        return Count(None, "alternatives")
    return Count(None, "several", ", ".join(f"{value:g}" for value in values))


def _near(low: str, quantity: Quantity) -> str:
    """Return the words around a number, up to the next comma, stop or number."""
    after = re.split(
        r"[,;.]|\b(?:and|one|two|three|four|five|six|\d+)\b",
        low[quantity.end : quantity.end + 40],
        maxsplit=1,
    )[0]
    before = re.split(r"[,;.]", low[max(0, quantity.start - 25) : quantity.start])[-1]
    return f"{before} | {after}"


def _parts(low: str, firm: list[Quantity]) -> bool:
    """ "two in the left lobe and one in the right": every number has a place of its own."""
    return len(firm) > 1 and all(
        re.match(r"(?:\s+[a-z-]+){0,3}?\s+(?:in|on|at|within)\b", low[q.end : q.end + 60]) for q in firm
    )


def _on_asked_side(low: str, firm: list[Quantity], question: str) -> Quantity | None:
    """Return the number of the side that is asked about ("two on the right and one on the left")."""
    asked = side_words(question)
    if len(asked) != 1:
        return None
    leads = bool(side_words(low[: firm[0].start]))
    edges = [0, *(q.end for q in firm)] if leads else [*(q.start for q in firm), len(low)]
    said = [side_words(low[a:b]) for a, b in pairwise(edges)]
    own = [q for q, sides in zip(firm, said, strict=False) if sides == asked]
    return own[0] if len(own) == 1 and not any(sides > asked for sides in said) else None


def _enumerated(low: str, noun: str) -> float | None:
    """Return how many numbered things are listed ("ribs 5, 6 and 8", "the 5th to 7th ribs"), or None."""
    if noun not in _NUMBERED:
        return None
    numbers: set[int] = set()
    for match in _NUMBER_LIST.finditer(low):
        if noun not in low[max(0, match.start() - 24) : match.end() + 24]:
            continue
        last = 0
        for part in re.finditer(r"(?P<to>(?:-|–|to|through)\s*)?(?:the )?(?P<number>\d{1,2})", match.group()):
            number = int(part["number"])
            numbers.update(range(last + 1, number) if part["to"] and last else ())
            numbers.add(number)
            last = number
    return float(len(numbers)) if numbers else None


def _one_noun(low: str, firm: list[Quantity], question: str) -> bool:
    """ "two paratracheal and two subcarinal nodes": what is counted stands behind the last number only."""
    noun = _counted(question)
    stretches = [low[a.end : b] for a, b in zip(firm, [*(q.start for q in firm[1:]), len(low)], strict=True)]
    joined = all(re.fullmatch(r"(?: [a-z-]+){1,3}(?:,| and|, and) ", one) for one in stretches[:-1])
    return bool(noun) and joined and noun in stretches[-1] and not any(noun in one for one in stretches[:-1])


def _without_numbers(text: str, question: str, reading: Statements) -> Count:  # noqa: PLR0911
    low = reading.text
    if reading.refuses():
        return Count(None, "refused")
    listed = _enumerated(low, _counted(question))
    if listed is not None:
        return Count(listed)
    vague = _VAGUE.search(low)
    if vague:
        return Count(None, "vague", vague.group())
    if _ZERO.search(low):
        return Count(0.0)
    if re.search(r"\bboth\b", low):
        return Count(2.0)
    noun = _counted(question)
    if noun and re.search(rf"\b(?:an?)\s+(?:[a-z-]+\s+){{0,3}}?{re.escape(noun)}\b", low):
        return Count(1.0 + len(_MORE.findall(low)))
    return Count(None, "none")


def _counted(question: str) -> str:
    """Return the singular of what "how many ..." counts."""
    found = _MANY.search(question.lower())
    if not found:
        return ""
    ends = FINITE_VERBS | PREPOSITIONS
    words: list[str] = [*takewhile(lambda word: word not in ends, str(found.group(1)).split())] or [""]
    plural = next((word for word in reversed(words) if word.endswith("s")), words[-1])
    return plural[:-3] + "y" if plural.endswith("ies") else plural.removesuffix("s")
