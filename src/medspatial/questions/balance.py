"""Leave out questions of a cohort until no guesser without the image beats chance.

Anatomy repeats itself: over a cohort the liver is nearly always the larger one, and the same words then have
the same answer. What one case gives never depends on another; this step, over the finished questions of all
cases, removes (by hash of the row) questions that the audit's best guesser answers right.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from medspatial.questions.audit import FEWEST_PATIENTS, FEWEST_TO_JUDGE
from medspatial.questions.drop import Drop, drop
from medspatial.questions.guess import ClosedTable, ClosedTableBuilder, Flags, Ints
from medspatial.questions.sameness import Answers, Thinned
from medspatial.records import Question

TARGET_POINTS = 2.0
"""Guessers are brought down to chance plus this many points, well under the audit's limit."""
ROUNDS = 60
SHARED_TEXTS = "L"
"""Subtypes whose texts occur in others too (the mirrored probe), so that they stay under watch."""
STEP = 0.5
"""Share of the excess that one round removes: what is left changes the guessers, so they are asked again."""


def balance_cohort(
    questions: Iterable[Question], *, fewest: int = FEWEST_TO_JUDGE, points: float = TARGET_POINTS
) -> tuple[list[Question], list[Drop]]:
    """Return the questions to keep, in their order, and the ledger of those left out.

    Open questions are kept as they are, and closed subtypes with fewer than ``fewest`` questions or
    ``FEWEST_PATIENTS`` patients (``fewest`` patients, where that is less): a few answers of others teach
    nothing, and leaving out half of a small set would cost more than it mends. A subtype of ten or more
    questions that gives one answer in over 80 % of them, open or closed, is thinned first: as many stay with
    this answer as with others. Guessers are brought down to chance plus ``points``. The result depends on the
    set of questions alone, not on their order.
    """
    everything = list(questions)
    builder, answers = ClosedTableBuilder(), Answers()
    for question in everything:
        builder.add(question)
        answers.add(question)
    kept = balanced(builder.table(), answers, builder.seen, fewest, points)
    rules = [kept.rule(at) for at in range(len(everything))]
    left_out = [left_out_entry(q, rule) for q, rule in zip(everything, rules, strict=True) if rule]
    return [q for q, rule in zip(everything, rules, strict=True) if not rule], left_out


@dataclass(frozen=True)
class Kept:
    """Which questions of a set stay, and why the others do not.

    Attributes
    ----------
    varied
        Questions that stay when subtypes that always say the same are thinned.
    stays
        Those that stay in the end.
    thinned
        The subtypes that always said the same.
    """

    varied: Flags
    stays: Flags
    thinned: list[Thinned]

    def rule(self, at: int) -> str | None:
        """The drop rule of a question by its place; None if it stays."""
        if self.stays[at]:
            return None
        return "cohort_balance" if self.varied[at] else "same_answer"


def balanced(
    table: ClosedTable,
    answers: Answers,
    seen: int,
    fewest: int = FEWEST_TO_JUDGE,
    points: float = TARGET_POINTS,
) -> Kept:
    """Thin subtypes that always say the same, then take out what guessers get right."""
    varied = np.ones(seen, dtype=bool)
    thinned = answers.thin(varied)
    stays = kept_places(table, seen, varied, fewest, points)
    after = stays.copy()
    thinned += answers.thin(after)
    return Kept(varied & (after | ~stays), after, thinned)


def too_few_to_balance(table: ClosedTable, fewest: int = FEWEST_TO_JUDGE) -> list[str]:
    """Return the closed subtypes that have too few questions or patients to balance, by name."""
    return sorted(
        name
        for name in table.subtype_names
        if table.few(table.rows_of(name), fewest, min(fewest, FEWEST_PATIENTS))
    )


def kept_places(
    table: ClosedTable,
    seen: int,
    among: Flags | None = None,
    fewest: int = FEWEST_TO_JUDGE,
    points: float = TARGET_POINTS,
) -> Flags:
    """Return for each of the ``seen`` questions whether it stays, of those ``among`` which it is chosen."""
    names = set(table.subtype_names) - set(too_few_to_balance(table, fewest))
    rows_of = {name: table.rows_of(name) for name in sorted(names)}
    before = np.ones(seen, dtype=bool) if among is None else among
    kept, watched = before[table.at], set(rows_of)
    for _ in range(ROUNDS):
        after = kept.copy()
        for name in sorted(watched):
            excess = _excess(table, rows_of[name][kept[rows_of[name]]], kept, points)
            after[excess] = False
            if not excess.size and not name.startswith(SHARED_TEXTS):
                watched.discard(name)
        if after.sum() == kept.sum():
            break
        kept = after
    stays = before.copy()
    stays[table.at[~kept]] = False
    return stays


def _excess(table: ClosedTable, rows: Ints, kept: Flags, points: float) -> Ints:
    """Return some of the rows that the best guesser gets right too often; rows are in the order of hashes."""
    if not rows.size:
        return rows
    chance = table.chance(rows)
    limit = float(chance.mean()) + points / 100
    scores = table.scores(rows, kept)
    worst = max(scores, key=lambda guesser: (float(scores[guesser].sum()), guesser))
    score = scores[worst]
    excess = (float(score.sum()) - limit * rows.size) / (1 - limit)
    if excess <= 0:
        return rows[:0]
    # a guesser's success is counted among the questions of one text, or among all
    group = table.text[rows] if worst == "same text" else np.zeros(rows.size, dtype=np.int64)
    _, group = np.unique(group, return_inverse=True)
    rich = np.bincount(group, weights=score) > limit * np.bincount(group)
    right = rows[(score > chance) & rich[group]]
    return right[: max(1, round(excess * STEP))]


def left_out_entry(question: Question, rule: str) -> Drop:
    """Return the ledger's entry for a question that was left out."""
    structures = question.evidence.structures if question.evidence else ()
    entry = drop(rule, *structures, note=f"question {question.id}, answer {question.answer!r}")
    return entry.of(question.case_id, question.subtype or "")
