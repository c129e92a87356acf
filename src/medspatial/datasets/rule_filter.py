"""Judges a pair by rules: does it need a sense of space, and does a sentence of the report support it?"""

from __future__ import annotations

from typing import NamedTuple

from medspatial.cases.ct_rate import Report
from medspatial.language.spatial import (
    asks_place,
    asks_what_was_said,
    names_place_by_word,
    says_absent,
    without_no,
)
from medspatial.report_questions import find_support
from medspatial.report_questions.chunks import read_chunks
from medspatial.report_questions.read_check import check_reading, is_bare_size

_PLACES = frozenset(
    {"side", "lobe", "lingula", "segment", "organ", "station", "fissure", "zone", "part", "vertebra"}
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
    if says_absent(_after_no(answer)) or says_absent(question):
        return False, "an absence or a normal state"
    if asks_what_was_said(question):
        return False, "asks what the report speaks of"
    if not asks_place(question):
        return False, "asks for no place, side, relation or comparison"
    if not _names_place(question) and not _names_place(answer):
        return False, "names no place"
    return True, ""


def _after_no(answer: str) -> str:
    """What a no goes on to state: ``No, only in the right lung``."""
    rest = without_no(answer)
    return rest if rest and not says_absent(rest) and _names_place(rest) else answer


def _names_place(text: str) -> bool:
    return any(one.kind in _PLACES for one in read_chunks(text)) or names_place_by_word(text)
