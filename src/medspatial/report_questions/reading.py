"""A report as a whole: its sentences read one by one, and what they take from the one before."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from medspatial.cases.ct_rate import Report
from medspatial.report_questions.clauses import mentioned, read_sentence
from medspatial.report_questions.findings import COUNTED, find_findings
from medspatial.report_questions.other_words import PARTLY, SIMILAR
from medspatial.report_questions.sentences import Sentence, sentences
from medspatial.report_questions.statements import A_PART, ASKED, INTERPRETED, SIMILAR_ONE, Reading, Statement

_ASKED = re.compile(r"\([^()]*\?[^()]*\)")


def read_report(report: Report) -> Reading:
    """Read all sentences of a report."""
    reading = Reading()
    before: list[Statement] = []
    for sentence in sentences(report):
        found = read_sentence(sentence)
        found += _asked_in_brackets(sentence, found)
        if before and before[0].sentence.section == sentence.section:
            found = _parts(sentence, found, before) + _similar(sentence, found, before)
        reading.statements += found
        before = [
            one
            for one in found
            if one.status == "read" or (one.status not in ("denied", "hedged") and one.units)
            if one.why != A_PART
        ] or before
    return reading


def _parts(sentence: Sentence, found: list[Statement], before: Sequence[Statement]) -> list[Statement]:
    """Let what a sentence says of the findings before it lie wherever these lie, unclear.

    It says what has become of a part of them (``they tend to consolidate``), or what they are taken for.
    """
    units = tuple(unit for one in before for unit in one.units)
    partly = PARTLY.search(sentence.text) is not None
    return [
        replace(one, status="unclear", units=units, why=A_PART)
        if not one.units and (one.why == INTERPRETED or (partly and one.status in ("read", "unclear")))
        else one
        for one in found
    ]


def _similar(sentence: Sentence, found: Sequence[Statement], before: Sequence[Statement]) -> list[Statement]:
    """Return what the sentence before found as unclear mentions, where this one says ``a similar one``."""
    if not SIMILAR.search(sentence.text) or any(one.status == "denied" for one in found):
        return []
    named = {one.finding.family for one in found}
    kinds = {one.finding.name: one.finding for one in before if one.finding.family not in named}
    return mentioned(sentence, kinds.values(), SIMILAR_ONE)


def _asked_in_brackets(sentence: Sentence, found: Sequence[Statement]) -> list[Statement]:
    """Return the hedged findings of ``a linear density in the lingula (atelectasis? parenchymal band?)``."""
    named = {one.finding.family for one in found}
    asked = [
        seen.finding
        for bracket in _ASKED.finditer(sentence.text)
        for seen in find_findings(bracket.group())
        if seen.finding.family not in named and seen.finding.name not in COUNTED
    ]
    hedged = mentioned(sentence, dict.fromkeys(asked), ASKED)
    return [replace(one, plural=False, status="hedged") for one in hedged if one.units]
