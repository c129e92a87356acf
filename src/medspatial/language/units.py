"""Units of measurement: their spellings, dimensions and factors."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from medspatial.language.vocabulary import CACHED_TEXTS

# dimension -> {spelling pattern: factor to the dimension's base unit}
_TABLE: dict[str, dict[str, float]] = {
    "length": {  # mm
        r"mm|mill?imet(?:er|re)s?|mms": 1.0,
        r"cm|centimet(?:er|re)s?|cms": 10.0,
        r"dm|decimet(?:er|re)s?": 100.0,
        r"m|met(?:er|re)s?": 1000.0,
        r"[µμu]m|microns?|micromet(?:er|re)s?": 0.001,
        r"in(?=\s*(?:[.,;:!?)\]]|\Z|(?:x|×|by)\s*\d|\())|inch|inches|″|′′|''": 25.4,  # else a preposition
        r"ft|feet|foot": 304.8,
        r"yds?|yards?": 914.4,
        r"km|kms|kilomet(?:er|re)s?": 1e6,
        r"nm|nanomet(?:er|re)s?": 1e-6,
    },
    "area": {  # mm²
        r"mm ?\^? ?2|sq(?:uare)?\.? ?(?:mm|millimet(?:er|re)s?)": 1.0,
        r"cm ?\^? ?2|sq(?:uare)?\.? ?(?:cm|centimet(?:er|re)s?)": 100.0,
    },
    "volume": {  # ml
        r"ml|mls|millilit(?:er|re)s?|ccs?|ccm|cm ?\^? ?3|cubic[ -]?(?:cm|centimet(?:er|re)s?)": 1.0,
        r"mm ?\^? ?3|cubic[ -]?(?:mm|millimet(?:er|re)s?)|[µμu]l|microlit(?:er|re)s?": 0.001,
        r"cl|centilit(?:er|re)s?": 10.0,
        r"dl|decilit(?:er|re)s?": 100.0,
        r"l|lit(?:er|re)s?|dm ?\^? ?3": 1000.0,
        r"m ?\^? ?3|cubic[ -]?met(?:er|re)s?": 1e6,
    },
    "density": {r"hu|hounsfield(?:[ -]?units?)?|h\.u\.": 1.0},
    "percent": {r"%|percent|per ?cent|percentage points?|pct": 1.0},
    "angle": {r"°|degs?|degrees?": 1.0},
    "mass": {r"g|grams?": 1.0, r"kg|kilograms?": 1000.0, r"mg|milligrams?": 0.001},
    "ratio": {r"times|fold|-fold": 1.0},
    "time": {r"years?|yrs?|y/o|yo|months?|weeks?|days?|hours?|minutes?|seconds?|sec|ms": 1.0},
    "dose": {r"kvp?|mas?|mgy": 1.0},
}


@dataclass(frozen=True, slots=True)
class Unit:
    """A dimension and the factor to its base unit (mm, mm², ml, HU, %, degree, g, count)."""

    dimension: str
    factor: float = 1.0


COUNT = Unit("count")
_ALL = [
    (re.compile(rf"(?:{pattern})\Z", re.I), Unit(d, f))
    for d, table in _TABLE.items()
    for pattern, f in table.items()
]
UNIT_TEXT = "|".join(
    sorted(
        (pattern for table in _TABLE.values() for pattern in table),
        key=lambda p: ("3" not in p, "2" not in p, -len(p)),
    )
)
_NAMED_IN_QUESTION = re.compile(
    rf"(?:\bin|\bhow many|\(|\bunits?(?: of)?:?|\bexpressed (?:in|as)|\bas a)\s*(?:whole |cubic (?=mm|"
    rf"cm))?({UNIT_TEXT})(?![a-z0-9])",
    re.I,
)


@lru_cache(maxsize=1024)
def parse_unit(text: str | None) -> Unit:
    """Return the unit that a text spells; anything unknown, or none, is a count.

    >>> parse_unit("cm³"), parse_unit("lesions")
    (Unit(dimension='volume', factor=1.0), Unit(dimension='count', factor=1.0))
    """
    if not text:
        return COUNT
    plain = text.strip().replace("³", "3").replace("²", "2")
    spellings = (plain, plain.removesuffix("."))
    return next((unit for pattern, unit in _ALL for spelled in spellings if pattern.match(spelled)), COUNT)


def named_units(question: str) -> list[str]:
    """Return the units that a question asks for, as written.

    >>> named_units("What is its volume (cm³)?")
    ['cm³']
    """
    plain = question.replace("³", "3").replace("²", "2")  # as long as before
    return [question[match.start(1) : match.end(1)] for match in _NAMED_IN_QUESTION.finditer(plain)]


@lru_cache(maxsize=CACHED_TEXTS)
def question_unit(question: str) -> Unit | None:
    """Return the unit that a question asks for ("in millimetres"), or None.

    >>> question_unit("What is its diameter in millimetres?")
    Unit(dimension='length', factor=1.0)
    """
    return next((parse_unit(unit) for unit in named_units(question)), None)
