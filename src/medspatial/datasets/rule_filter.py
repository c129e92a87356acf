"""Judges a pair by rules: does it need a sense of space, and does a sentence of the report support it?"""

from __future__ import annotations

import re
from typing import NamedTuple

from medspatial.cases.ct_rate import Report
from medspatial.report_questions import find_support
from medspatial.report_questions.chunks import read_chunks
from medspatial.report_questions.read_check import check_reading, is_bare_size

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
_PLACES = frozenset(
    {"side", "lobe", "lingula", "segment", "organ", "station", "fissure", "zone", "part", "vertebra"}
)
_OTHER_PLACES = re.compile(
    r"\b(?:o?esophag\w+|hiatus|abdom\w+|mesenter\w+|periton\w+|disc|discs|spin(?:e|al)|(?:mid|upper|lower)?-?"
    r"thoracic (?:level|vertebrae)|vicinity|neighbou?rhood|sub(?:cutaneous|pleural)|skin|muscles?|cavity|"
    r"bladder|multilobar|lobes?|unilateral|bilateral|midline)\b",
    re.IGNORECASE,
)
"""Places that the reader of reports does not use, and words of extent over several."""
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


class RuleVerdict(NamedTuple):
    """What the rules say of a pair, and why where it is no."""

    spatial: bool
    supported: bool | None
    why: str = ""


def rule_verdict(question: str, answer: str, report: Report | None = None) -> RuleVerdict:
    """Judge one pair.

    It is spatial when it asks for a place, side, relation or comparison, and question and answer together
    name one. Not spatial are a size alone, an absence or a normal state (nothing is placed), and what the
    report speaks of. One side or both is: that is where a finding lies.
    It is supported when a sentence of the report carries it.

    Examples
    --------
    >>> rule_verdict("How large is the nodule?", "5 mm").spatial
    False
    >>> rule_verdict("Where is the nodule?", "In the left lung.").spatial
    True
    >>> rule_verdict("Was a nodule seen in the left lung?", "No nodule was seen.").why
    'an absence or a normal state'
    """
    spatial, why = _spatial(question, answer)
    if report is None:
        return RuleVerdict(spatial, None, why)
    found = find_support(report, question, answer)
    refusal = found.refusal or (check_reading(question, answer, found.quote) if found.quote else None)
    supported = refusal is None or refusal.rule == "bare_size"
    return RuleVerdict(spatial, supported, why or ("" if refusal is None else refusal.rule))


def _spatial(question: str, answer: str) -> tuple[bool, str]:
    if is_bare_size(question):
        return False, "a size alone"
    if _ABSENT.search(_after_no(answer)) or _ABSENT.search(question):
        return False, "an absence or a normal state"
    if _REPORTED.search(question):
        return False, "asks what the report speaks of"
    if not _ASKS_PLACE.search(question):
        return False, "asks for no place, side, relation or comparison"
    if not _names_place(question) and not _names_place(answer):
        return False, "names no place"
    return True, ""


def _after_no(answer: str) -> str:
    """What a no goes on to state: ``No, only in the right lung``."""
    rest = re.sub(r"^\s*no\b[\s,;.:]*", "", answer, flags=re.IGNORECASE)
    return rest if rest and not _ABSENT.search(rest) and _names_place(rest) else answer


def _names_place(text: str) -> bool:
    return any(one.kind in _PLACES for one in read_chunks(text)) or _OTHER_PLACES.search(text) is not None
