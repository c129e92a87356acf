"""The rule-based generator: deterministic, without a language model."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from medspatial.cases.ct_rate import LICENSE, Report
from medspatial.questions.curate.categories import six_categories
from medspatial.questions.drop import Drop
from medspatial.questions.reports.ask import Asked, ask, ask_in_place
from medspatial.questions.reports.evidence import check_pair
from medspatial.questions.reports.language import content_words
from medspatial.questions.reports.statements import Reading, Statement, read_report
from medspatial.records import Evidence, Question

GENERATOR = "rules:1"
"""Name and version of this generator, in every row; the version changes when its output does."""


@dataclass
class ReportQuestions:
    """What one report gave: questions, and statements that were not asked, by rule."""

    case_id: str
    questions: list[Question] = field(default_factory=list)
    drops: list[Drop] = field(default_factory=list)


def questions_from_reports(reports: Iterable[Report]) -> Iterator[ReportQuestions]:
    """Yield the questions of each report, in order."""
    for report in reports:
        yield questions_from_report(report)


def questions_from_report(report: Report) -> ReportQuestions:
    """Ask what one report states positively, clearly and once.

    A statement is asked when every other statement of the same finding in the report agrees with its place;
    where they differ, only what its size tells apart is asked. Of equal questions the first is kept.
    """
    reading = read_report(report)
    result = ReportQuestions(report.case_id)
    by_finding: dict[str, list[Statement]] = defaultdict(list)
    for statement in reading.statements:
        by_finding[statement.finding.name].append(statement)
    asked: dict[str, Question] = {}
    for name, statements in by_finding.items():
        unread = name in reading.unread_findings()
        clear = not unread and _agree(statements)
        for statement in statements:
            title = statement.seen.title if clear else _by_size(statement, statements, reading)
            if title is not None:
                for one in ask(statement, title):
                    _add(report, statement, one, asked, result)
            elif not unread and _alone_in_its_place(statement, statements):
                for one in ask_in_place(statement):
                    _add(report, statement, one, asked, result)
            else:
                result.drops.append(_drop(report, statement, "ambiguous"))
    result.questions = list(asked.values())
    return result


def _agree(statements: list[Statement]) -> bool:
    """Whether all statements can be about one and the same thing."""
    for kind in ("place", "relation", "prominent"):
        places = [found for one in statements if (found := getattr(one, kind)) is not None]
        if any(not a.agrees(b) for a in places for b in places):
            return False
    sizes = {one.size.millimetres for one in statements if one.size}
    placed = [one.place is not None for one in statements]
    only_related = [one.place is None and one.prominent is None for one in statements]
    return len(sizes) <= 1 and not (any(placed) and any(only_related))


def _alone_in_its_place(statement: Statement, statements: list[Statement]) -> bool:
    """Whether no other statement of the finding can be about the same side."""
    if statement.place is None or len(statement.place.sides) != 1:
        return False
    others = [one.place for one in statements if one is not statement]
    return all(one is not None and one.sides and not one.sides & statement.place.sides for one in others)


def _by_size(statement: Statement, statements: list[Statement], reading: Reading) -> str | None:
    """Name a finding by its size, where no other finding of the report has that size."""
    if statement.size is None or statement.largest or statement.seen.plural:
        return None
    same = [one for one in statements if one.size and one.size.millimetres == statement.size.millimetres]
    places = [one.place for one in same if one.place]
    if len(places) < len(same) > 1:
        return None  # one of them is placed by a relation alone: it may be another
    if any(not a.agrees(b) for a in places for b in places):
        return None
    digits = statement.size.text
    if any(digits in sentence.text for _, sentence, _ in reading.unread):
        return None
    return f"{statement.seen.title} that measures {digits}"


def _add(
    report: Report, statement: Statement, one: Asked, asked: dict[str, Question], result: ReportQuestions
) -> None:
    if one.question in asked:
        return
    if one.answer_type not in ("side", "choice") and not one.options:
        shared = content_words(one.answer) & content_words(one.question)
        if shared:
            result.drops.append(_drop(report, statement, "answer_in_question", ", ".join(sorted(shared))))
            return
    refusal = check_pair(report, one.question, one.answer, statement.sentence.text)
    if refusal is not None:
        result.drops.append(_drop(report, statement, "evidence", str(refusal)))
        return
    asked[one.question] = _record(report, statement, one)


def _record(report: Report, statement: Statement, one: Asked) -> Question:
    sentence = statement.sentence
    places = [found for found in (statement.place, statement.relation, statement.prominent) if found]
    names = dict.fromkeys(mention.name for place in places for mention in place.mentions)
    return Question(
        case_id=report.case_id,
        question=one.question,
        answer=one.answer,
        category=one.category,
        subtype=one.subtype,
        answer_type=one.answer_type,
        options=one.options,
        value=one.value,
        unit=one.unit,
        evidence=Evidence(
            quote=sentence.text,
            structures=tuple(names),
            details={
                "section": sentence.section,
                "start": sentence.start,
                "end": sentence.end,
                "finding": statement.finding.name,
            },
        ),
        tags=six_categories(one.question, one.answer),
        source=GENERATOR,
        license=LICENSE,
        metadata={"report": report.fingerprint},
    )


def _drop(report: Report, statement: Statement, rule: str, note: str = "") -> Drop:
    text = f"{statement.finding.name}: {statement.text.strip()}" + (f" ({note})" if note else "")
    return Drop(case_id=report.case_id, subtype="R", rule=rule, note=text)


def counts(results: Iterable[ReportQuestions]) -> dict[str, Counter[str]]:
    """Count questions per category and subtype, and drops per rule."""
    found: dict[str, Counter[str]] = {"category": Counter(), "subtype": Counter(), "dropped": Counter()}
    for result in results:
        found["category"].update(str(one.category) for one in result.questions)
        found["subtype"].update(str(one.subtype) for one in result.questions)
        found["dropped"].update(one.rule for one in result.drops)
    return found
