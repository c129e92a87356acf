"""The set: questions of many reports, balanced so that no text-only guesser beats chance.

Which questions stay depends on the set of candidates alone: everything is ordered by the hash of the ids.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from medspatial.questions.audit import FEWEST_TO_JUDGE
from medspatial.questions.balance import balance_cohort
from medspatial.questions.drop import Drop
from medspatial.questions.options import draw
from medspatial.records import Question

MOST_OF_ONE_ANSWER = 0.38
"""Largest share of one answer in a closed subtype; the promise is 0.40."""
FEWEST_TO_THIN = 10
"""Smaller subtypes are left as they are."""
FEWEST_TO_BALANCE = 15
"""From this many closed questions on, guessers are kept down in a subtype too small for the audit ..."""
POINTS_WHERE_FEW = 4.0
"""... to this many points above chance: the audit's limit is 5, and one question is worth several."""
ROUNDS = 20
CATEGORIES = ("laterality", "localisation", "distance", "volume", "comparison")

SET_DROPS: dict[str, str] = {
    "answer_share": "its answer is too common in its subtype",
    "cohort_balance": "left out so that the answer cannot be guessed from the text",
    "same_answer": "its subtype nearly always has this answer",
    "side_conflict": "the masks of the case show another side",
    "per_patient": "the patient has as many questions as one may have",
    "over_size": "the set is full",
}


@dataclass
class BalancedSet:
    """The questions of a set, and why the other candidates are not in it."""

    questions: list[Question]
    drops: list[Drop] = field(default_factory=list)

    def categories(self) -> dict[str, int]:
        """Number of questions per category."""
        found = Counter(str(one.category) for one in self.questions)
        return {name: found[name] for name in CATEGORIES}


def balanced_set(candidates: Iterable[Question], *, size: int = 1200, per_patient: int = 10) -> BalancedSet:
    """Choose a balanced set.

    Parameters
    ----------
    size
        The most questions; each category gets an equal part as far as it has candidates.
    per_patient
        The most questions of one patient; the scarce categories come first.
    """
    ordered = _interleaved(sorted(candidates, key=lambda one: draw("set", one.id)))
    drops: list[Drop] = []
    kept = _capped(ordered, drops)
    kept = _unguessable(kept, drops)
    kept = _of_patients(_interleaved(kept), per_patient, drops)
    kept = _sized(_interleaved(kept), size, drops)
    for _ in range(ROUNDS):
        before = len(kept)
        kept = _capped(kept, drops)
        kept = _unguessable(kept, drops)
        if len(kept) == before:
            break
    return BalancedSet(sorted(kept, key=lambda one: (one.case_id, one.id)), drops)


def by_category(questions: Iterable[Question]) -> list[Question]:
    """Return the questions with their category for a subtype: guessers then learn over all of a category."""
    return [one.model_copy(update={"subtype": one.category}) for one in questions]


def _unguessable(rows: Sequence[Question], drops: list[Drop]) -> list[Question]:
    """Leave out what a text-only guesser knows who learns within a subtype, or within a category.

    Two subtypes that are even by themselves need not be so together: where one offers left, right and both
    and the other left and right, what is right less often in the one is right in the other.
    """
    kept, left_out = balance_cohort(rows)
    drops += left_out
    kept, left_out = balance_cohort(kept, fewest=FEWEST_TO_BALANCE, points=POINTS_WHERE_FEW)
    drops += left_out
    stays = {one.id for one in balance_cohort(by_category(kept))[0]}
    drops += [_drop(one, "cohort_balance") for one in kept if one.id not in stays]
    return [one for one in kept if one.id in stays]


def _interleaved(rows: Sequence[Question]) -> list[Question]:
    """Order rows so that every beginning of the list is as balanced as the whole.

    Within a subtype the answers take turns; subtypes are spread evenly.
    """
    groups: dict[tuple[str, bool], list[Question]] = defaultdict(list)
    for one in rows:
        groups[str(one.subtype), bool(one.options)].append(one)
    placed: list[tuple[float, int, Question]] = []
    for group in groups.values():
        seen: Counter[str] = Counter()
        turns = []
        for at, one in enumerate(group):
            turns.append((seen[one.answer], at, one))
            seen[one.answer] += 1
        for place, (_, _, one) in enumerate(sorted(turns, key=lambda turn: turn[:2])):
            placed.append(((place + 0.5) / len(group), draw("spread", one.id), one))
    return [one for _, _, one in sorted(placed, key=lambda entry: entry[:2])]


def _capped(rows: Sequence[Question], drops: list[Drop]) -> list[Question]:
    """Thin the most common answer of each closed subtype, and of each open one that is large."""
    groups: dict[tuple[str, bool], list[Question]] = defaultdict(list)
    for one in rows:
        groups[str(one.subtype), bool(one.options)].append(one)
    left_out: set[str] = set()
    for (_, closed), group in groups.items():
        if len(group) >= FEWEST_TO_THIN:
            left_out |= _thinned(group) if closed else _too_common(group, MOST_OF_ONE_ANSWER)
    drops += [_drop(one, "answer_share") for one in rows if one.id in left_out]
    return [one for one in rows if one.id not in left_out]


def _thinned(group: Sequence[Question]) -> set[str]:
    """Bring the commonest answer near chance, so that the majority guesser stays there.

    Where that leaves enough questions to be judged, no answer may pass `MOST_OF_ONE_ANSWER` either.
    """
    share = sum(1 / len(one.options) for one in group) / len(group) + 0.02
    left_out = _too_common(group, share)
    if share > MOST_OF_ONE_ANSWER and len(group) - len(left_out) >= FEWEST_TO_JUDGE:
        return _too_common(group, MOST_OF_ONE_ANSWER)
    return left_out


def _too_common(group: Sequence[Question], share: float) -> set[str]:
    counts = Counter(one.answer for one in group)
    if len(counts) * share < 1:
        share = 1 / len(counts) + 0.01
    while True:
        total = sum(counts.values())
        answer, most = counts.most_common(1)[0]
        if most <= max(1, share * total) or total <= FEWEST_TO_THIN:
            break
        counts[answer] -= 1
    left_out: set[str] = set()
    seen: Counter[str] = Counter()
    for one in group:
        seen[one.answer] += 1
        if seen[one.answer] > counts[one.answer]:
            left_out.add(one.id)
    return left_out


def _of_patients(rows: Sequence[Question], most: int, drops: list[Drop]) -> list[Question]:
    found = Counter(str(one.category) for one in rows)
    seen: Counter[str] = Counter()
    kept: set[str] = set()
    for one in sorted(rows, key=lambda row: found[str(row.category)]):
        if seen[one.patient_id] < most:
            seen[one.patient_id] += 1
            kept.add(one.id)
    drops += [_drop(one, "per_patient") for one in rows if one.id not in kept]
    return [one for one in rows if one.id in kept]


def _sized(rows: Sequence[Question], size: int, drops: list[Drop]) -> list[Question]:
    """Fill the set: equal parts of the categories, what one lacks goes to the others."""
    groups = {name: [one for one in rows if one.category == name] for name in CATEGORIES}
    room, quota = size, {}
    for at, name in enumerate(sorted(CATEGORIES, key=lambda one: len(groups[one]))):
        quota[name] = min(len(groups[name]), room // (len(CATEGORIES) - at))
        room -= quota[name]
    kept = {one.id for name in CATEGORIES for one in groups[name][: quota[name]]}
    drops += [_drop(one, "over_size") for one in rows if one.id not in kept]
    return [one for one in rows if one.id in kept]


def _drop(one: Question, rule: str) -> Drop:
    return Drop(case_id=one.case_id, subtype=str(one.subtype), rule=rule, note=f"question {one.id}")
