"""``medspatial run``: a whole study."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from medspatial.errors import EXIT_FAILURES


def run(
    study: Annotated[
        str | None,
        typer.Argument(
            help="A study file (YAML), a folder of CT with masks, a list of cases (.jsonl, .csv), or the "
            "name of a built-in study. Without it: the built-in study on phantoms.",
            show_default=False,
        ),
    ] = None,
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder for all results.")] = Path("runs/study"),
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print only the table.")] = False,
) -> None:
    """Walk all stages of a study: cases, questions, predictions, scores, comparison, report.

    The same command again resumes where it was. Examples:

        medspatial run                          # built-in study

        medspatial run /data/my_ct -o runs/mine # CT with masks in a folder

        medspatial run study.yaml -o runs/paper
    """
    from medspatial.cli.show import report_table
    from medspatial.report.tables import accuracy_table
    from medspatial.study import PublishedConfig, find_study, run_published, run_study

    config = find_study(study)
    say = (lambda line: None) if quiet else typer.echo
    if isinstance(config, PublishedConfig):
        done = run_published(config, out, say)
    else:
        done = run_study(config, out, say, lambda line: typer.echo(line, err=True))
    typer.echo()
    report_table(accuracy_table(done.comparison))
    typer.echo(f"\nReport: {done.report.resolve().as_uri()}")
    if done.failed:
        typer.echo(
            f"{done.failed} questions failed; see the *.failures.jsonl in {out / 'predictions'}", err=True
        )
    if done.unusable:
        typer.echo(f"{len(done.unusable)} cases gave no question; the report names them", err=True)
    if done.failed or done.unusable:
        raise typer.Exit(EXIT_FAILURES)
