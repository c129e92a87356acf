"""Why an answer is not right: one class per answer, from structured answers and evidence."""

from __future__ import annotations

import math
import re
from collections import Counter
from functools import lru_cache
from typing import Literal, get_args

import numpy as np

from medspatial.anatomy import find_mentions
from medspatial.compare.links import given_answer, plain
from medspatial.compare.result import FailureCount
from medspatial.compare.table import SCORED, ArmTable, prediction_failed
from medspatial.compare.visible import visible_share
from medspatial.records import Item, Question, Score

Failure = Literal[
    "side_exchanged",
    "neighbour_structure",
    "wrong_level",
    "wrong_magnitude",
    "wrong_figure",
    "other_choice",
    "other_wrong",
    "not_visible",
    "refusal",
    "hedged",
    "format",
    "off_topic",
    "unscored",
    "failed",
    "missing",
]
FAILURES: tuple[Failure, ...] = get_args(Failure)
# how a class is written where its name alone would mislead
FAILURE_TITLES = {"failed": "prediction failed", "unscored": "no verdict"}
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
_FIGURE = re.compile(rf"(?P<number>{_NUMBER.pattern})\s*(?P<unit>[^\d\s]*[23]?)")
_SIDES = {"left": "right", "right": "left"}
_SIDE_WORD = re.compile(r"\b(left|right)\b")


def classify(score: Score | None, question: Item | None = None) -> Failure | None:
    """Class of one answer; None when it is right or the metric is graded.

    The first that applies: missing, failed (no prediction), unscored (an answer without a verdict), not
    visible; then for replies without a usable answer refusal, hedged, format, off topic; then for wrong
    answers side, level, magnitude, figure, neighbour structure, other choice, other.

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
        return "failed" if prediction_failed(score) else "unscored"
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
    figures = figures_of(score)
    if figures is not None:
        return "wrong_magnitude" if _far(*figures) else "wrong_figure"
    if given in structures_of(item):
        return "neighbour_structure"
    offered = {plain(option) for option in score.options or item.options}
    return "other_choice" if given in offered else "other_wrong"


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


def figures_of(score: Score) -> tuple[float, float] | None:
    """Given and reference figure in one unit, where a question's answer is a figure and one was given.

    As the metric recorded them (``metadata["figure"]`` and ``["reference"]``); else as they are written,
    if no other unit stands behind the given one.
    """
    figure, reference = score.metadata.get("figure"), score.metadata.get("reference")
    if isinstance(figure, int | float) and isinstance(reference, int | float):
        return float(figure), float(reference)
    given = _FIGURE.fullmatch(given_answer(score) or "")
    if given is None:
        return None
    if score.options:
        wanted = _FIGURE.fullmatch(plain(score.answer))
        same = wanted is not None and given["unit"] == wanted["unit"]
        return (_number(given), _number(wanted)) if wanted and same else None
    if score.answer_type != "number" or score.value is None:
        return None
    return (_number(given), score.value) if given["unit"] in {"", plain(score.unit or "")} else None


def _number(match: re.Match[str]) -> float:
    return float(match["number"].replace(",", "."))


def _far(given: float, reference: float) -> bool:
    """Say whether two figures of one sign differ by a wrong unit or decade."""
    return given * reference > 0 and abs(math.log10(given / reference)) >= MAGNITUDE


def structures_of(item: Item) -> set[str]:
    """Structures that a question puts up for choice or measures, as comparable text."""
    found = {plain(option) for option in item.options if is_structure(option)}
    if isinstance(item, Question) and item.evidence is not None:
        found |= {plain(name) for name in item.evidence.structures}
        found |= {_side_first(name) for name in item.evidence.structures}
    return found - {"none", "none of these", "yes", "no", "left", "right"}


@lru_cache(maxsize=4096)
def is_structure(option: str) -> bool:
    """Say whether an option is the name of one structure, and nothing else.

    >>> is_structure("the left kidney"), is_structure("both kidneys"), is_structure("less than 10 mm")
    (True, False, False)
    """
    mentions = find_mentions(option)
    rest = option.casefold()
    for mention in mentions:
        rest = rest[: mention.start] + " " * (mention.end - mention.start) + rest[mention.end :]
    whole = set(rest.split()) <= {"the", "a", "an", "of", "in", "group"}
    return bool(mentions) and whole and all(mention.side != "both" for mention in mentions)


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
