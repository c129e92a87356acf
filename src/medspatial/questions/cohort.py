"""Write the questions of a cohort: questions.jsonl, dropped.jsonl, and a summary."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from medspatial.files import whole_file, whole_text, write_json
from medspatial.progress import Progress, Silent
from medspatial.questions.balance import Kept, balanced, left_out_entry, too_few_to_balance
from medspatial.questions.build import UNUSABLE, CaseQuestions
from medspatial.questions.drop import Drop
from medspatial.questions.guess import ClosedTableBuilder
from medspatial.questions.sameness import Answers
from medspatial.records import Question, RecordAppender, assumptions_of, counted_assumption

QUESTIONS_FILE = "questions.jsonl"
DROPPED_FILE = "dropped.jsonl"
SUMMARY_FILE = "summary.json"


@dataclass(frozen=True)
class Summary:
    """Counts of a cohort.

    Attributes
    ----------
    asked
        Questions per subtype.
    dropped
        Entries of the ledger per rule.
    dropped_by_subtype
        The same, per subtype and rule.
    unusable_cases
        Refused or failed cases, with the reason.
    label_maps
        Cases with a mask file of which most label values have no name, and which those are.
    too_few_to_balance
        Closed subtypes that were kept as they are, because they have too few questions or patients to tell
        what can be guessed.
    thinned
        Subtypes that nearly always had one answer, in words: what was left of them.
    assumptions
        What nobody stated and questions rest on, with the number of cases.
    """

    cases: int
    cases_with_questions: int
    questions: int
    asked: dict[str, int]
    dropped: dict[str, int]
    dropped_by_subtype: dict[str, dict[str, int]]
    unusable_cases: dict[str, str]
    label_maps: dict[str, str] = field(default_factory=dict)
    too_few_to_balance: list[str] = field(default_factory=list)
    thinned: list[str] = field(default_factory=list)
    assumptions: dict[str, int] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return asdict(self)

    def troubles(self) -> list[str]:
        """One line for each case that gives no question, each doubtful label map, each thinned subtype."""
        unusable = [f"case {case_id} gives none: {why}" for case_id, why in self.unusable_cases.items()]
        doubtful = [f"case {case_id}: {note}" for case_id, note in self.label_maps.items()]
        return unusable + doubtful + [f"subtype {note}" for note in self.thinned]

    def assumed(self) -> list[str]:
        """One line for each assumption that questions rest on."""
        return [counted_assumption(text, count) for text, count in self.assumptions.items()]

    def to_markdown(self) -> str:
        """Two tables: asked and dropped per subtype, and dropped per rule."""
        subtypes = sorted(
            {*self.asked, *self.dropped_by_subtype} - {""}, key=lambda s: ("LDVAM".find(s[0]), s)
        )
        lines = ["| subtype | asked | considered and dropped, by rule |", "|---|---:|---|"]
        for name in subtypes:
            rules = sorted(
                self.dropped_by_subtype.get(name, {}).items(), key=lambda item: (-item[1], item[0])
            )
            lines.append(
                f"| {name} | {self.asked.get(name, 0)} | {', '.join(f'{r} {n}' for r, n in rules)} |"
            )
        lines += ["", "| rule | dropped |", "|---|---:|"]
        lines += [f"| {rule} | {count} |" for rule, count in self.dropped.items()]
        if self.too_few_to_balance:
            names = ", ".join(self.too_few_to_balance)
            lines += ["", f"Kept as they are, too few questions or patients to balance: {names}."]
        if self.thinned:
            lines += ["", "Always the same answer:", "", *(f"- {note}" for note in self.thinned)]
        return "\n".join(lines) + "\n"


def write_questions(
    results: Iterable[CaseQuestions],
    folder: str | Path,
    *,
    balance: bool = True,
    progress: Progress | None = None,
) -> Summary:
    """Write the questions and the ledger of all cases, in the order of the cases.

    Neither is held in memory: questions are written as they come, each closed one leaves under 1 kB behind
    for the balance, and a second pass over the file takes out those that must go.

    Parameters
    ----------
    results
        As ``build_questions`` yields them; the ledger is written as they come.
    folder
        Gets ``questions.jsonl``, ``dropped.jsonl`` and ``summary.json``.
    balance
        Leave out questions that can be guessed from the cohort's texts (see ``balance_cohort``); their
        entries stand in the ledger under the rules ``cohort_balance`` and ``same_answer``.
    progress
        Told after each case.
    """
    folder, progress = Path(folder), progress or Silent()
    tally, builder, answers = _Tally(), ClosedTableBuilder(), Answers()
    with (
        whole_file(folder / QUESTIONS_FILE) as unfinished,
        whole_file(folder / DROPPED_FILE) as ledger,
        RecordAppender(ledger) as entries,
        RecordAppender(unfinished) as rows,
    ):
        for result in results:
            entries.append(*result.drops)
            rows.append(*result.questions)
            tally.add(result)
            if balance:
                for question in result.questions:
                    builder.add(question)
                    answers.add(question)
            progress.advance(note=result.case_id)
        kept = None
        if balance:
            table, seen = builder.table(), builder.seen
            del builder
            kept, tally.too_few = balanced(table, answers, seen), too_few_to_balance(table)
            tally.thinned = [str(one) for one in kept.thinned]
        _copy_kept(unfinished, kept, tally, entries)
    summary = tally.summary()
    write_json(folder / SUMMARY_FILE, summary.to_dict())
    return summary


def _copy_kept(path: Path, kept: Kept | None, tally: _Tally, entries: RecordAppender) -> None:
    """Take the questions that do not stay out of a file, line by line; they go to the ledger."""
    with path.open(encoding="utf-8") as lines, whole_text(path) as out:
        for at, line in enumerate(lines):
            rule = kept.rule(at) if kept else None
            if rule is None:
                tally.ask(line)
                out.write(line)
            else:
                entry = left_out_entry(Question.model_validate_json(line), rule)
                entries.append(entry)
                tally.count([entry])


class _Tally:
    """Counts of the ledger, kept without the entries themselves."""

    def __init__(self) -> None:
        self.cases = 0
        self.with_questions = 0
        self.asked: Counter[str] = Counter()
        self.rules: Counter[tuple[str, str]] = Counter()
        self.unusable: dict[str, str] = {}
        self.label_maps: dict[str, list[str]] = {}
        self.too_few: list[str] = []
        self.thinned: list[str] = []
        self.assumptions: Counter[str] = Counter()

    def add(self, result: CaseQuestions) -> None:
        self.cases += 1
        self.with_questions += bool(result.questions)
        self.count(result.drops)
        self.assumptions.update(assumptions_of(result.questions))
        for entry in result.drops:
            if entry.rule in UNUSABLE:
                self.unusable.setdefault(entry.case_id, f"{entry.rule}: {entry.note}")
            if entry.rule == "label_map":
                self.label_maps.setdefault(entry.case_id, []).append(str(entry.note))

    def ask(self, line: str) -> None:
        self.asked[str(json.loads(line).get("subtype") or "")] += 1

    def count(self, drops: Iterable[Drop]) -> None:
        self.rules.update((entry.subtype, entry.rule) for entry in drops)

    def summary(self) -> Summary:
        by_rule: Counter[str] = Counter()
        by_subtype: dict[str, dict[str, int]] = {}
        for (subtype, rule), count in sorted(self.rules.items()):
            by_rule[rule] += count
            by_subtype.setdefault(subtype, {})[rule] = count
        return Summary(
            cases=self.cases,
            cases_with_questions=self.with_questions,
            questions=self.asked.total(),
            asked=dict(sorted(self.asked.items(), key=lambda item: ("LDVAM".find(item[0][:1]), item[0]))),
            dropped=dict(by_rule.most_common()),
            dropped_by_subtype=by_subtype,
            unusable_cases=self.unusable,
            label_maps={case_id: "; ".join(notes) for case_id, notes in self.label_maps.items()},
            too_few_to_balance=self.too_few,
            thinned=self.thinned,
            assumptions=dict(self.assumptions.most_common()),
        )
