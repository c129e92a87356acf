"""``medspatial questions``: make and look at questions."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from medspatial.cli import curate, exchange, reports
from medspatial.cli.options import CASES_HELP
from medspatial.cli.show import listing, tell, tell_left_out
from medspatial.errors import EXIT_FAILURES

app = typer.Typer(help="Spatial questions with evidence.", no_args_is_help=True)
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@app.command("from-masks")
def from_masks(
    cases: Annotated[str, typer.Argument(help=CASES_HELP)],
    output_dir: Annotated[
        Path, typer.Option("--output-dir", "-o", help="Folder for questions.jsonl and dropped.jsonl.")
    ],
    subtype: Annotated[
        list[str] | None, typer.Option("--subtype", "-s", help="Only these subtypes (L1 ... M6); repeatable.")
    ] = None,
    per_subtype: Annotated[int, typer.Option(min=1, help="Most questions of a subtype per case.")] = 2,
    choice: Annotated[
        bool, typer.Option("--choice", help="Numeric questions as multiple choice too.")
    ] = False,
    label_map: Annotated[str | None, typer.Option(help="Label map of all masks.")] = None,
    assume_axes: Annotated[str | None, typer.Option(help="Axis codes for volumes without an affine.")] = None,
    workers: Annotated[int, typer.Option(min=1, help="Cases measured at the same time.")] = 1,
    mirrored: Annotated[bool, typer.Option("--mirrored", help="Add mirrored controls (L6).")] = False,
    balance: Annotated[
        bool, typer.Option(help="Leave out what can be guessed from the cohort's texts.")
    ] = True,
    as_json: Json = False,
) -> None:
    """Measure the masks and ask what can be asked safely; the rest goes into the drop ledger.

    Resumes per case: one whose files changed is built again, one that gave nothing is tried again.

    Example: `medspatial questions from-masks /data/my_ct -o questions`
    """
    from medspatial.cases import find_cases
    from medspatial.progress import progress
    from medspatial.questions import build_questions, mirrored_cases, write_questions

    found = find_cases(cases, label_map=label_map)
    tell_left_out(found)
    asked = [*found.cases, *(mirrored_cases(found.cases) if mirrored else ())]
    results = build_questions(
        asked,
        found.root,
        subtypes=subtype or None,
        per_subtype=per_subtype,
        forms=("open", "choice") if choice else ("open",),
        workers=workers,
        folder=output_dir / "by_case",
        assume_axes=assume_axes,
    )
    with progress("questions", len(asked)) as bar:
        summary = write_questions(results, output_dir, balance=balance, progress=bar)
    listing([{"subtype": name, "asked": count} for name, count in summary.asked.items()], as_json=as_json)
    typer.echo(
        f"{summary.questions} questions from {summary.cases_with_questions} cases in {output_dir}", err=True
    )
    typer.echo(f"{sum(summary.dropped.values())} dropped by rule, listed in dropped.jsonl there", err=True)
    tell(summary.assumed())
    tell(summary.troubles())
    if summary.unusable_cases:
        raise typer.Exit(EXIT_FAILURES)


@app.command("subtypes")
def subtypes(as_json: Json = False) -> None:
    """List the subtypes of questions from masks: measurement, margin rule, answer, options."""
    from medspatial.questions import subtype_rows

    listing(subtype_rows(), as_json=as_json)


@app.command("audit")
def audit(
    dataset: Annotated[Path, typer.Argument(help="Questions (.jsonl or .csv).")],
    as_json: Json = False,
) -> None:
    """Measure what can be guessed from text alone: majority answers, repeats, order and length of options.

    Questions that are not audited are counted, with the reason. Ends with exit code 1 if a closed subtype is
    more than 5 points above chance.
    """
    from medspatial.cli.rows import load_rows
    from medspatial.questions import audit as audit_questions
    from medspatial.records import Question

    found = audit_questions(load_rows(dataset, Question))
    if found.rows or as_json:
        listing([asdict(row) for row in found.rows], as_json=as_json)
    tell(found.not_audited())
    if found.flagged:
        typer.echo(f"more than 5 points above chance: {', '.join(found.flagged)}", err=True)
        raise typer.Exit(EXIT_FAILURES)


reports.register(app)
curate.register(app)
exchange.register(app)
