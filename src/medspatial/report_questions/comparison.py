"""Compare two sets of pairs over the same reports: which sides of which findings both state."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from medspatial.cases.ct_rate import Report
from medspatial.language import sides_said
from medspatial.records import Question
from medspatial.report_questions.findings import find_findings
from medspatial.report_questions.language import NEGATION
from medspatial.report_questions.reading import read_report
from medspatial.report_questions.support import find_support

Facts = dict[tuple[str, str], set[frozenset[str]]]
"""Sides stated for (case, finding)."""


@dataclass
class Comparison:
    """How far one set's laterality facts are found by another.

    Attributes
    ----------
    facts
        Pairs of case and finding for which the first set states a side.
    found, part, contradicted, not_found
        Of these: the second states the same sides; these and the other side; other sides; nothing.
    read
        Of the facts: the reader of reports finds the same sides, whether a question asks for them or not.
    supported
        Pairs of the first set for which a sentence of the report passes the evidence check.
    refused
        Pairs of the first set that the evidence check refuses, by rule.
    """

    pairs: int = 0
    facts: int = 0
    found: int = 0
    part: int = 0
    contradicted: int = 0
    not_found: int = 0
    read: int = 0
    supported: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    examples: list[dict[str, Any]] = field(default_factory=list)


def laterality_facts(questions: Iterable[Question]) -> Facts:
    """Collect what pairs state about sides: findings of question and answer, sides of the answer.

    A side that only the question gives counts where the answer gives none; pairs of absence are left out.
    """
    facts: Facts = defaultdict(set)
    for one in questions:
        if NEGATION.search(one.answer):
            continue
        sides = sides_said(one.answer) or sides_said(one.question)
        if sides:
            for seen in find_findings(f"{one.question} {one.answer}"):
                facts[one.case_id, seen.finding.name].add(sides)
    return facts


def compare_pairs(
    first: Iterable[Question],
    second: Iterable[Question],
    reports: Mapping[str, Report],
    *,
    examples: int = 20,
) -> Comparison:
    """Look for the first set's facts in the second, and check the first set's evidence in the reports."""
    pairs = list(first)
    result = Comparison(pairs=len(pairs))
    theirs, ours = laterality_facts(pairs), laterality_facts(second)
    result.facts = len(theirs)
    for key, sides in theirs.items():
        if key not in ours:
            result.not_found += 1
        elif _all(sides) == _all(ours[key]):
            result.found += 1
        elif _all(sides) < _all(ours[key]):
            result.part += 1
        else:
            result.contradicted += 1
            _keep(result, examples, case=key[0], finding=key[1], first=_text(sides), second=_text(ours[key]))
    result.read = _read(theirs, reports)
    for one in pairs:
        report = reports.get(one.case_id)
        if report is None:
            continue
        support = find_support(report, one.question, one.answer)
        if support.refusal is None:
            result.supported += 1
        else:
            result.refused[support.refusal.rule] += 1
    return result


def _read(theirs: Facts, reports: Mapping[str, Report]) -> int:
    """Count the facts whose sides the reader finds in the report."""
    found: Facts = defaultdict(set)
    for case in {case for case, _ in theirs} & set(reports):
        for one in read_report(reports[case]).read():
            if one.sides:
                found[case, one.finding.name].add(one.sides)
    return sum(_all(sides) == _all(found[key]) for key, sides in theirs.items() if key in found)


def _all(sides: Iterable[frozenset[str]]) -> frozenset[str]:
    return frozenset().union(*sides)


def _keep(result: Comparison, limit: int, **facts: Any) -> None:
    if len(result.examples) < limit:
        result.examples.append(facts)


def _text(sides: Iterable[frozenset[str]]) -> list[str]:
    return sorted(" and ".join(sorted(one)) for one in sides)
