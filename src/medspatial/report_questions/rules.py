"""The rule-based generator: deterministic, without a language model."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from medspatial.cases.ct_rate import Report
from medspatial.questions.drop import Drop
from medspatial.questions.options import draw
from medspatial.records import Question
from medspatial.report_questions.asking import as_question
from medspatial.report_questions.calibres import compared_calibres
from medspatial.report_questions.depth import depth_of_kind, surface_of_kind, surface_of_single
from medspatial.report_questions.evidence import check_quotes
from medspatial.report_questions.facts import Fact, Unasked, about
from medspatial.report_questions.heights import (
    heights,
    nearer_apex,
    nearest_landmark,
    nearest_landmark_of_kind,
)
from medspatial.report_questions.laterality import side_of_kind, side_of_single
from medspatial.report_questions.localisation import (
    level_of_kind,
    lobe_of_kind,
    lobe_of_single,
    part_of_organ,
    segment_of_single,
    station_of_nodes,
)
from medspatial.report_questions.neighbours import beside_finding, neighbour
from medspatial.report_questions.reading import read_report
from medspatial.report_questions.side_compared import (
    one_side_only,
    same_side,
    sided,
    stronger_side,
    which_finding,
)
from medspatial.report_questions.size_compared import (
    larger_of_two,
    largest_node,
    largest_of_kind,
    lost_volume,
)
from medspatial.report_questions.statements import Reading
from medspatial.report_questions.topics import Single, Topic, singles, topics

GENERATOR = "rules:4"
"""Name and version of this generator, in every row; the version changes when its output does."""

_REMOVED = re.compile(
    r"\b(?:pneumonectom|lobectom)\w*|"
    r"\b(?:lungs?|lobes?)\b[^.;]{0,25}\b(?:(?:is|was) (?:operated|resected|removed)|"
    r"not (?:observed|seen|visualized)\b[^.;]{0,25}\b(?:operat|surg)\w*)",
    re.IGNORECASE,
)
"""A part of a lung that is no longer there."""
REPORT_DROPS: dict[str, str] = {
    "contradicted": "another sentence of the report denies it, or gives another place",
    "no_place": "no place is stated",
    "no_side": "a place has no side of its own (a plural gives none)",
    "no_lobe": "no lobe is named with its side",
    "unclear_mention": "another mention is not understood and may say otherwise",
    "ambiguous": "several findings, or several answers, fit the words",
    "too_few_options": "too few places of the region that the report does not speak of",
    "sizes_too_close": "the two sizes are too close to compare",
    "same_fact": "another question of the scan asks for the same fact",
    "evidence": "the evidence check refuses it",
    "denied": "the report says that it is not there",
    "hedged": "the report is not sure of it, or only interprets",
    "past": "of another examination, or a change over time",
    "unclear": "a clause with a word or an order that is not understood",
}
"""Why something that a report mentions is not asked."""


@dataclass
class ReportQuestions:
    """What one report gave: questions, and what was not asked, by rule."""

    case_id: str
    questions: list[Question] = field(default_factory=list)
    drops: list[Drop] = field(default_factory=list)


def questions_from_reports(reports: Iterable[Report]) -> Iterator[ReportQuestions]:
    """Yield the questions of each report, in order."""
    for report in reports:
        yield questions_from_report(report)


def questions_from_report(report: Report) -> ReportQuestions:
    """Ask what one report states clearly of one finding, each fact once.

    Of the questions that ask for one fact the one with the smallest hash is kept; which that is depends on
    the report alone.
    """
    reading = read_report(report)
    result = ReportQuestions(report.case_id)
    unread = [one for one in reading.statements if one.status != "read"]
    result.drops += [_drop(report, one.status, one.finding.name, one.why) for one in unread]
    by_fact: dict[str, list[Fact]] = defaultdict(list)
    for found in facts_of(report, reading):
        if isinstance(found, Unasked):
            result.drops.append(_drop(report, found.rule, found.about, found.note))
        else:
            by_fact[found.key].append(found)
    for key, same in by_fact.items():
        same.sort(key=lambda one: _hash(report, one))
        result.drops += [_drop(report, "same_fact", key, one.subtype) for one in same[1:]]
        question = as_question(report, same[0], GENERATOR)
        refusal = check_quotes(report, question)
        if question.id in {one.id for one in result.questions}:
            result.drops.append(_drop(report, "same_fact", key))
        elif refusal is None:
            result.questions.append(question)
        else:
            result.drops.append(_drop(report, "evidence", key, str(refusal)))
    return result


def _hash(report: Report, fact: Fact) -> int:
    return draw("fact", report.fingerprint, fact.key, fact.subtype, fact.answer, fact.slots.get("first"))


def facts_of(report: Report, reading: Reading) -> Iterator[Fact | Unasked]:
    """Yield all facts that the rules find in a report, and what they leave out."""
    found: list[Topic] = []
    for topic_or_not in _whole_lungs(report, topics(reading)):
        if isinstance(topic_or_not, Unasked):
            yield topic_or_not
        else:
            found.append(topic_or_not)
    alone = [one for topic in found for one in singles(topic)]
    for topic in found:
        for of_kind in _OF_KIND:
            yield from of_kind(topic)
        own = [one for one in alone if one.topic is topic]
        yield from beside_finding(topic, found)
        yield from largest_of_kind(topic, own)
        asked = topic.finding.asked and not topic.contradicted
        if asked and not own and len(topic.read) == 1 and not topic.others:
            yield from neighbour(topic.key, about(topic), topic.read)
    for single in alone:
        for of_single in _OF_SINGLE:
            yield from of_single(single)
        if single.topic.finding.asked:
            yield from neighbour(single.key, about(single), single.statements)
    yield from nearer_apex(list(heights(found, alone)))
    yield from larger_of_two(alone)
    yield from compared_calibres(report)
    on_sides = list(sided(found, alone))
    yield from same_side(on_sides)
    yield from which_finding(on_sides)


def _whole_lungs(report: Report, found: list[Topic]) -> Iterator[Topic | Unasked]:
    """Leave out what lies in the lungs where a part of them was removed: reports still name that part."""
    removed = any(_REMOVED.search(text) for _, text in report.sections)
    for topic in found:
        if removed and topic.region == "lung":
            yield Unasked("ambiguous", topic.key, "a part of the lungs was removed")
        else:
            yield topic


_OF_KIND: tuple[Callable[[Topic], Iterator[Fact | Unasked]], ...] = (
    side_of_kind, one_side_only, lobe_of_kind, level_of_kind, station_of_nodes, depth_of_kind,
    surface_of_kind, stronger_side, largest_node, lost_volume, nearest_landmark_of_kind,
)  # fmt: skip
_OF_SINGLE: tuple[Callable[[Single], Iterator[Fact | Unasked]], ...] = (
    side_of_single, lobe_of_single, segment_of_single, part_of_organ, surface_of_single, nearest_landmark,
)  # fmt: skip


def _drop(report: Report, rule: str, about_what: str, note: str = "") -> Drop:
    return Drop(
        case_id=report.case_id,
        subtype="report",
        rule=rule,
        note=f"{about_what}: {note}" if note else about_what,
    )


def counts(results: Iterable[ReportQuestions]) -> dict[str, Counter[str]]:
    """Count questions per category and subtype, and drops per rule."""
    found: dict[str, Counter[str]] = {"category": Counter(), "subtype": Counter(), "dropped": Counter()}
    for result in results:
        found["category"].update(str(one.category) for one in result.questions)
        found["subtype"].update(str(one.subtype) for one in result.questions)
        found["dropped"].update(one.rule for one in result.drops)
    return found
