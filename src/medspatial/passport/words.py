"""Faults that the words, options and answers of the questions show by themselves."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from string import ascii_uppercase

from medspatial.anatomy import find_mentions
from medspatial.passport.reading import VqaSet
from medspatial.passport.result import Alarm, Kind, alarm
from medspatial.passport.units import (
    Figure,
    asked_unit,
    dimension_of,
    factor_of,
    figure,
    only_figure,
    reference,
)
from medspatial.records import Question, bare_words, normal_text

SAME_ANSWER = 0.8
FEWEST_SAME = 10
"""A group of this many questions that say the same is skewed above this share (as in making questions)."""
LETTER_FACTOR = 1.5
FEWEST_LETTERS = 50
_FREE = frozenset({"yes", "no", "left", "right", "both", "none", "normal", "abnormal", "unknown"})
_LISTED = re.compile(r"(?:^|[\s(\[,;])\(?([A-E])\s*[:.)\]]\s*(?=\S)")
_ROUNDING = 0.06


def word_alarms(held: VqaSet) -> list[Alarm]:
    """Letters and answers inside questions, options that are one or lost, units that contradict."""
    rows = held.questions
    return [
        *alarm(
            Kind.LETTERS,
            "the question's own words list its options with letters, so the options are shown twice, or an "
            "open question is closed",
            [f"{one.id}: {_short(one.question)}" for one in rows if _lists_options(one.question)],
        ),
        *alarm(
            Kind.TOLD,
            "the question holds the right option and none of the others",
            [f"{one.id}: {one.answer!r} in {_short(one.question)}" for one in rows if _told(one)],
        ),
        *alarm(
            Kind.OPTIONS_ALIKE,
            "two options of a question say the same",
            [f"{one.id}: {pair}" for one in rows if (pair := _alike(one.options))],
        ),
        *alarm(Kind.OPTIONS_LOST, "the row says it is closed and gives no usable options", _lost(held)),
        *alarm(
            Kind.UNITS,
            "unit or figure of the reference contradicts the question or itself",
            [f"{one.id}: {why}" for one in rows if (why := _unit_fault(one))],
        ),
    ]


def answer_alarms(questions: Sequence[Question]) -> list[Alarm]:
    """Answers that are nearly always the same, and letters that are right too often."""
    groups: dict[str, list[Question]] = defaultdict(list)
    for one in questions:
        if one.answer_type != "number" and one.value is None:
            groups[one.subtype or ""].append(one)
    skewed = []
    for name, rows in groups.items():
        answer, count = Counter(bare_words(one.answer) for one in rows).most_common(1)[0]
        if len(rows) >= FEWEST_SAME and count > SAME_ANSWER * len(rows):
            skewed.append(f"{name or 'all'}: {answer!r} in {count} of {len(rows)}")
    return [
        *alarm(
            Kind.SKEWED,
            f"one answer is right in over {SAME_ANSWER:.0%} of a group of {FEWEST_SAME} or more questions",
            skewed,
        ),
        *alarm(
            Kind.LETTER_SKEW,
            f"a letter is right over {LETTER_FACTOR:g} times as often as equal options would be (p < 0.001)",
            _letter_skew(questions),
        ),
    ]


def letter_shares(questions: Sequence[Question]) -> dict[str, float]:
    """Share of each letter among the right answers of closed questions, in per cent."""
    places = Counter(one.options.index(one.answer) for one in questions if one.options)
    total = sum(places.values())
    return {_letter(place): round(100 * count / total, 1) for place, count in sorted(places.items())}


def _letter_skew(questions: Sequence[Question]) -> list[str]:
    from scipy import stats

    found = []
    by_size: dict[int, list[int]] = defaultdict(list)
    for one in questions:
        if len(one.options) > 2 and "yes" not in {option.lower() for option in one.options}:
            by_size[len(one.options)].append(one.options.index(one.answer))
    for size, places in by_size.items():
        if len(places) < FEWEST_LETTERS:
            continue
        counts = [places.count(place) for place in range(size)]
        most = max(counts)
        p = float(stats.chisquare(counts).pvalue)
        if p < 0.001 and most > LETTER_FACTOR * len(places) / size:
            letter = _letter(counts.index(most))
            found.append(f"{letter} in {most} of {len(places)} questions with {size} options")
    return found


def _letter(place: int) -> str:
    """The letter of an option by its place; past Z its number."""
    return ascii_uppercase[place] if place < len(ascii_uppercase) else str(place + 1)


def _lists_options(text: str) -> bool:
    """Whether a text lists at least A and B, in order."""
    letters = [match.group(1) for match in _LISTED.finditer(text)]
    return letters[:2] == ["A", "B"]


def _told(one: Question) -> bool:
    answer = bare_words(one.answer)
    if len(one.options) < 2 or answer in _FREE or len(answer) < 3 or answer.replace(" ", "").isdigit():
        return False
    text = f" {bare_words(one.question)} "
    others = [bare_words(option) for option in one.options if option != one.answer]
    return f" {answer} " in text and not any(f" {other} " in text for other in others if other)


def _alike(options: Sequence[str]) -> str | None:
    seen: dict[object, str] = {}
    for option in options:
        found = only_figure(option)
        whole = found is not None and found.base is not None and re.fullmatch(r"[\d.,]+\s*\S+s?", option)
        key: object = round(found.base, 6) if whole and found and found.base is not None else _spelled(option)
        if key in seen:
            return f"{seen[key]!r} and {option!r}"
        seen[key] = option
    return None


def _spelled(option: str) -> str:
    """An option without case, spaces at its ends and a final stop; other signs count (+1, -1)."""
    return normal_text(option).rstrip(".")


def _lost(held: VqaSet) -> list[str]:
    found = []
    for one, row in zip(held.questions, held.rows, strict=True):
        letter = str(row.get("AnswerChoice") or row.get("Answer Choice") or "").strip()
        closed = str(row.get("QuestionType") or "").lower() in ("close", "closed")
        if not one.options and (closed or (letter in "ABCDEFGH" and letter)):
            found.append(f"{one.id}: answer {one.answer!r} is not among usable options")
    return found


def _unit_fault(one: Question) -> str | None:
    asked, found = asked_unit(one.question), only_figure(one.answer)
    stated = one.unit if dimension_of(one.unit) else found.unit if found else None
    if asked and stated and dimension_of(stated) and factor_of(asked) != factor_of(stated):
        return f"asked in {asked}, answered in {stated}"
    if asked and stated and dimension_of(stated) and dimension_of(asked) != dimension_of(stated):
        return f"asked in {asked}, answered in {stated}"
    told = reference(one)
    if told is not None and told.number < 0 and told.dimension:
        return f"{told.number:g} {told.unit} is negative"
    return None if found is None else _value_against_text(one, found)


def _value_against_text(one: Question, text: Figure) -> str | None:
    """The figure of the answer's text against the reference value, where both have a unit."""
    if one.value is None or one.unit is None or text.base is None:
        return None
    value = figure(one.value, one.unit)
    if value.base is None or value.dimension != text.dimension:
        return None
    if abs(value.base - text.base) <= max(_ROUNDING * abs(value.base), _ROUNDING):
        return None
    return f"value {one.value:g} {one.unit}, but answer {one.answer!r}"


def mentioned(text: str) -> tuple[str, ...]:
    """Structures that a text names, each once."""
    return tuple(dict.fromkeys(mention.name for mention in find_mentions(text)))


def _short(text: str, most: int = 90) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= most else f"{flat[: most - 1]}…"
