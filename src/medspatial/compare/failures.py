"""Why an answer is not right: one class per answer, from structured answers and evidence."""

from __future__ import annotations

import math
from collections import Counter
from typing import Literal, get_args

import numpy as np

from medspatial.anatomy import OTHER_SIDE, swap_side
from medspatial.compare.failure_result import FailureCount
from medspatial.compare.links import given_answer, reading_of
from medspatial.compare.score_rows import SCORED, prediction_failed
from medspatial.compare.table import ArmTable
from medspatial.errors import InputError
from medspatial.language import Answer, level_of, plain, read_answer, says_number, shared_words
from medspatial.records import Item, Question, Reading, Score, visible_share

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
    """Visible share of the score, else that in the question's metadata; see `medspatial.records.visible`.

    An item that is itself a score stands for the question alone: what its model saw is not asked.
    """
    if score is not None and score.visible_share is not None:
        return score.visible_share
    if not isinstance(item, Question):
        return None
    try:
        return visible_share(item.metadata)
    except ValueError as error:
        raise InputError(f"question {item.id!r}: {error}") from None


def _unanswered(score: Score) -> Failure:
    text = (score.prediction or "").strip()
    if not text:
        return "format"
    standing = reading_of(score).standing
    if standing == "refused":
        return "refusal"
    if standing in {"several", "hedged"}:
        return "hedged"
    return "format" if _on_topic(score, text) else "off_topic"


def _on_topic(score: Score, text: str) -> bool:
    """True when the reply shares a word with the question, or holds a number where one is asked."""
    if score.answer_type == "number" and says_number(text):
        return True
    return shared_words(" ".join((score.question, score.answer, *score.options)), text)


def _wrong(score: Score, item: Item) -> Failure:
    text = given_answer(score)
    if text is None:
        return "other_wrong"
    given, wanted = reading_of(score), read_answer(score.answer)
    if _exchanged(given, wanted):
        return "side_exchanged"
    if level_of(score.answer) is not None and level_of(text) is not None:
        return "wrong_level"
    figures = figures_of(score)
    if figures is not None:
        return "wrong_magnitude" if _far(*figures) else "wrong_figure"
    if read_answer(text).one_structure and given.structures[0] in structures_of(item):
        return "neighbour_structure"
    offered = {plain(option) for option in score.options or item.options}
    return "other_choice" if text in offered else "other_wrong"


def _exchanged(given: Reading, wanted: Answer) -> bool:
    """Say whether an answer is the reference with left and right exchanged."""
    if wanted.side not in OTHER_SIDE or given.side != OTHER_SIDE[wanted.side]:
        return False
    return tuple(swap_side(name) for name in given.structures) == wanted.structures


def figures_of(score: Score) -> tuple[float, float] | None:
    """Given and reference figure in one unit, where a question's answer is a figure and one was given.

    As the metric recorded them; else as they are written, if no other unit stands behind the given one.
    """
    if score.numeric is not None:
        return score.numeric.figure, score.numeric.reference
    given = read_answer(given_answer(score) or "")
    if given.figure is None:
        return None
    if score.options:
        wanted = read_answer(score.answer)
        same = wanted.figure is not None and given.unit == wanted.unit
        return (given.figure, wanted.figure) if wanted.figure is not None and same else None
    if score.answer_type != "number" or score.value is None:
        return None
    return (given.figure, score.value) if given.unit in {None, plain(score.unit or "")} else None


def _far(given: float, reference: float) -> bool:
    """Say whether two figures of one sign differ by a wrong unit or decade."""
    return given * reference > 0 and abs(math.log10(given / reference)) >= MAGNITUDE


def structures_of(item: Item) -> set[str]:
    """Names of the structures that a question puts up for choice or measures."""
    offered = [read_answer(option) for option in item.options]
    found = {answer.structures[0] for answer in offered if answer.one_structure}
    if isinstance(item, Question) and item.evidence is not None:
        found |= set(item.evidence.structures)
    return found


def failure_counts(table: ArmTable) -> list[FailureCount]:
    """Count failure classes per model, over all questions and per category, with shares of all questions."""
    own = table.items.own_categories
    totals = Counter(category for name in own for category in {None, name})
    not_right = (table.states != SCORED) | (table.values != 1)
    found: list[Counter[tuple[str | None, Failure]]] = [Counter() for _ in table.models]
    for row in np.flatnonzero(not_right.any(axis=1)).tolist():
        item = table.items[row]
        for column in np.flatnonzero(not_right[row]).tolist():
            failure = classify(table.at(row, column), item)
            if failure is not None:
                found[column].update((category, failure) for category in {None, own[row]})
    return [
        FailureCount(
            model=model,
            arm=table.arm,
            category=category,
            failure=failure,
            count=counts[category, failure],
            share=counts[category, failure] / totals[category],
        )
        for model, counts in zip(table.models, found, strict=True)
        for category in sorted(totals, key=lambda name: name or "")
        for failure in FAILURES
        if counts[category, failure]
    ]
