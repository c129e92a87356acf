"""``medspatial questions``: import, export, compare sides with masks, review by people."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from medspatial.cli.curate import load_questions
from medspatial.cli.show import csv_listing, listing, tell
from medspatial.errors import EXIT_FAILURES

if TYPE_CHECKING:
    from medspatial.questions.curate.sides import SideCheck

Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Output = Annotated[Path, typer.Option("--output", "-o", help="File or folder to write.")]
FORMATS = "medspatial, ct-spatialvqa, 3d-rad, m3d, deep-tumor, jsonl, huggingface"
review = typer.Typer(help="Review of questions by people.", no_args_is_help=True)


def import_command(
    source: Annotated[Path, typer.Argument(help="A dataset of another format.")],
    output: Output,
    format: Annotated[str, typer.Option("--format", "-f", help=FORMATS)],
    image_root: Annotated[str, typer.Option("--image-root", help="Folder in front of image paths.")] = "",
    field: Annotated[
        list[str] | None,
        typer.Option("--field", help="For jsonl and huggingface: OURS=THEIRS; repeatable."),
    ] = None,
    split: Annotated[str | None, typer.Option(help="For huggingface: which split.")] = None,
) -> None:
    """Read another dataset into questions, row by row."""
    from medspatial.questions.curate.formats import import_questions
    from medspatial.questions.curate.formats.mapping import Mapped
    from medspatial.records import write_records

    fields = Mapped.parse(field or [])
    rows = import_questions(source, format, image_root=image_root, fields=fields, split=split)
    write_records(output, rows)
    typer.echo(f"written: {output}")


def export_command(
    dataset: Annotated[Path, typer.Argument(help="Questions (.jsonl, .csv).")],
    output: Output,
    format: Annotated[str, typer.Option("--format", "-f", help=FORMATS)],
) -> None:
    """Write questions in the format of another dataset."""
    from medspatial.questions.curate.formats import export_questions

    typer.echo(f"written: {export_questions(output, load_questions(dataset), format)}")


def check_sides(
    dataset: Annotated[Path, typer.Argument(help="Questions with sides in their answers.")],
    cases: Annotated[Path, typer.Option("--cases", "-c", help="Cases with masks: folder or cases.jsonl.")],
    output: Annotated[Path | None, typer.Option("--output", "-o", help="All checks as CSV.")] = None,
    as_json: Json = False,
) -> None:
    """Compare the side that answers give with the masks; conflicts are listed.

    Answers that are not compared are counted by reason. Ends with exit code 1 if there is a conflict, or if
    masks of a case cannot be read.
    """
    from medspatial.cases import cases_root, read_cases
    from medspatial.questions.curate.sides import Reason, check_answer_sides

    found = check_answer_sides(load_questions(dataset), read_cases(cases), cases_root(cases))
    if found.conflicts or as_json:
        listing([_side_row(one) for one in found.conflicts], as_json=as_json)
    typer.echo(f"{len(found.checks)} answers compared, {len(found.conflicts)} conflicts", err=True)
    tell(f"{count} not compared: {reason}" for reason, count in found.reasons.items())
    tell(f"case {case_id!r} is not in {cases}" for case_id in found.cases_with(Reason.UNKNOWN_CASE))
    unreadable = found.cases_with(Reason.UNREADABLE)
    tell(unreadable.values())
    if output:
        output.write_text(csv_listing([_side_row(one) for one in found.checks]), encoding="utf-8")
    if found.conflicts or unreadable:
        raise typer.Exit(EXIT_FAILURES)


def _side_row(one: SideCheck) -> dict[str, Any]:
    return {
        "id": one.id,
        "case": one.case_id,
        "finding": one.finding,
        "stated": " and ".join(sorted(one.stated)),
        "measured": " and ".join(sorted(one.measured)),
        "left_share": round(one.left_share, 3),
        "verdict": one.verdict,
    }


@review.command("assign")
def review_assign(
    dataset: Annotated[Path, typer.Argument(help="Questions (.jsonl, .csv).")],
    output_dir: Annotated[Path, typer.Option("--output-dir", "-o", help="Folder of the review.")],
    reviewer: Annotated[list[str], typer.Option("--reviewer", help="Name of a reviewer; repeatable.")],
    per_item: Annotated[int, typer.Option(min=1, help="Reviewers of a question in the overlap.")] = 2,
    overlap: Annotated[float, typer.Option(min=0, max=1, help="Share of cases that several review.")] = 1.0,
    criterion: Annotated[list[str] | None, typer.Option(help="Criteria; repeatable.")] = None,
    seed: Annotated[int, typer.Option(help="Another seed, another assignment.")] = 0,
) -> None:
    """Write a blinded form (CSV) and the same as JSONL per reviewer, and the key."""
    from medspatial.questions.curate.judgment import CRITERIA
    from medspatial.questions.curate.review import assign, write_assignments, write_form

    criteria = tuple(criterion) if criterion else tuple(CRITERIA)
    plan = assign(
        load_questions(dataset), reviewer, per_item=per_item, overlap=overlap, criteria=criteria, seed=seed
    )
    write_assignments(output_dir, plan)
    for name, items in plan.items.items():
        write_form(output_dir / f"{name}.csv", items, criteria)
    listing([{"reviewer": name, "items": len(items)} for name, items in plan.items.items()], as_json=False)


@review.command("finish")
def review_finish(
    dataset: Annotated[Path, typer.Argument(help="The questions that were reviewed.")],
    folder: Annotated[Path, typer.Option("--folder", help="Folder of the review, with its key.")],
    verdicts: Annotated[list[Path], typer.Option("--verdicts", help="Filled form or JSONL; repeatable.")],
    output: Output,
    criterion: Annotated[list[str] | None, typer.Option(help="Criteria that must hold.")] = None,
    adjudicated: Annotated[Path | None, typer.Option(help="Verdicts that settle disputes.")] = None,
    as_json: Json = False,
) -> None:
    """Agreement of the reviewers, disputed items, and the accepted questions (.jsonl and .csv).

    Ends with exit code 1 while items are disputed or incomplete.
    """
    from medspatial.questions.curate.formats.rows import write_csv
    from medspatial.questions.curate.judgment import CRITERIA
    from medspatial.questions.curate.review import adjudicate, agreement, read_verdicts
    from medspatial.questions.curate.review.agreement import by_criterion
    from medspatial.questions.curate.review.assign import read_key
    from medspatial.records import write_records

    given = [one for path in verdicts for one in read_verdicts(path)]
    settled = read_verdicts(adjudicated) if adjudicated else []
    criteria = tuple(criterion) if criterion else tuple(CRITERIA)
    outcome = adjudicate(load_questions(dataset), read_key(folder), given, criteria, adjudications=settled)
    ratings = by_criterion((one.item, one.reviewer, one.verdicts) for one in given)
    figures = [{"criterion": name, **vars(agreement(items))} for name, items in ratings.items()]
    listing(figures, as_json=as_json)
    write_records(output, outcome.accepted)
    columns = ("id", "case_id", "question", "answer", "category")
    write_csv(output.with_suffix(".csv"), (one.model_dump() for one in outcome.accepted), columns)
    decisions = list(outcome.decisions.values())
    told = ", ".join(f"{decisions.count(name)} {name}" for name in sorted(set(decisions)))
    typer.echo(f"{told}; accepted questions in {output}", err=True)
    for item, votes in outcome.disputed.items():
        typer.echo(f"disputed: {item}: {votes}", err=True)
    if {"disputed", "incomplete"} & set(decisions):
        raise typer.Exit(EXIT_FAILURES)


@review.command("audit")
def review_audit(
    path: Annotated[Path, typer.Argument(help="Audit file of CT-SpatialVQA (JSON).")],
    qa_json: Annotated[Path | None, typer.Option("--qa-json", help="The pairs that were audited.")] = None,
    as_json: Json = False,
) -> None:
    """Read a published audit file: progress, verdicts, agreement of people and model."""
    from medspatial.questions.curate.nested import read_nested
    from medspatial.questions.curate.review import read_audit

    figures = vars(read_audit(path, read_nested(qa_json) if qa_json else None))
    rows = []
    for name, value in figures.items():
        parts = value.items() if isinstance(value, dict) else [("", value)]
        for key, one in parts:
            rows.append({"figure": name, "of": str(key), "value": str(one)})
    listing(rows, as_json=as_json)


def register(app: typer.Typer) -> None:
    """Add the commands to the group ``questions``."""
    app.command("import")(import_command)
    app.command("export")(export_command)
    app.command("check-sides")(check_sides)
    app.add_typer(review, name="review")
