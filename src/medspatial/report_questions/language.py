"""The words of reports that decide how a sentence may be read: negation, doubt, measures."""

from __future__ import annotations

import re
from typing import NamedTuple

NEGATION = re.compile(
    r"\b(no|not|none|without|absen(?:t|ce)|negative|free of|neither|nor|never|cannot|can't|"
    r"unremarkable|normal|natural|preserved|within normal limits|resol(?:ved|ution)|disappeared|"
    r"regress(?:ed|ion)|clear(?:ed)?|patent|open|didn't|isn't|wasn't|ruled out|exclude[ds]?|"
    r"unlikely|rather than|instead of)\b",
    re.IGNORECASE,
)
"""A sentence with one of these states, or may state, that something is not there."""

_NUMBER = r"\d+(?:[.,]\d+)?"
MEASURE = re.compile(
    rf"(?<![\w.])(?P<numbers>{_NUMBER}(?:\s*[x×*]\s*{_NUMBER}){{0,2}})\s*-?\s*(?P<unit>mm|cm|millimeters?|centimeters?)\b",
    re.IGNORECASE,
)
BOUND = re.compile(
    r"(less than|smaller than|larger than|greater than|more than|under|below|over|above|up to|at most|"
    r"at least|"
    r"not exceed\w*|exceed\w*|reach\w*|between|from|<|>|≤|≥|to|-|–)\s*(?:a |the )?(?:diameter of |size of )?"
    r"(?:approximately |about |approx\. |nearly )?$",
    re.IGNORECASE,
)


class Measure(NamedTuple):
    """A size in a text, as it is written; ``numbers`` has one to three figures."""

    text: str
    numbers: tuple[float, ...]
    unit: str
    start: int
    end: int
    bounded: bool

    @property
    def millimetres(self) -> tuple[float, ...]:
        """The figures in mm."""
        factor = 10.0 if self.unit == "cm" else 1.0
        return tuple(round(number * factor, 6) for number in self.numbers)


def measures(text: str) -> list[Measure]:
    """Return the sizes of a text; ``bounded`` marks a limit or range (``less than 5 mm``, ``3-5 mm``).

    Examples
    --------
    >>> [(m.text, m.numbers, m.unit, m.bounded) for m in measures("a 9.5 mm nodule and one under 1 cm")]
    [('9.5 mm', (9.5,), 'mm', False), ('1 cm', (1.0,), 'cm', True)]
    """
    found = []
    for match in MEASURE.finditer(text):
        numbers = tuple(float(one.replace(",", ".")) for one in re.findall(_NUMBER, match["numbers"]))
        unit = "cm" if match["unit"].lower().startswith("c") else "mm"
        before = text[: match.start()].rstrip() + " "
        bounded = BOUND.search(before.rstrip()) is not None or BOUND.search(before) is not None
        follows = text[match.end() : match.end() + 14].lower()
        bounded = bounded or bool(re.match(r"\s*(or|and) (less|smaller|under|more|larger)", follows))
        found.append(Measure(match.group(), numbers, unit, match.start(), match.end(), bounded))
    return found


_STOP_WORDS = """
    a an and are as at be been both but by for from has have in into is it its of on or that the their
    there these they this to was were which with within what where how does do did patient patients side
    sided located location observed seen present lung lungs lobe lobes segment segments level levels region
    regions part parts area areas mm cm
"""
_STOP = frozenset(_STOP_WORDS.split())
_FUNCTION_WORDS = """
    a an and are as at be been by for from has have in into is it its of on that the their there these they
    this to was were which with what where how does do did or located seen observed found present lies lie s
"""
_FUNCTION = frozenset(_FUNCTION_WORDS.split())
_WORD = re.compile(r"[a-z]+(?:'[a-z]+)?|\d+(?:[.,]\d+)?")


def content_words(text: str) -> set[str]:
    """Return the words of a text that carry content: no articles, prepositions or general anatomy nouns."""
    return {
        word.rstrip("s") if len(word) > 3 else word
        for word in _WORD.findall(text.lower())
        if word not in _STOP
    }


def said_words(text: str) -> set[str]:
    """Return the words of a text without articles, prepositions and verbs of seeing, in the singular."""
    return {
        word.rstrip("s") if len(word) > 3 else word
        for word in _WORD.findall(text.lower())
        if word not in _FUNCTION
    }
