"""Hold a pair that others wrote against what the rules' reader finds in its quote.

Side, place, figure and status are compared. A quote that is there but says something else is the usual fault
of a language model. Where the reader does not understand the quote, it says nothing: the checks on words
(`medspatial.report_questions.evidence`) stand alone.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence

from medspatial.cases.ct_rate import Report
from medspatial.report_questions.chunks import read_chunks
from medspatial.report_questions.evidence import Refusal
from medspatial.report_questions.findings import find_findings
from medspatial.report_questions.language import NEGATION, measures
from medspatial.report_questions.pieces import BOTH
from medspatial.report_questions.places import Unit, read_units
from medspatial.report_questions.reading import read_report
from medspatial.report_questions.statements import Statement

_BARE_SIZE = re.compile(
    r"^\s*(?:how (?:large|big|wide|long|thick)\b|what (?:is|are|was|were) the (?:\w+ )?"
    r"(?:sizes?|diameters?|dimensions?|thickness|length|width|measurements?)\b)",
    re.IGNORECASE,
)
_DOUBT = re.compile(
    r"\b(?:may|might|could|possib\w+|probab\w+|suspect\w*|suspicio\w+|questionabl\w+|doubtful|likely)\b|\?\)",
    re.IGNORECASE,
)
_ADJECTIVES = frozenset(
    {"possible", "possibly", "probable", "probably", "suspicious", "suspected", "suspicion", "doubtful",
     "questionable", "may", "might", "could"}
)  # fmt: skip
"""Doubts that may make a finding itself uncertain; ``differential`` or ``thought`` are of its cause."""
_COMPARES = re.compile(r"\b(than|compar\w*|largest|larger|smaller|differ\w*|ratio|between)\b", re.IGNORECASE)

_LARGEST = re.compile(r"^(?!.*\band\b).*\b(?:largest|biggest)\b", re.IGNORECASE | re.DOTALL)
"""A question of the largest of several alone: the others lie elsewhere."""


def check_reading(question: str, answer: str, quote: str) -> Refusal | None:
    """Return why the reader refuses a pair; None where it agrees, or does not understand the quote.

    Examples
    --------
    >>> quote = "A nodule in the left lung and effusion on the right."
    >>> check_reading("On which side is the nodule?", "right", quote).rule
    'reader_side'
    >>> check_reading("On which side is the effusion?", "right", quote) is None
    True
    """
    if is_bare_size(question):
        return Refusal("bare_size", repr(question))
    named = {one.finding.name for one in find_findings(question)} or {
        one.finding.name for one in find_findings(answer)
    }
    about = [one for one in read_report(Report("quote", quote)).statements if one.finding.name in named]
    if not about:
        return None
    read = [one for one in about if one.status == "read"]
    if not read:
        return _status(question, answer, about)
    if len(read) < len(about):
        return None
    if _LARGEST.search(question):
        read = [one for one in read if one.largest and one.units] or read
    return _sides(answer, read) or _lobes(answer, read) or _figures(answer, read)


def is_bare_size(question: str) -> bool:
    """Whether a question asks for a size alone, compared with nothing."""
    return _BARE_SIZE.search(question) is not None and not _COMPARES.search(question)


def _status(question: str, answer: str, about: Sequence[Statement]) -> Refusal | None:
    """Refuse an answer that affirms what its quote denies or doubts."""
    if NEGATION.search(question) or NEGATION.search(answer):
        return None  # it asks for, or states, an absence
    if _DOUBT.search(question) or _DOUBT.search(answer):
        return None  # it says the doubt itself
    if all(one.status == "denied" or _doubted(one) for one in about):
        found = ", ".join(sorted({one.status for one in about}))
        return Refusal("reader_status", f"{answer!r}, the quote's clause is {found}")
    return None


def _doubted(one: Statement) -> bool:
    """Whether a doubt stands right before the finding: it may not be there at all."""
    if one.status != "hedged" or one.why not in _ADJECTIVES:
        return False
    chunks = [chunk for chunk in read_chunks(one.text) if chunk.kind != "filler"]
    pairs = itertools.pairwise(chunks)
    return any(
        first.kind == "doubt" and second.kind == "finding" and second.value == one.finding.name
        for first, second in pairs
    )


def _sides(answer: str, read: Sequence[Statement]) -> Refusal | None:
    said: set[str] = set()
    for one in read_chunks(answer):
        if one.kind == "side":
            said.add(one.value)
    if "both" in said:  # "both lobes of the right lung" are no two sides
        said = said - {"both"} or set(BOTH)
    units = [unit for one in read for unit in (*one.units, *one.prominent, *_related(one))]
    given = {side for unit in units for side in unit.sides}
    known = any(one.units for one in read) and all(unit.sides for one in read for unit in one.units)
    if said and known and not said <= given:
        return Refusal("reader_side", f"{answer!r}, the finding's clause gives {' and '.join(sorted(given))}")
    return None


def _lobes(answer: str, read: Sequence[Statement]) -> Refusal | None:
    said = {unit.lobe for unit in read_units(read_chunks(answer)) or () if unit.lobe}
    units = [unit for one in read for unit in (*one.units, *one.prominent, *_related(one))]
    given = {unit.lobe for unit in units if unit.lobe}
    if said and given and not said <= given:
        return Refusal(
            "reader_place", f"{answer!r}, the finding's clause names {' and '.join(sorted(given))}"
        )
    return None


def _figures(answer: str, read: Sequence[Statement]) -> Refusal | None:
    given = {number for one in read for size in one.sizes for number in size.millimetres}
    said = {number for size in measures(answer) for number in size.millimetres}
    if said and given and not said <= given:
        return Refusal("reader_figure", f"{answer!r} is not the size in the finding's clause")
    return None


def _related(one: Statement) -> list[Unit]:
    return [unit for relation in one.relations for unit in relation.units]
