"""What readers of the text alone reach, over the whole set."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Hashable, Sequence

from medspatial.passport.result import Alarm, Guessers, Kind, alarm
from medspatial.questions import AuditReport
from medspatial.questions.audit import FLAG_POINTS
from medspatial.questions.guess import MOST_OPTIONS
from medspatial.records import Question, bare_words

_NAMES = ("majority", "same_text", "longest", "first", "names")


def guess(questions: Sequence[Question]) -> tuple[Guessers, list[Alarm]]:
    """Run the guessers of `medspatial.questions.audit`; open questions by the commonest exact answer."""
    from medspatial.questions import audit

    report = audit([one for one in questions if len(one.options) <= MOST_OPTIONS])
    found = Guessers(
        chance=_mean(report, "chance"),
        closed={
            name.replace("_", " "): share for name in _NAMES if (share := _mean(report, name)) is not None
        },
        open=_open(questions),
        subtypes={row.subtype: row.verdict for row in report.rows},
    )
    flagged = [
        f"{row.subtype}: {row.worst} {_share(row, row.worst):.1f} % of {row.questions}, "
        f"chance {row.chance:.1f} %"
        for row in report.rows
        if row.verdict == "flagged"
    ]
    text = f"a guesser that reads only the text is more than {FLAG_POINTS:g} points above chance"
    return found, alarm(Kind.GUESSABLE, text, flagged)


def _share(row: object, name: str) -> float:
    return float(getattr(row, name.replace(" ", "_")))


def _mean(report: AuditReport, name: str) -> float | None:
    total = sum(row.questions for row in report.rows)
    if not total:
        return None
    return round(sum(row.questions * _share(row, name) for row in report.rows) / total, 1)


def _open(questions: Sequence[Question]) -> float | None:
    rows = [one for one in questions if not one.options]
    if not rows:
        return None
    by_text, by_subtype = _Answers(), _Answers()
    for one in rows:
        by_text.add(bare_words(one.question), one)
        by_subtype.add(one.subtype or "", one)
    right = 0.0
    for one in rows:
        known = by_text.right(bare_words(one.question), one)
        right += known if known is not None else by_subtype.right(one.subtype or "", one) or 0.0
    return round(100 * right / len(rows), 1)


class _Answers:
    """Answers by a key, and how likely the commonest one of other patients is right."""

    def __init__(self) -> None:
        self._all: dict[Hashable, Counter[str]] = defaultdict(Counter)
        self._own: dict[Hashable, Counter[str]] = defaultdict(Counter)
        self._order: dict[str, list[tuple[str, int]]] = {}

    def add(self, key: str, one: Question) -> None:
        self._all[key][bare_words(one.answer)] += 1
        self._own[key, one.patient_id][bare_words(one.answer)] += 1

    def right(self, key: str, one: Question) -> float | None:
        """Chance that the commonest answer is right, ties drawn; None where no other patient has one."""
        own = self._own[key, one.patient_id]
        most, best = 0, list[str]()
        for answer, count in self._ranked(key):
            if count < most:
                break  # what follows is rarer still, whoever gave it
            left = count - own[answer]
            if left > most:
                most, best = left, [answer]
            elif left == most and left:
                best.append(answer)
        return (bare_words(one.answer) in best) / len(best) if best else None

    def _ranked(self, key: str) -> list[tuple[str, int]]:
        if key not in self._order:
            self._order[key] = self._all[key].most_common()
        return self._order[key]
