"""``medspatial questions``: make and look at questions."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from medspatial.cli.show import listing

app = typer.Typer(help="Spatial questions with evidence.", no_args_is_help=True)
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@app.command("from-masks")
def from_masks(
    cases: Annotated[
        Path, typer.Argument(help="A folder of CT with masks, or a file of cases (.jsonl, .csv).")
    ],
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
) -> None:
    """Measure the masks and ask what can be asked safely; the rest goes into the drop ledger.

    Resumes per case. Example: `medspatial questions from-masks /data/my_ct -o questions`
    """
    from medspatial.cases import read_cases
    from medspatial.progress import progress
    from medspatial.questions import build_question_files

    found = read_cases(cases, label_map=label_map)
    root = cases if cases.is_dir() else cases.parent
    with progress("questions", len(found)) as bar:
        built = build_question_files(
            found,
            root,
            output_dir,
            subtypes=tuple(subtype) if subtype else None,
            per_subtype=per_subtype,
            forms=("open", "choice") if choice else ("open",),
            workers=workers,
            assume_axes=assume_axes,
            progress=bar,
        )
    typer.echo(f"{len(built.questions)} questions in {output_dir / 'questions.jsonl'}")
    typer.echo(f"{built.dropped} dropped by rule, listed in {output_dir / 'dropped.jsonl'}")


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
    """Say what can be had from the text alone: majority answers, repeated texts, order and length of options.

    Ends with exit code 1 if a closed subtype is more than 5 points above chance.
    """
    from medspatial.cli.rows import load_rows
    from medspatial.errors import EXIT_FAILURES
    from medspatial.questions import audit as audit_questions
    from medspatial.records import Question

    found = audit_questions(load_rows(dataset, Question))
    listing(found.rows(), as_json=as_json)
    if found.flagged:
        typer.echo(f"more than 5 points above chance: {', '.join(found.flagged)}", err=True)
        raise typer.Exit(EXIT_FAILURES)
