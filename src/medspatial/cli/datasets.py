"""``medspatial datasets``: what a set of questions can show, and what is wrong with it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from medspatial.cli.options import refuse_idle
from medspatial.cli.show import listing
from medspatial.errors import EXIT_FAILURES
from medspatial.files import write_text

if TYPE_CHECKING:
    from medspatial.passport import Passport

app = typer.Typer(
    no_args_is_help=True, help="Sets of questions: what they can show, what is wrong with them."
)
_WIDTH = 150


@app.callback()
def _group() -> None:
    """Sets of questions: what they can show, what is wrong with them."""


@app.command("audit")
def audit_command(
    dataset: Annotated[Path, typer.Argument(metavar="SET", help="Questions of any known format.")],
    cases: Annotated[
        Path | None,
        typer.Option("--cases", "-c", help="The images, with masks where there are: folder or cases.jsonl."),
    ] = None,
    format: Annotated[
        str, typer.Option("--format", "-f", help="auto, or as `medspatial questions import`.")
    ] = "auto",
    field: Annotated[
        list[str] | None,
        typer.Option("--field", help="For jsonl and huggingface: OURS=THEIRS; repeatable."),
    ] = None,
    split: Annotated[str | None, typer.Option(help="For huggingface: which split.")] = None,
    license: Annotated[
        str | None, typer.Option("--license", help="Licence of the set, where it states none.")
    ] = None,
    label_map: Annotated[str | None, typer.Option(help="Label map of all masks.")] = None,
    json_file: Annotated[
        Path | None, typer.Option("--json", help="Write the passport as JSON; - prints it instead.")
    ] = None,
    html: Annotated[Path | None, typer.Option("--html", help="Write the passport as one page.")] = None,
    badge: Annotated[Path | None, typer.Option("--badge", help="Write a summary in one line (SVG).")] = None,
) -> None:
    """Write the passport of a set: images, masks, text-only guessers, repeats, patients, power, licences.

    Ends with exit code 1 if there is an alarm. Example:

        medspatial datasets audit questions.jsonl --cases /data/my_ct --html passport.html
    """
    from medspatial.cases import find_cases
    from medspatial.datasets.formats.mapping import Mapped
    from medspatial.passport import audit_set, read_set
    from medspatial.passport.badge import write_badge
    from medspatial.passport.images import asked_cases
    from medspatial.passport.page import write_page
    from medspatial.progress import progress

    if cases is None:
        refuse_idle({"--label-map": label_map}, "is about the masks of --cases, which is not given")
    held = read_set(dataset, format, fields=Mapped.parse(field or []), split=split)
    found = find_cases(cases, label_map=label_map) if cases else None
    root = found.root if found else Path()
    with progress("cases", len(asked_cases(held.questions, found)) if found else 0) as bar:
        passport = audit_set(held, found, root, licence=license, progress=bar)
    text = passport.model_dump_json(indent=1) + "\n"
    if json_file is not None and str(json_file) == "-":
        typer.echo(text, nl=False)
    else:
        _print(passport)
        if json_file is not None:
            typer.echo(f"written: {write_text(json_file, text)}", err=True)
    for path, write in ((html, write_page), (badge, write_badge)):
        if path is not None:
            typer.echo(f"written: {write(path, passport)}", err=True)
    if passport.alarms:
        raise typer.Exit(EXIT_FAILURES)


def _print(one: Passport) -> None:
    from medspatial.passport.badge import summary

    typer.echo(f"{one.name} ({one.format}): {summary(one)}")
    listing(
        [
            {
                "likeness within a patient": row.icc,
                "design effect": round(row.design_effect, 2),
                "effective questions": round(row.effective_n),
                "smallest difference": "none"
                if row.smallest_difference is None
                else f"{100 * row.smallest_difference:.1f} points",
            }
            for row in one.power
        ],
        as_json=False,
    )
    if one.guessers.closed:
        shares = ", ".join(f"{name} {share:.1f} %" for name, share in one.guessers.closed.items())
        typer.echo(f"closed questions from the text alone: {shares}; chance {one.guessers.chance:.1f} %")
    if one.guessers.open is not None:
        typer.echo(f"open questions by the commonest answer: {one.guessers.open:.1f} %")
    if one.images is not None and one.masks is not None:
        counts = ", ".join(f"{count} {verdict}" for verdict, count in one.images.verdicts.items())
        axes = ", ".join(f"{name} {count}" for name, count in one.images.axes.items())
        typer.echo(f"{one.images.cases} cases: {counts}; stored {axes}")
        typer.echo(
            f"answers measured again: {one.masks.compared}, {one.masks.agree} agree, "
            f"{one.masks.differ} differ"
        )
    for line in one.notes:
        typer.echo(f"note: {line}")
    for line in one.not_checked:
        typer.echo(f"not checked: {line}")
    for alarm in one.alarms:
        typer.echo(f"ALARM {alarm.kind} ({alarm.count}): {alarm.text}")
        for line in alarm.examples:
            typer.echo(f"  {line if len(line) <= _WIDTH else line[: _WIDTH - 1] + '…'}")
    typer.echo(one.verdict)
