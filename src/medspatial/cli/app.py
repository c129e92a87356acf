"""The program ``medspatial``: its command groups, and how errors become messages and exit codes."""

from __future__ import annotations

import errno
import gc
import signal
import sys
from types import FrameType
from typing import Annotated

import typer

from medspatial.cli import (
    acuity,
    cases,
    compare,
    correct_judge,
    datasets,
    env,
    exchange_results,
    inputs,
    merge,
    models,
    plot,
    plugins,
    predict,
    prepare,
    questions,
    read,
    report,
    rerun,
    run,
    score,
    segment,
    study,
    view,
)
from medspatial.errors import EXIT_FAILURES, EXIT_INPUT, EXIT_INTERRUPTED, MedspatialError
from medspatial.files import cause, shortened
from medspatial.version import __version__

_KEPT = "what is done is kept, the same command goes on from here"
_REFUSALS = {
    errno.ENOSPC,
    errno.EDQUOT,
    errno.EFBIG,
    errno.EROFS,
    errno.EACCES,
    errno.EPERM,
    errno.EIO,
    errno.ENOENT,
    errno.ENOTDIR,
    errno.EISDIR,
    errno.EEXIST,
}
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
app.command("rerun", epilog=_EPILOG)(rerun.rerun_command)
app.command("segment", epilog=_EPILOG)(segment.segment_command)
app.command("prepare", epilog=_EPILOG)(prepare.prepare_command)
app.command("predict", epilog=_EPILOG)(predict.predict_command)
app.command("merge", epilog=_EPILOG)(merge.merge_command)
app.command("score", cls=score.ScoreCommand, epilog=_EPILOG)(score.score_command)
app.command("compare", epilog=_EPILOG)(compare.compare_command)
app.command("correct-judge", epilog=_EPILOG)(correct_judge.correct_judge_command)
app.command("acuity", epilog=_EPILOG)(acuity.acuity_command)
app.command("report", epilog=_EPILOG)(report.report_command)
app.command("import-results", epilog=_EPILOG)(exchange_results.import_command)
app.add_typer(exchange_results.app, name="export")
app.command("plugins", epilog=_EPILOG)(plugins.plugins_command)
app.command("env", epilog=_EPILOG)(env.env_command)
app.command("view", epilog=_EPILOG)(view.view_command)
app.command("read", epilog=_EPILOG)(read.read_command)
app.add_typer(study.app, name="study")
app.add_typer(cases.app, name="cases")
app.add_typer(questions.app, name="questions")
app.add_typer(datasets.app, name="datasets")
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
    """Run the program; a known error is one line on standard error and an exit code of its own.

    SIGTERM, which schedulers send before they kill, ends it as Ctrl-C does. A file system that refuses (full,
    read-only, gone) is one line too.
    """
    signal.signal(signal.SIGTERM, _terminated)
    gc.set_threshold(
        100_000, 20, 100
    )  # by default a third of the time goes into looking for cycles of records
    try:
        app(standalone_mode=True)
    except MedspatialError as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(error.exit_code)
    except SystemExit as end:
        if end.code == EXIT_INTERRUPTED:  # what typer makes of a KeyboardInterrupt
            print(f"interrupted; {_KEPT}", file=sys.stderr)
        raise
    except OSError as error:  # what no stage could name better: a name too long, a disk that fails
        place = "" if error.filename is None else f"{shortened(str(error.filename), 300)}: "
        kept = error.errno in _REFUSALS
        print(f"error: {place}{cause(error)}{f'; {_KEPT}' if kept else ''}", file=sys.stderr)
        sys.exit(EXIT_FAILURES if kept else EXIT_INPUT)
    except RecursionError:
        print("error: a file is nested deeper than can be followed", file=sys.stderr)
        sys.exit(EXIT_INPUT)


def _terminated(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    main()
