"""The command line in the tests' own process: the same entry point, without the cost of starting Python."""

from __future__ import annotations

import io
import sys
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass

from medspatial.cli.app import main


@dataclass
class Done:
    """What a command left behind."""

    returncode: int
    stdout: str
    stderr: str


def medspatial(*arguments: object) -> Done:
    """Run ``medspatial`` with arguments, as texts."""
    out, err, code = io.StringIO(), io.StringIO(), 0
    before, sys.argv = sys.argv, ["medspatial", *map(str, arguments)]
    try:
        with redirect_stdout(out), redirect_stderr(err):
            main()
    except SystemExit as stop:
        code = stop.code if isinstance(stop.code, int) else int(bool(stop.code))
    finally:
        sys.argv = before
    return Done(code, out.getvalue(), err.getvalue())


def said(*arguments: object) -> tuple[int, str]:
    """Run ``medspatial`` with arguments; its exit code, and all that it printed in one text."""
    done = medspatial(*arguments)
    return done.returncode, done.stdout + done.stderr
