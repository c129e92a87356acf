"""The program ``medspatial``: its command groups, and how errors become messages and exit codes."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from medspatial import __version__
from medspatial.cli import (
    cases,
    compare,
    inputs,
    models,
    plot,
    predict,
    prepare,
    questions,
    report,
    run,
    score,
    segment,
)
from medspatial.errors import EXIT_INTERRUPTED, MedspatialError

_EPILOG = (
    "Exit codes: 0 done; 1 ended, but some rows, checks or cases failed; 2 wrong arguments; "
    "3 bad input; 4 a package is missing; 130 interrupted."
)

app = typer.Typer(
    name="medspatial",
    help="Do 3D medical vision-language models understand space in CT?",
    epilog=_EPILOG,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    rich_markup_mode="markdown",
)
app.command("run", epilog=_EPILOG)(run.run)
app.command("segment", epilog=_EPILOG)(segment.segment_command)
app.command("prepare", epilog=_EPILOG)(prepare.prepare_command)
app.command("predict", epilog=_EPILOG)(predict.predict_command)
app.command("score", epilog=_EPILOG)(score.score_command)
app.command("compare", epilog=_EPILOG)(compare.compare_command)
app.command("report", epilog=_EPILOG)(report.report_command)
app.add_typer(cases.app, name="cases")
app.add_typer(questions.app, name="questions")
app.add_typer(inputs.app, name="inputs")
app.add_typer(models.app, name="models")
app.add_typer(plot.app, name="plot")


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"medspatial {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    """Do 3D medical vision-language models understand space in CT?"""


def main() -> None:
    """Run the program; a known error is one line on standard error and an exit code of its own."""
    try:
        app(standalone_mode=True)
    except MedspatialError as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        print("interrupted; what is done is kept, the same command goes on from here", file=sys.stderr)
        sys.exit(EXIT_INTERRUPTED)


if __name__ == "__main__":
    main()
