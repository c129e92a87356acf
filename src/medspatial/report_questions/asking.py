"""From facts to questions: natural wordings, options by hash, quotes that hold every word of the answer."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from importlib import resources

from medspatial.cases.ct_rate import LICENSE, Report
from medspatial.questions.options import draw, shuffled
from medspatial.records import AnswerType, Evidence, Question
from medspatial.report_questions.categories import six_categories
from medspatial.report_questions.facts import Fact
from medspatial.report_questions.statements import Statement

OPEN_SHARE = 5
"""Of this many questions one is asked openly, where its kind has an open wording."""


@dataclass(frozen=True)
class Wording:
    """The wordings of one kind of question."""

    title: str
    answer_type: AnswerType
    closed: tuple[str, ...]
    open: tuple[str, ...] = ()
    subtype: str = ""


@cache
def wordings() -> dict[str, Wording]:
    """Return the kinds of questions with their wordings."""
    text = resources.files("medspatial.report_questions").joinpath("data/wordings.json").read_text("utf-8")
    return {
        name: Wording(
            row["title"],
            row["answer_type"],
            tuple(row["closed"]),
            tuple(row["open"]),
            row.get("subtype", name),
        )
        for name, row in json.loads(text).items()
    }


def as_question(report: Report, fact: Fact, source: str) -> Question:
    """Word a fact as a question; form, wording and order of the options depend on report and fact alone."""
    wording = wordings()[fact.subtype]
    key = (report.fingerprint, fact.key, fact.subtype)
    is_open = bool(wording.open) and draw("open", *key) % OPEN_SHARE == 0
    texts = wording.open if is_open else wording.closed
    text = texts[draw("wording", *key) % len(texts)].format(**fact.slots)
    options = () if is_open else _options(fact, key)
    statement = fact.statements[0]
    return Question(
        case_id=report.case_id,
        question=text,
        answer=fact.answer,
        category=fact.category,
        subtype=wording.subtype,
        answer_type=wording.answer_type,
        options=options,
        evidence=Evidence(quote=statement.sentence.text, structures=fact.structures, details=_details(fact)),
        tags=six_categories(text, fact.answer),
        source=source,
        license=LICENSE,
        form="open" if is_open else "closed",
        metadata={"report": report.fingerprint, "fact": fact.key},
    )


def _options(fact: Fact, key: tuple[str, ...]) -> tuple[str, ...]:
    false = shuffled(sorted(fact.false), "false", *key)[: fact.most - 1]
    return shuffled([fact.answer, *false], *key)


def _details(fact: Fact) -> dict[str, object]:
    quotes = [_quote(one) for one in _distinct(fact.statements)]
    first = {name: value for name, value in quotes[0].items() if name != "quote"}
    details: dict[str, object] = {**first, "finding": fact.structures[0] if fact.structures else ""}
    if len(quotes) > 1:
        details["quotes"] = quotes
    if fact.inferred:
        details["inferred"] = fact.inferred
    return details


def _distinct(statements: tuple[Statement, ...]) -> list[Statement]:
    return list({(one.sentence.section, one.sentence.start): one for one in statements}.values())


def _quote(one: Statement) -> dict[str, object]:
    sentence = one.sentence
    return {"section": sentence.section, "start": sentence.start, "end": sentence.end, "quote": sentence.text}
