"""``medspatial rerun``: a finished study once more, and where its results differ."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from medspatial.errors import EXIT_FAILURES


def rerun_command(
    run: Annotated[
        Path, typer.Argument(help="The folder of a study that `medspatial run` wrote; it is only read.")
    ],
    out: Annotated[
        Path | None,
        typer.Option(
            "--out",
            "-o",
            help="Folder for the repeated run; by default beside RUN.",
            show_default="RUN-rerun",
        ),
    ] = None,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print only what was found.")] = False,
) -> None:
    """Repeat a study from its manifest, and compare every question, answer and score with the first run.

    Ends with 0 where all are the same, with 1 and the files that differ where not. Versions that differ are
    named. The same command again goes on where it was.
    """
    from medspatial.study import rerun_study

    folder = out or run.resolve().with_name(f"{run.resolve().name}-rerun")
    say = (lambda line: None) if quiet else typer.echo
    found = rerun_study(run, folder, say, lambda line: typer.echo(line, err=True))
    for name, (then, now) in found.versions.items():
        typer.echo(f"version: {name} {then} then, {now} now")
    for one in found.differences:
        typer.echo(f"differs: {one}")
    rows, files = sum(found.compared.values()), len(found.compared)
    if not found.same:
        typer.echo(f"{len(found.differences)} of {files} files differ; the repeated run is in {folder}")
        raise typer.Exit(EXIT_FAILURES)
    typer.echo(f"the same: {rows} rows in {files} files; the repeated run is in {folder}")
