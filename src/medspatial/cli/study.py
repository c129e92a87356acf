"""``medspatial study``: study files written, checked and described."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(no_args_is_help=True, help="Study files: write one, check it, see its fields.")


@app.command("schema")
def schema_command() -> None:
    """Print the JSON schema of study files, by which editors complete and check them."""
    from medspatial.study.schema import schema_text

    typer.echo(schema_text(), nl=False)


@app.command("fields")
def fields_command() -> None:
    """Print every field of a study file, its type, default and meaning, as Markdown."""
    from medspatial.study.schema import fields_markdown

    typer.echo(fields_markdown(), nl=False)


@app.command("init")
def init_command(
    data: Annotated[
        Path, typer.Argument(help="Folder of CT with masks, a file of cases, or a file of questions.")
    ],
    output: Annotated[Path, typer.Option("--output", "-o", help="The study file to write.")] = Path(
        "study.yaml"
    ),
    cases: Annotated[
        Path | None,
        typer.Option(help="For a file of questions: folder or file of their cases. Default: beside it."),
    ] = None,
) -> None:
    """Write a commented study file for data; nothing is asked, and no file is replaced.

    Example: `medspatial study init my_ct -o study.yaml`
    """
    from medspatial.study.start import start_study

    path = start_study(data, output, cases=cases)
    typer.echo(f"written: {path}\nnext: medspatial study check {path}, medspatial run {path}")


@app.command("check")
def check_command(
    study: Annotated[Path, typer.Argument(help="The study file.")],
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="Folder of the results, for the disk space.")
    ] = None,
    offline: Annotated[bool, typer.Option(help="Do not ask servers whether they are there.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Check a study file and all that it needs, without computing and without a call that costs.

    Exit codes: 0 all is well; 1 something is missing (checkpoint, key, server, package, disk); 3 the file is
    wrong.
    """
    from medspatial.cli.show_check import show_check
    from medspatial.errors import InputError
    from medspatial.study import StudyConfig, read_any_study
    from medspatial.study.check import check_study

    config = read_any_study(study)
    if not isinstance(config, StudyConfig):
        raise InputError(f"{study}: is a study of an installed package, which checks it when it runs")
    found = check_study(config, out, network=not offline)
    show_check(found, as_json=as_json)
    raise typer.Exit(found.exit_code)
