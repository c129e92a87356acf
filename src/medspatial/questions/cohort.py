"""Write the questions of a cohort: questions.jsonl, dropped.jsonl, and a summary."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from medspatial.progress import Progress, Silent
from medspatial.questions.balance import balance_cohort
from medspatial.questions.build import CaseQuestions
from medspatial.questions.drop import Drop
from medspatial.records import Question, RecordAppender, write_records

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
    """

    cases: int
    cases_with_questions: int
    questions: int
    asked: dict[str, int]
    dropped: dict[str, int]
    dropped_by_subtype: dict[str, dict[str, int]]
    unusable_cases: dict[str, str]

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return asdict(self)

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
        return "\n".join(lines) + "\n"


def write_questions(
    results: Iterable[CaseQuestions],
    folder: str | Path,
    *,
    balance: bool = True,
    progress: Progress | None = None,
) -> Summary:
    """Write the questions and the ledger of all cases, in the order of the cases.

    Parameters
    ----------
    results
        As ``build_questions`` yields them; the ledger is written as they come.
    folder
        Gets ``questions.jsonl``, ``dropped.jsonl`` and ``summary.json``.
    balance
        Leave out questions that can be guessed from the cohort's texts (see ``balance_cohort``); their
        entries stand in the ledger under the rule ``cohort_balance``.
    progress
        Told after each case.
    """
    folder, progress = Path(folder), progress or Silent()
    folder.mkdir(parents=True, exist_ok=True)
    questions: list[Question] = []
    tally = _Tally()
    ledger = folder / DROPPED_FILE
    unfinished = ledger.with_name(ledger.name + ".tmp")
    unfinished.unlink(missing_ok=True)
    with RecordAppender(unfinished) as stream:
        for result in results:
            stream.append(*result.drops)
            tally.add(result)
            questions += result.questions
            progress.advance(note=result.case_id)
        if balance:
            questions, left_out = balance_cohort(questions)
            stream.append(*left_out)
            tally.count(left_out)
    unfinished.replace(ledger)
    write_records(folder / QUESTIONS_FILE, questions)
    summary = tally.summary(questions)
    text = json.dumps(summary.to_dict(), indent=1, ensure_ascii=False) + "\n"
    (folder / SUMMARY_FILE).write_text(text, encoding="utf-8")
    return summary


class _Tally:
    """Counts of the ledger, kept without the entries themselves."""

    def __init__(self) -> None:
        self.cases = 0
        self.with_questions = 0
        self.rules: Counter[tuple[str, str]] = Counter()
        self.unusable: dict[str, str] = {}

    def add(self, result: CaseQuestions) -> None:
        self.cases += 1
        self.with_questions += bool(result.questions)
        self.count(result.drops)
        for entry in result.drops:
            if entry.rule in {"refused", "failed"}:
                self.unusable.setdefault(entry.case_id, f"{entry.rule}: {entry.note}")

    def count(self, drops: Iterable[Drop]) -> None:
        self.rules.update((entry.subtype, entry.rule) for entry in drops)

    def summary(self, questions: list[Question]) -> Summary:
        by_rule: Counter[str] = Counter()
        by_subtype: dict[str, dict[str, int]] = {}
        for (subtype, rule), count in sorted(self.rules.items()):
            by_rule[rule] += count
            by_subtype.setdefault(subtype, {})[rule] = count
        asked = Counter(question.subtype or "" for question in questions)
        return Summary(
            cases=self.cases,
            cases_with_questions=self.with_questions,
            questions=len(questions),
            asked=dict(sorted(asked.items(), key=lambda item: ("LDVAM".find(item[0][:1]), item[0]))),
            dropped=dict(by_rule.most_common()),
            dropped_by_subtype=by_subtype,
            unusable_cases=self.unusable,
        )
