"""Sentences of a report with their offsets, so that a quote is the report's own text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from medspatial.cases.ct_rate import Report

_END = re.compile(
    r"[.!?](?=\s|$|[A-Z])(?<!\d\.(?=\d))|\n|(?<=[a-z\d)])\s{2,}(?=[A-Z\d])|"
    r"(?:^|(?<=\n)|(?<=[.;:] ))\d{1,2}\)(?=\s+[A-Z])"
)
_ABBREVIATIONS = re.compile(r"(?:^|[\s(])(?:approx|e\.g|i\.e|ca|vs|dr|no|st)\.$")


class Sentence(NamedTuple):
    """One sentence: its text is ``section text[start:end]``."""

    section: str
    number: int
    start: int
    end: int
    text: str


def sentences(report: Report) -> list[Sentence]:
    """Return the sentences of all sections, in order; white space around them is left out.

    A full stop ends a sentence before white space, the end or a capital letter, not inside a number
    (``4.5 mm``) or after a known abbreviation; so does a new line, and a wide gap before a capital letter, as
    lists of an impression have it, and the number of an item (``2) Cyst``).
    """
    return [one for section, text in report.sections for one in _of_section(section, text)]


def _of_section(section: str, text: str) -> Iterator[Sentence]:
    start, index = 0, 0
    for end in [*_ends(text), len(text)]:
        piece = text[start:end]
        left = start + len(piece) - len(piece.lstrip())
        stripped = piece.strip()
        if any(character.isalpha() for character in stripped):
            yield Sentence(section, index, left, left + len(stripped), stripped)
            index += 1
        start = end


def _ends(text: str) -> Iterator[int]:
    for match in _END.finditer(text):
        before = text[max(0, match.end() - 9) : match.end()].lower()
        if not _ABBREVIATIONS.search(before):
            yield match.end()
