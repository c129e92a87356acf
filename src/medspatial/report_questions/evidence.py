"""The evidence check: a quote stands in the report, and the answer says no more than the quote.

Every generator's pairs pass through it, the rules' and the language models' alike.
"""

from __future__ import annotations

import re
from collections.abc import Set
from dataclasses import dataclass

from medspatial.anatomy import find_mentions, is_part, structure
from medspatial.cases.ct_rate import Report
from medspatial.language import sides_said
from medspatial.records import Question
from medspatial.report_questions.language import NEGATION, measures, said_words

EVIDENCE_RULES: dict[str, str] = {
    "no_quote": "the pair quotes nothing",
    "quote_not_in_report": "the quote does not stand in the report word for word",
    "side": "the answer names a side that the quote does not give for that structure",
    "level": "the answer names a lobe, segment or vertebra that the quote does not name",
    "number": "the answer gives a figure, or a unit, that the quote does not give",
    "silence": "the answer says that something is absent or normal, the quote does not",
    "polarity": "the quote denies what the answer states",
    "leak": "all words of the answer stand in the question",
    "empty": "question or answer is empty",
    "bare_size": "a size alone needs no sense of space",
    "reader_side": "the clause of this finding gives another side",
    "reader_place": "the clause of this finding names another lobe",
    "reader_figure": "the clause of this finding gives another size",
    "reader_status": "the clause of this finding denies it or doubts it",
}
"""The rules by which a pair is refused."""

_LEVEL_GROUPS = frozenset({"lung lobe", "lung segment", "spine", "liver segment", "rib cage"})
_YES_NO = re.compile(r"^\s*(yes|no)\b[,.;: ]*", re.IGNORECASE)
_YES_NO_COMMA = re.compile(r"^\s*(yes|no)\s*[,.;:]\s*", re.IGNORECASE)
_FIGURE = re.compile(r"(?<![\d.])\d+(?:[.,]\d+)?")
_SOFT_NEGATION = re.compile(r"\b(normal|natural|preserved|open|patent|clear|unremarkable)\b", re.IGNORECASE)
_HARD_NEGATION = re.compile(r"\b(no|not|none|without|absent|absence|neither|nor|negative)\b", re.IGNORECASE)
_ALTERNATIVES = re.compile(r"\bor\b|\bversus\b", re.IGNORECASE)
_BOTH_OF_TWO = re.compile(r"both\s+(?:the\s+)?[\w\-]+\s+and\b", re.IGNORECASE)
_SHARED_UNIT = re.compile(
    r"(?<![\w.])(\d+(?:[.,]\d+)?)\s*(?:and|to|,|-|–|x)\s*\d+(?:[.,]\d+)?\s*(mm|cm)\b", re.IGNORECASE
)
_MINIMUM_QUOTE = 8


@dataclass(frozen=True)
class Refusal:
    """Why a pair is refused: the rule, and what broke it."""

    rule: str
    detail: str

    def __str__(self) -> str:
        return f"{EVIDENCE_RULES[self.rule]}: {self.detail}"


def check_pair(report: Report, question: str, answer: str, quote: str) -> Refusal | None:
    """Check one pair; None when it stands.

    The quote must be a part of one section, word for word (letters, digits, punctuation and white space);
    sides, levels and figures of the answer must stand in the quote; an answer of absence needs a quote of
    absence; an answer whose every word of content is in the question is refused.
    """
    if not question.strip() or not answer.strip():
        return Refusal("empty", "question" if not question.strip() else "answer")
    if len(quote.strip()) < _MINIMUM_QUOTE:
        return Refusal("no_quote", repr(quote))
    if locate_quote(report, quote) is None:
        return Refusal("quote_not_in_report", repr(quote))
    return check_content(question, answer, quote)


def check_quotes(report: Report, question: Question) -> Refusal | None:
    """Check a question of the rules: each quote stands in the report, and together they carry the answer.

    What is inferred is not held against the words of the quotes: the evidence names the reasoning.
    """
    evidence = question.evidence
    quotes = evidence.details.get("quotes") or [{"quote": evidence.quote}] if evidence else []
    texts = [str(one["quote"]) for one in quotes]
    for text in texts:
        if len(text.strip()) < _MINIMUM_QUOTE:
            return Refusal("no_quote", repr(text))
        if locate_quote(report, text) is None:
            return Refusal("quote_not_in_report", repr(text))
    if not texts:
        return Refusal("no_quote", "no evidence")
    if evidence is None or evidence.details.get("inferred"):
        return None
    together = " ".join(texts)
    for check in (_check_sides, _check_levels, _check_numbers):
        refusal = check(question.question, question.answer, together)
        if refusal is not None:
            return refusal
    return None


def locate_quote(report: Report, quote: str) -> tuple[str, int, int] | None:
    """Return section and offsets of a quote in the report, or None."""
    for section, text in report.sections:
        start = text.find(quote)
        if start >= 0:
            return section, start, start + len(quote)
    return None


def check_content(question: str, answer: str, quote: str) -> Refusal | None:
    """Check that an answer says no more than its quote; see `check_pair`."""
    checks = (_check_sides, _check_levels, _check_numbers, _check_polarity)
    for check in checks:
        refusal = check(question, answer, quote)
        if refusal is not None:
            return refusal
    return _check_leak(question, answer)


def _check_leak(question: str, answer: str) -> Refusal | None:
    """Refuse an answer whose every word stands in the question, unless the question offers alternatives."""
    if _YES_NO.match(answer) or _ALTERNATIVES.search(question):
        return None
    words = said_words(answer)
    if words and words <= said_words(question):
        return Refusal("leak", f"{answer!r} adds nothing to the question")
    return None


def _check_sides(question: str, answer: str, quote: str) -> Refusal | None:
    """Each side of the answer must be the side of that structure in the quote."""
    given = sides_said(quote)
    for one in find_mentions(answer):
        if one.side is None:
            continue
        named = answer[one.start : one.end]
        if not ({"left", "right"} if one.side == "both" else {one.side}) <= given:
            return Refusal("side", f"{named!r}, the quote gives {_listed(given)}")
        if not _supported(one.name, one.side, quote):
            return Refusal("side", f"{named!r} is not so in the quote")
    bare = _BOTH_OF_TWO.sub(" ", answer)  # "both central and peripheral": no side of the body
    if missing := sides_said(bare) - given:
        return Refusal("side", f"{_listed(missing)!r}, the quote gives {_listed(given)}")
    return None


def _supported(name: str, side: str, quote: str) -> bool:
    """Whether the quote gives this side to this structure, or says nothing of the structure's other side."""
    same = [one for one in find_mentions(quote) if one.side and _related(one.name, name)]
    if not same:
        return True  # the bare side ("on the left") was checked against all sides of the quote
    given = {one.side for one in same}
    if "both" in given:
        given = {"left", "right", "both"}
    if side == "both":
        return {"left", "right"} <= given or "both" in given
    return side in given


def _related(a: str, b: str) -> bool:
    """Whether two names mean the same kind of structure, on whatever side."""
    first, second = _base(a), _base(b)
    return first == second


def _base(name: str) -> str:
    return structure(name).base or name


def _check_levels(question: str, answer: str, quote: str) -> Refusal | None:
    """Lobes, segments and vertebrae of the answer must be named in the quote."""
    given = {_base(one.name) for one in find_mentions(quote)}
    words = said_words(quote)
    for one in find_mentions(answer):
        if structure(one.name).group not in _LEVEL_GROUPS:
            continue
        base = _base(one.name)
        if said_words(answer[one.start : one.end]) <= words:
            continue
        if base not in given and not any(is_part(other, base) for other in given):
            return Refusal("level", f"{answer[one.start : one.end]!r} is not named in the quote")
    return None


def _check_numbers(question: str, answer: str, quote: str) -> Refusal | None:
    """Sizes must stand in the quote with their unit as written; other figures as figures."""
    sizes = {(number, one.unit) for one in measures(quote) for number in one.numbers}
    for first, unit in _SHARED_UNIT.findall(quote):
        sizes.add((_value(first), unit.lower()))
    for one in measures(answer):
        for number in one.numbers:
            if (number, one.unit) not in sizes:
                return Refusal("number", f"{one.text!r} is not in the quote")
    figures = {_value(one) for one in _FIGURE.findall(quote)}
    for text in _FIGURE.findall(answer):
        if _value(text) not in figures:
            return Refusal("number", f"{text!r} is not in the quote")
    return None


def _check_polarity(question: str, answer: str, quote: str) -> Refusal | None:
    """Absence must be stated, never inferred; and what the quote denies must not be affirmed."""
    rest = _YES_NO_COMMA.sub("", answer)
    if rest.strip(" .") and rest != answer:
        answer = rest  # "No, they are observed in the left lung": what is said after it must stand
    denies = _HARD_NEGATION.search(answer) is not None
    if denies and NEGATION.search(quote) is None:
        return Refusal("silence", f"{answer!r}, the quote denies nothing")
    soft = _SOFT_NEGATION.search(answer)
    if soft and NEGATION.search(quote) is None:
        return Refusal("silence", f"{soft.group()!r} is not said in the quote")
    asks_denial = NEGATION.search(question) is not None
    if not denies and not soft and not asks_denial and _only_denies(quote):
        return Refusal("polarity", f"{answer!r}, the quote says that it is not there")
    return None


def _only_denies(quote: str) -> bool:
    """Whether a quote is one denial as a whole (``No nodule was detected in both lungs``)."""
    start = quote.strip().lower()
    begins = re.match(r"(there (is|are|was|were) no|no|neither|absence of)\b", start) is not None
    ends = re.search(r"\b(was|were|is|are) not (detected|observed|seen|found)\b[^,;]*$", start) is not None
    return (begins or ends) and not re.search(
        r"\b(but|except|apart from|however|other than)\b|;|\band there (is|are)\b", start
    )


def _value(text: str) -> float:
    return float(text.replace(",", "."))


def _listed(sides: Set[str]) -> str:
    return " and ".join(sorted(sides)) or "none"
