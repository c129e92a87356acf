"""What a report of invented sentences states, at each step from its words to facts."""

from __future__ import annotations

from collections.abc import Iterable

from medspatial.cases.ct_rate import Report
from medspatial.report_questions import read_report
from medspatial.report_questions.facts import Fact, Unasked
from medspatial.report_questions.statements import Statement
from medspatial.report_questions.topics import Single, Topic, singles, topics


def statements(findings: str, impression: str = "") -> list[Statement]:
    return read_report(Report("c", findings, impression)).statements


def kinds(findings: str, impression: str = "") -> dict[str, Topic]:
    """Return the kinds of findings by their keys ("nodule@lung")."""
    return {one.key: one for one in topics(read_report(Report("c", findings, impression)))}


def picked(findings: str, impression: str = "") -> list[Single]:
    """Return the findings that words pick out."""
    return [one for topic in kinds(findings, impression).values() for one in singles(topic)]


def answers(found: Iterable[Fact | Unasked]) -> list[tuple[str, str]]:
    """Return subtype and answer of what is asked."""
    return [(one.subtype, one.answer) for one in found if isinstance(one, Fact)]


def unasked(found: Iterable[Fact | Unasked]) -> list[str]:
    """Return the rules by which something is not asked."""
    return [one.rule for one in found if isinstance(one, Unasked)]
