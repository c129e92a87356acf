"""Leave out questions of a cohort until no guesser without the image beats chance.

Anatomy repeats itself: over a cohort the liver is nearly always the larger one, and the same words then have
the same answer. What one case gives never depends on another; this step, over the finished questions of all
cases, removes (by hash of the row) questions that the audit's best guesser answers right.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable

from medspatial.questions.audit import FEWEST_TO_JUDGE, Memory, guess_scores, text_key
from medspatial.questions.drop import Drop, drop
from medspatial.questions.options import draw
from medspatial.records import Question

TARGET_POINTS = 2.0
"""Guessers are brought down to chance plus this many points, well under the audit's limit."""
ROUNDS = 60
SHARED_TEXTS = "L"
"""Subtypes whose texts occur in others too (the mirrored probe), so that they stay under watch."""
STEP = 0.5
"""Share of the excess that one round removes: what is left changes the guessers, so they are asked again."""


def balance_cohort(questions: Iterable[Question]) -> tuple[list[Question], list[Drop]]:
    """Return the questions to keep, in their order, and the ledger of those left out.

    Open questions, and closed subtypes with fewer than ``FEWEST_TO_JUDGE`` questions, are kept as they are.
    The result depends on the set of questions alone, not on their order.
    """
    everything = list(questions)
    grouped: dict[str, list[Question]] = defaultdict(list)
    for question in everything:
        if question.options:
            grouped[question.subtype or ""].append(question)
    by_subtype = {name: rows for name, rows in grouped.items() if len(rows) >= FEWEST_TO_JUDGE}
    kept_ids = {question.id for question in everything}
    watched = set(by_subtype)
    for _ in range(ROUNDS):
        texts = Memory((q for q in everything if q.options and q.id in kept_ids), text_key)
        removed: set[str] = set()
        for name in sorted(watched):
            excess = _excess([row for row in by_subtype[name] if row.id in kept_ids], texts)
            removed.update(question.id for question in excess)
            if not excess and not name.startswith(SHARED_TEXTS):
                watched.discard(name)
        if not removed:
            break
        kept_ids -= removed
    kept = [q for q in everything if q.id in kept_ids]
    return kept, [_entry(q) for q in everything if q.id not in kept_ids]


def _excess(rows: list[Question], texts: Memory) -> list[Question]:
    """Return some of the questions that the best guesser gets right too often, chosen by hash."""
    if not rows:
        return []
    chance = sum(1 / len(q.options) for q in rows) / len(rows)
    limit = chance + TARGET_POINTS / 100
    scores = guess_scores(rows, texts)
    worst = max(scores, key=lambda guesser: (sum(scores[guesser]), guesser))
    excess = (sum(scores[worst]) - limit * len(rows)) / (1 - limit)
    if excess <= 0:
        return []
    scored = list(zip(rows, scores[worst], strict=True))
    groups: dict[Hashable, list[float]] = defaultdict(list)
    for question, score in scored:
        groups[_group(question, worst)].append(score)
    rich = {key for key, found in groups.items() if sum(found) > limit * len(found)}
    right = [q for q, score in scored if score > 1 / len(q.options) and _group(q, worst) in rich]
    right.sort(key=lambda q: draw("balance", q.id))
    return right[: max(1, round(excess * STEP))]


def _group(question: Question, guesser: str) -> Hashable:
    """The questions among which a guesser's success is counted: those of one text, or all."""
    return text_key(question) if guesser == "same text" else guesser


def _entry(question: Question) -> Drop:
    structures = question.evidence.structures if question.evidence else ()
    entry = drop("cohort_balance", *structures, note=f"question {question.id}, answer {question.answer!r}")
    return entry.of(question.case_id, question.subtype or "")
