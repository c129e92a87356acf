"""Commands of the program, run in this process, and what became of a scored row."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from typer.testing import CliRunner

from medspatial.cli.app import app
from medspatial.errors import MedspatialError

Run = tuple[int, str]


def cli(*words: str | Path) -> Run:
    """Run a command in this process; exit code, and all that it printed in one."""
    result = CliRunner().invoke(app, [str(word) for word in words])
    said = result.output
    if isinstance(result.exception, MedspatialError):
        return result.exception.exit_code, f"{said}\nerror: {result.exception}"
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.exit_code, said


def verdict(row: dict[str, Any]) -> str:
    """Correct, wrong, or the status of a row of a score file that has neither."""
    if row.get("status", "scored") != "scored":
        return str(row["status"])
    return "correct" if row["correct"] else "wrong"
