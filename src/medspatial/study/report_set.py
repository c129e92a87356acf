"""A study that makes a set of questions from reports: balanced, audited, frozen, ready for review."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import Field, model_validator

from medspatial.cases import find_cases
from medspatial.cases.ct_rate import LICENSE, one_per_scan, read_reports
from medspatial.datasets.frozen import MANIFEST, freeze, read_frozen
from medspatial.datasets.review import assign, write_assignments
from medspatial.datasets.sides import check_answer_sides
from medspatial.datasets.split import split_by_patient
from medspatial.errors import InputError
from medspatial.manifest import new_manifest, write_manifest
from medspatial.questions.audit import AuditReport, audit
from medspatial.questions.drop import Drop
from medspatial.records import Question, Record, read_records, write_records
from medspatial.report_questions import GENERATOR, questions_from_report
from medspatial.report_questions.balanced import BalancedSet, balanced_set, by_category
from medspatial.study.paths import with_variables

Say = Callable[[str], None]


class ReviewConfig(Record):
    """Who reviews the questions; see `medspatial.datasets.review.assign`."""

    reviewers: tuple[str, ...] = Field(min_length=1)
    per_item: int | None = Field(default=None, ge=1)
    seed: int = 0


class ReportSetConfig(Record):
    """A set of questions from reports.

    Attributes
    ----------
    from_reports
        The reports: CT-RATE's table, JSON by volume, or JSONL; ``${NAME}`` is an environment variable.
    cases
        Folder or file of cases with masks; where it is given, sides are checked against them. A variable that
        is not set means that there are none.
    size, per_patient
        See `medspatial.report_questions.balanced.balanced_set`.
    more
        Further questions with quotes, such as a language model's (``.jsonl``), balanced with the rules'.
    shares
        Parts of the frozen set, by patient.
    review
        Forms for reviewers.
    """

    title: str
    from_reports: str
    cases: str | None = None
    size: int = Field(default=1200, ge=1)
    per_patient: int = Field(default=10, ge=1)
    more: tuple[str, ...] = ()
    shares: dict[str, float] = Field(default_factory=lambda: {"test": 1.0})
    license: str = LICENSE
    review: ReviewConfig | None = None

    @model_validator(mode="after")
    def _parts(self) -> ReportSetConfig:
        split_by_patient([], self.shares)
        return self


@dataclass(frozen=True)
class ReportSetRun:
    """What the study left behind: the set, its audits, and how many conflicts with masks it has.

    ``categories`` audits each category as if it were one subtype.
    """

    folder: Path
    chosen: BalancedSet
    audit: AuditReport
    categories: AuditReport
    conflicts: int


def resolved_report_set(config: ReportSetConfig, folder: Path) -> ReportSetConfig:
    """Return the study with its paths taken from the folder of its file.

    Raises
    ------
    InputError
        A variable of the reports that is not set.
    """

    def path(text: str, field: str) -> str:
        return str((folder / with_variables(text, field)).expanduser())

    cases = None
    if config.cases:
        try:
            cases = path(config.cases, "cases")
        except InputError:
            cases = None  # nobody has masks: the set is made without that check
    more = tuple(path(one, "more") for one in config.more)
    reports = path(config.from_reports, "from_reports")
    return config.model_copy(update={"from_reports": reports, "cases": cases, "more": more})


def run_report_set(config: ReportSetConfig, folder: str | Path, say: Say = lambda line: None) -> ReportSetRun:
    """Read the reports, ask, balance, audit, check sides where there are masks, freeze, and write forms.

    Raises
    ------
    InputError
        Reports that cannot be read, or a folder that holds another frozen set.
    """
    folder = Path(folder)
    reports = one_per_scan(read_reports(config.from_reports))
    results = [questions_from_report(one) for one in reports]
    candidates = [question for result in results for question in result.questions]
    candidates += _further(config.more)
    conflicts: list[Drop] = []
    say(f"read: {len(reports)} reports, {len(candidates)} candidates")
    if config.cases:
        candidates, conflicts, sides = _without_conflicts(candidates, config.cases)
        _write_json(folder / "questions" / "sides.json", sides)
        say(f"sides against masks: {sides['verdicts']}")
    chosen = balanced_set(candidates, size=config.size, per_patient=config.per_patient)
    say(f"chosen: {len(chosen.questions)} questions, {chosen.categories()}")
    drops: list[Drop] = [drop for result in results for drop in result.drops]
    drops += conflicts + chosen.drops
    write_records(folder / "questions" / "questions.jsonl", chosen.questions)
    write_records(folder / "questions" / "dropped.jsonl", drops)
    found, whole = audit(chosen.questions), audit(by_category(chosen.questions))
    _write_json(folder / "questions" / "audit.json", found.to_dict())
    _write_json(folder / "questions" / "audit_categories.json", whole.to_dict())
    tables = f"{found.to_markdown()}\nEach category as a whole:\n\n{whole.to_markdown()}"
    (folder / "questions" / "audit.md").write_text(tables, encoding="utf-8")
    say(
        f"audit: {len(found.flagged)} subtypes and {len(whole.flagged)} categories that a text-only "
        "guesser beats"
    )
    _frozen(config, chosen.questions, folder / "dataset")
    say(f"frozen: {folder / 'dataset'}")
    if config.review:
        forms = assign(
            chosen.questions,
            config.review.reviewers,
            per_item=config.review.per_item,
            seed=config.review.seed,
        )
        write_assignments(folder / "review", forms)
        say(f"review forms: {folder / 'review'}")
    settings = _settings(config, candidates, chosen, drops)
    inputs = {one.case_id: one.fingerprint for one in reports}
    write_manifest(folder / "manifest.json", new_manifest("report-set", settings, inputs))
    return ReportSetRun(folder, chosen, found, whole, len(conflicts))


def _further(paths: Sequence[str]) -> list[Question]:
    return [row for path in paths for row in read_records(path, Question).rows]


def _without_conflicts(
    candidates: list[Question], path: str
) -> tuple[list[Question], list[Drop], dict[str, Any]]:
    """Take out questions whose side the masks contradict."""
    known = find_cases(Path(path))
    report = check_answer_sides(candidates, known.cases, known.root)
    verdicts = Counter(one.verdict for one in report.checks)
    wrong = {one.id for one in report.checks if one.verdict == "conflict"}
    facts = {
        "verdicts": dict(verdicts),
        "conflicts": sorted(wrong),
        "not_compared": dict(Counter(str(one.reason) for one in report.not_compared)),
    }
    gone = [
        Drop(case_id=one.case_id, subtype=str(one.subtype), rule="side_conflict", note=f"question {one.id}")
        for one in candidates
        if one.id in wrong
    ]
    return [one for one in candidates if one.id not in wrong], gone, facts


def _frozen(config: ReportSetConfig, questions: Sequence[Question], folder: Path) -> None:
    """Freeze the set without the reports' text; an equal one that is there stays."""
    parts = {name: rows for name, rows in split_by_patient(questions, config.shares).items() if rows}
    if (folder / MANIFEST).exists():
        if {one.id for rows in read_frozen(folder).values() for one in rows} != {one.id for one in questions}:
            raise InputError(f"{folder}: holds a frozen set of other questions; write into another folder")
        return
    freeze(
        folder, parts, name=config.title, license=config.license, with_quotes=False,
        description=f"Spatial questions from radiology reports, made by {GENERATOR}.",
    )  # fmt: skip


def _settings(
    config: ReportSetConfig, candidates: Sequence[Question], chosen: BalancedSet, drops: Sequence[Drop]
) -> dict[str, Any]:
    return {
        "generator": GENERATOR,
        "size": config.size,
        "per_patient": config.per_patient,
        "sources": dict(Counter(str(one.source) for one in chosen.questions)),
        "candidates": len(candidates),
        "dropped": dict(Counter(one.rule for one in drops)),
    }


def _write_json(path: Path, value: Any) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value, indent=1, ensure_ascii=False, default=str) + "\n", encoding="utf-8")
