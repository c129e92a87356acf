"""``medspatial questions``: import, export, compare sides with masks."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from medspatial.cli import review
from medspatial.cli.curate import load_questions
from medspatial.cli.options import CASES_HELP
from medspatial.cli.show import csv_listing, listing, tell
from medspatial.errors import EXIT_FAILURES

if TYPE_CHECKING:
    from medspatial.datasets.sides import SideCheck

Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Output = Annotated[Path, typer.Option("--output", "-o", help="File or folder to write.")]
FORMATS = (
    "medspatial, ct-spatialvqa, 3d-rad, m3d, deep-tumor, ct-rate-vqa, radgenome, mirp, jsonl, huggingface."
)


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
    from medspatial.datasets.formats import import_questions
    from medspatial.datasets.formats.mapping import Mapped
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
    from medspatial.datasets.formats import export_questions

    typer.echo(f"written: {export_questions(output, load_questions(dataset), format)}")


def check_sides(
    dataset: Annotated[Path, typer.Argument(help="Questions with sides in their answers.")],
    cases: Annotated[str, typer.Option("--cases", "-c", help=CASES_HELP)],
    output: Annotated[Path | None, typer.Option("--output", "-o", help="All checks as CSV.")] = None,
    as_json: Json = False,
) -> None:
    """Compare the side that answers give with the masks; conflicts are listed.

    Answers that are not compared are counted by reason. Ends with exit code 1 if there is a conflict, or if
    masks of a case cannot be read.
    """
    from medspatial.cases import find_cases
    from medspatial.datasets.sides import Reason, check_answer_sides

    known = find_cases(cases)
    found = check_answer_sides(load_questions(dataset), known.cases, known.root)
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


def register(app: typer.Typer) -> None:
    """Add the commands to the group ``questions``."""
    app.command("import")(import_command)
    app.command("export")(export_command)
    app.command("check-sides")(check_sides)
    app.add_typer(review.app, name="review")
