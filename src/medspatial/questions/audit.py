"""What can be answered without the image: guessers that read only the questions, per subtype.

Each guesser may learn from the questions of *other* patients. Where it has nothing to go on it guesses at
random, so its score is an expectation, not a draw.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from medspatial.questions.guess import AnswerCounts, ClosedTable, ClosedTableBuilder
from medspatial.records import Question

NO_SUBTYPE = "(no subtype)"
FLAG_POINTS = 5.0
"""A closed subtype is flagged when a guesser is more than this many points above chance ..."""
FEWEST_TO_JUDGE = 50
FEWEST_PATIENTS = 20
"""... and it has at least this many questions, of this many patients: with fewer, chance passes the limit."""
LETTERS = "ABCDEFGH"
LETTER_POINTS = 2.0


@dataclass(frozen=True)
class SubtypeAudit:
    """One closed subtype: accuracies in per cent, expected where a guesser ties.

    Attributes
    ----------
    chance
        Mean of 1 / number of options.
    majority
        The most common answer of the subtype, among those offered.
    same_text
        The most common answer to the same question text, then as majority.
    longest, first
        The longest option; the first one shown.
    rank
        Figures only: the place among the sorted options that is most often right.
    names
        What the names alone and ordinary anatomy tell (:mod:`medspatial.questions.names`).
    memory
        The most common answer about the same structures, whatever the wording: what knowing usual anatomy
        gives. Not part of the verdict; the mirrored control (L6) is for this.
    verdict
        ``ok``, ``flagged`` (and by which guesser), or ``few``.
    """

    subtype: str
    questions: int
    patients: int
    chance: float
    majority: float
    same_text: float
    longest: float
    first: float
    rank: float | None
    names: float
    memory: float
    letters: Mapping[str, float]
    verdict: str
    worst: str


@dataclass(frozen=True)
class AuditReport:
    """The audit of a set of questions.

    Attributes
    ----------
    rows
        Closed subtypes, in order.
    open_questions
        Number of open questions per subtype; these have no chance level.
    letters
        Share of each letter as the right answer in per cent, per number of options.
    letter_skew
        Largest difference in points between the share of a letter among all right answers and its share if
        every option were equally often right.
    """

    questions: int
    patients: int
    rows: tuple[SubtypeAudit, ...]
    open_questions: Mapping[str, int]
    letters: Mapping[int, Mapping[str, float]]
    letter_skew: float
    answers: Mapping[str, Mapping[str, int]] = field(default_factory=dict)

    @property
    def flagged(self) -> tuple[str, ...]:
        """Subtypes that a guesser beats."""
        return tuple(row.subtype for row in self.rows if row.verdict == "flagged")

    def not_audited(self) -> list[str]:
        """What the rows do not tell, and why: open questions, and subtypes with too few to judge."""
        if not self.questions:
            return ["no questions, nothing to audit"]
        lines = []
        if self.open_questions:
            by_subtype = ", ".join(f"{name} {n}" for name, n in self.open_questions.items())
            count = sum(self.open_questions.values())
            lines.append(
                f"not audited: {count} of {self.questions} questions are open, without options there is no "
                f"chance level to compare with ({by_subtype})"
            )
        if few := [row.subtype for row in self.rows if row.verdict == "few"]:
            lines.append(
                f"not judged: fewer than {FEWEST_TO_JUDGE} questions or {FEWEST_PATIENTS} patients in "
                f"{', '.join(few)}"
            )
        return lines

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return asdict(self)

    def to_markdown(self) -> str:
        """A table with one line per closed subtype."""
        head = (
            "| subtype | questions | chance | majority | same text | longest | first | rank | names | "
            "memory | verdict |\n"
            "|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|---|\n"
        )
        return head + "".join(_line(row) for row in self.rows)


def _line(row: SubtypeAudit) -> str:
    rank = "" if row.rank is None else f"{row.rank:.1f}"
    figures = (row.chance, row.majority, row.same_text, row.longest, row.first)
    verdict = f"{row.verdict} ({row.worst})" if row.verdict == "flagged" else row.verdict
    middle = " | ".join(f"{figure:.1f}" for figure in figures)
    known = f"{row.names:.1f} | {row.memory:.1f}"
    return f"| {row.subtype} | {row.questions} | {middle} | {rank} | {known} | {verdict} |\n"


def audit(questions: Iterable[Question]) -> AuditReport:
    """Measure what guessers without the image reach.

    Questions of a mirrored case and of its original belong to one patient: neither teaches the other.
    """
    everything = list(questions)
    closed = [q for q in everything if q.options]
    by_subtype: dict[str, list[Question]] = defaultdict(list)
    for question in closed:
        by_subtype[question.subtype or ""].append(question)
    builder = ClosedTableBuilder()
    for question in everything:
        builder.add(question)
    table = builder.table()
    by_structures = AnswerCounts(table, table.structures)
    rows = tuple(
        _audit_one(table, name, rows, by_structures) for name, rows in sorted(by_subtype.items(), key=_order)
    )
    return AuditReport(
        questions=len(everything),
        patients=len({q.patient_id for q in everything}),
        rows=rows,
        open_questions=_open_questions(everything),
        letters=_letters(closed),
        letter_skew=_skew(closed),
        answers={
            name: dict(Counter(q.answer for q in rows).most_common(8)) for name, rows in by_subtype.items()
        },
    )


def _open_questions(rows: Iterable[Question]) -> dict[str, int]:
    counts = Counter(row.subtype or NO_SUBTYPE for row in rows if not row.options)
    return dict(sorted(counts.items()))


def _audit_one(
    table: ClosedTable, name: str, rows: list[Question], by_structures: AnswerCounts
) -> SubtypeAudit:
    at, everyone = table.rows_of(name), table.everyone
    scores = {guesser: float(found.mean()) for guesser, found in table.scores(at, everyone).items()}
    chance = float(table.chance(at).mean())
    memory = by_structures.expected(at, everyone, table.by_subtype.expected(at, everyone))
    worst = max(scores, key=lambda guesser: scores[guesser])
    few = table.few(at, FEWEST_TO_JUDGE, FEWEST_PATIENTS)
    verdict = "few" if few else "flagged" if scores[worst] - chance > FLAG_POINTS / 100 else "ok"
    percent = {guesser: round(100 * share, 1) for guesser, share in scores.items()}
    return SubtypeAudit(
        subtype=name or NO_SUBTYPE,
        questions=len(rows),
        patients=len({q.patient_id for q in rows}),
        chance=round(100 * chance, 1),
        majority=percent["majority"],
        same_text=percent["same text"],
        longest=percent["longest"],
        first=percent["first"],
        rank=percent.get("rank"),
        names=percent["names"],
        memory=round(100 * float(memory.mean()), 1),
        letters=_letter_shares(rows),
        verdict=verdict,
        worst=worst,
    )


def _letters(rows: Iterable[Question]) -> dict[int, dict[str, float]]:
    by_size: dict[int, list[Question]] = defaultdict(list)
    for row in rows:
        by_size[len(row.options)].append(row)
    return {size: _letter_shares(group) for size, group in sorted(by_size.items())}


def _letter_shares(rows: Sequence[Question]) -> dict[str, float]:
    counts = Counter(LETTERS[q.options.index(q.answer)] for q in rows)
    size = max(len(q.options) for q in rows)
    return {letter: round(100 * counts[letter] / len(rows), 1) for letter in LETTERS[:size]}


def _skew(rows: Sequence[Question]) -> float:
    """Compare how often each letter is right with how often it would be if all options were equal."""
    found: Counter[str] = Counter(LETTERS[q.options.index(q.answer)] for q in rows)
    fair: dict[str, float] = defaultdict(float)
    for question in rows:
        for letter in LETTERS[: len(question.options)]:
            fair[letter] += 1 / len(question.options)
    return round(
        max((100 * abs(found[letter] - fair[letter]) / len(rows) for letter in fair), default=0.0), 2
    )


def _order(item: tuple[str, list[Question]]) -> tuple[int, str]:
    return "LDVAM".find(item[0][:1]), item[0]
