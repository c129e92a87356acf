"""Why an answer is not right: one class per answer, from structured answers and evidence."""

from __future__ import annotations

import math
import re
from collections import Counter
from typing import Literal, get_args

import numpy as np

from medspatial.compare.links import given_answer, plain
from medspatial.compare.result import FailureCount
from medspatial.compare.table import SCORED, ArmTable
from medspatial.compare.visible import visible_share
from medspatial.records import Item, Question, Score

Failure = Literal[
    "side_exchanged",
    "neighbour_structure",
    "wrong_level",
    "wrong_magnitude",
    "other_wrong",
    "not_visible",
    "refusal",
    "hedged",
    "format",
    "off_topic",
    "failed",
    "missing",
]
FAILURES: tuple[Failure, ...] = get_args(Failure)
VISIBLE_SHARE = 0.5  # less of a structure than this left after preprocessing: not visible to the model
MAGNITUDE = (
    0.9  # |log10(given / reference)| from here on: a factor of about 8, a wrong unit or a wrong decade
)

_REFUSAL = re.compile(
    r"\b(?:can(?:no|')?t|can not|unable|not able|am not|impossible|not possible|insufficient)\b"
    r"|\bno (?:image|scan|ct|volume)\b"
    r"|\bas an ai\b|\bconsult\b|\bnot (?:provided|visible in|enough)\b|\bi (?:do not|don't) (?:know|have)\b",
    re.IGNORECASE,
)
_HEDGE = re.compile(
    r"\b(?:or|either|possibly|perhaps|may|might|could|likely|unclear|uncertain|both)\b", re.IGNORECASE
)
_LEVEL = re.compile(r"\b([CTLS])\s?(\d{1,2})\b", re.IGNORECASE)
_LEVEL_START = {"C": 0, "T": 7, "L": 19, "S": 24}
_LEVEL_COUNT = {"C": 7, "T": 12, "L": 5, "S": 5}
_NUMBER = re.compile(r"[-+]?\d+(?:[.,]\d+)?(?:[eE][-+]?\d+)?")
_SIDES = {"left": "right", "right": "left"}
_SIDE_WORD = re.compile(r"\b(left|right)\b")


def classify(score: Score | None, question: Item | None = None) -> Failure | None:
    """Class of one answer; None when it is right or the metric is graded.

    The first that applies: missing, failed, not visible; then for replies without a usable answer
    refusal, hedged, format, off topic; then for wrong answers side, level, magnitude, neighbour, other.

    Parameters
    ----------
    score
        None for a prediction that is missing.
    question
        The question with its evidence, where known; the score's own fields are used otherwise.
    """
    if score is None:
        return "missing"
    if score.status == "unscored":
        return "failed"
    if score.status == "scored" and score.correct is not False:
        return None
    item = score if question is None else question
    visible = share_seen(score, item)
    if visible is not None and visible < VISIBLE_SHARE:
        return "not_visible"
    return _unanswered(score) if score.status == "unanswered" else _wrong(score, item)


def share_seen(score: Score | None, item: Item) -> float | None:
    """Visible share recorded in the score's metadata, else in the question's; see `compare.visible`.

    An item that is itself a score stands for the question alone: what its model saw is not asked.
    """
    asked = item if isinstance(item, Question) else None
    for record in (score, asked):
        share = None if record is None else visible_share(record.metadata, f"question {item.id!r}")
        if share is not None:
            return share
    return None


def _unanswered(score: Score) -> Failure:
    text = (score.prediction or "").strip()
    if not text:
        return "format"
    if _REFUSAL.search(text):
        return "refusal"
    if score.rule == "R5" or _HEDGE.search(text):
        return "hedged"
    return "format" if _on_topic(score, text) else "off_topic"


def _on_topic(score: Score, text: str) -> bool:
    """True when the reply shares a word with the question, or holds a number where one is asked."""
    if score.answer_type == "number" and _NUMBER.search(text):
        return True
    asked = " ".join((score.question, score.answer, *score.options))
    return bool(_words(asked) & _words(text))


def _words(text: str) -> set[str]:
    return {word for word in re.findall(r"[a-z]{4,}", text.casefold()) if word not in _EMPTY_WORDS}


_EMPTY_WORDS = set(
    re.findall("[a-z]+", "this that there which what where with from have does image answer patient scan")
)


def _wrong(score: Score, item: Item) -> Failure:
    given, reference = given_answer(score), plain(score.answer)
    if given is None:
        return "other_wrong"
    turned = exchanged(reference)
    if turned != reference and _side_first(given) == _side_first(turned):
        return "side_exchanged"
    levels = vertebra(reference), vertebra(given)
    if levels[0] is not None and levels[1] is not None:
        return "wrong_level"
    factor = number_ratio(score)
    if factor is not None:
        return "wrong_magnitude" if abs(math.log10(factor)) >= MAGNITUDE else "other_wrong"
    if given in structures_of(item):
        return "neighbour_structure"
    return "other_wrong"


def exchanged(text: str) -> str:
    """Exchange the words left and right."""
    return _SIDE_WORD.sub(lambda match: _SIDES[match.group()], text)


def vertebra(text: str) -> int | None:
    """Number of a vertebral level counted from C1 = 1 (T1 = 8, L1 = 20, S1 = 25); None for other text.

    A side or structure that merely mentions a level is no level: the text must be short.
    """
    match = _LEVEL.search(text)
    if match is None or len(text) > 24:
        return None
    letter, number = match.group(1).upper(), int(match.group(2))
    if not 1 <= number <= _LEVEL_COUNT[letter]:
        return None
    return _LEVEL_START[letter] + number


def number_ratio(score: Score) -> float | None:
    """Given figure over reference figure, where both are positive.

    The given figure is taken in the reference's unit, as the metric wrote it.
    """
    if score.answer_type != "number" or score.options or not score.value or score.value <= 0:
        return None
    match = _NUMBER.search(score.extracted or "")
    if match is None:
        return None
    given = float(match.group().replace(",", "."))
    return given / score.value if given > 0 else None


def structures_of(item: Item) -> set[str]:
    """Structures that a question puts up for choice or measures, as comparable text."""
    found = {plain(option) for option in item.options} if item.answer_type in ("anatomy", "choice") else set()
    if isinstance(item, Question) and item.evidence is not None:
        found |= {plain(name) for name in item.evidence.structures}
        found |= {_side_first(name) for name in item.evidence.structures}
    return found - {"none", "none of these", "yes", "no", "left", "right"}


def _side_first(name: str) -> str:
    """``kidney_left`` as it is said: ``left kidney``."""
    words = plain(name).split()
    sides = [word for word in words if word in _SIDES]
    return " ".join(sides + [word for word in words if word not in _SIDES])


def failure_counts(table: ArmTable) -> list[FailureCount]:
    """Count failure classes per model, over all questions and per category, with shares of all questions."""
    found: list[FailureCount] = []
    totals = Counter(category for item in table.items for category in {None, item.category})
    not_right = (table.states != SCORED) | (table.values != 1)
    for column, model in enumerate(table.models):
        counts: Counter[tuple[str | None, Failure]] = Counter()
        for row in np.flatnonzero(not_right[:, column]):
            item = table.items[row]
            failure = classify(table.scores.get((int(row), column)), item)
            if failure is not None:
                counts.update((category, failure) for category in {None, item.category})
        found += [
            FailureCount(
                model=model,
                arm=table.arm,
                category=category,
                failure=failure,
                count=counts[category, failure],
                share=counts[category, failure] / totals[category],
            )
            for category in sorted(totals, key=lambda name: name or "")
            for failure in FAILURES
            if counts[category, failure]
        ]
    return found
