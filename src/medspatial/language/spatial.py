"""Whether a question and its answer are about space at all: what they ask for, and what they place."""

from __future__ import annotations

import re

_WHICH = (
    "sides?|lobes?|segments?|lungs?|regions?|parts?|portions?|areas?|zones?|levels?|stations?|organs?|"
    "quadrants?|poles?|structures?|vertebra\\w*|ribs?|kidneys?|surfaces?|walls?|locations?|vessels?|arter\\w+"
)
_WHAT = (
    "side|lobe|segment|region|level|location|part|area|structure|spatial|distribution|relation\\w*|position"
)
_OF_PLACE = (
    "locat\\w+|locali[sz]\\w+|situated|distribut\\w*|position\\w*|exten[dt]\\w*|bilateral\\w*|unilateral\\w*|"
    "symmetr\\w*|adjacent|next to|relati\\w+|near\\w*|proximity|distance|between|boundar\\w*|confined|"
    "limited|involve\\w*|sides?|lateral\\w*|orient\\w*|direction|peripher\\w*|central\\w*|subpleural\\w*|anterior\\w*|"
    "posterior\\w*|superior\\w*|inferior\\w*|upper|lower|surround\\w*|compar\\w*|larg(?:er|est)|prominent|within|"
    "inside|contain\\w*|throughout|both|either|left|right|along|above|below"
)
_ASKS_PLACE = re.compile(
    rf"\b(?:where|(?:in|at|on|to|from|along) (?:which|what)|which (?:{_WHICH})|what (?:{_WHAT})|"
    rf"{_OF_PLACE})\b",
    re.IGNORECASE,
)
# places that the reader of reports does not use, and words of extent over several
_OTHER_PLACES = re.compile(
    r"\b(?:o?esophag\w+|hiatus|abdom\w+|mesenter\w+|periton\w+|disc|discs|spin(?:e|al)|(?:mid|upper|lower)?-?"
    r"thoracic (?:level|vertebrae)|vicinity|neighbou?rhood|sub(?:cutaneous|pleural)|skin|muscles?|cavity|"
    r"bladder|multilobar|lobes?|unilateral|bilateral|midline)\b",
    re.IGNORECASE,
)
_ABSENT = re.compile(
    r"^\s*(?:no|none|neither)\b|\b(?:not|never) (?:\w+ )?"
    r"(?:detected|observed|seen|present|identified|noted|found)\b|"
    r"\bno (?:\w+[ -]){0,6}(?:was|were|is|are|lesions?|nodes?|mass|effusions?|patholog\w+)\b|"
    r"\b(?:normal|open|patent|preserved|unremarkable|intact)\b",
    re.IGNORECASE,
)
_REPORTED = re.compile(
    r"\b(?:mentioned|referenced|referred to|cited|commented on|assessed|evaluated|"
    r"explicitly|specifically noted)\b",
    re.IGNORECASE,
)
_NO = re.compile(r"^\s*no\b[\s,;.:]*", re.IGNORECASE)


def asks_place(question: str) -> bool:
    """Say whether a question asks for a place, side, relation or comparison.

    >>> asks_place("Where is the nodule?"), asks_place("What is its density?")
    (True, False)
    """
    return _ASKS_PLACE.search(question) is not None


def names_place_by_word(text: str) -> bool:
    """Say whether a text names a place that is no structure, or an extent ("subpleural", "bilateral")."""
    return _OTHER_PLACES.search(text) is not None


def says_absent(text: str) -> bool:
    """Say whether a text states that something is absent or normal."""
    return _ABSENT.search(text) is not None


def asks_what_was_said(question: str) -> bool:
    """Say whether a question asks what a report speaks of ("which organs were evaluated?")."""
    return _REPORTED.search(question) is not None


def without_no(answer: str) -> str:
    """Take a leading no off an answer.

    >>> without_no("No, only in the right lung.")
    'only in the right lung.'
    """
    return _NO.sub("", answer)
