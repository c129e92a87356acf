"""Errors that users meet: exit codes, and packages that are not there."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from medspatial.cli.app import app
from medspatial.errors import InputError, MedspatialError, MissingPackageError, require


def test_a_package_that_is_there_is_given() -> None:
    assert require("json", "models").dumps([1]) == "[1]"


def test_a_missing_package_names_the_extra() -> None:
    with pytest.raises(MissingPackageError, match=r"pip install 'medspatial\[judge\]'"):
        require("no_such_package_here", "judge")


def test_every_error_of_ours_is_one_family() -> None:
    assert issubclass(InputError, MedspatialError)
    assert issubclass(MissingPackageError, MedspatialError)


def test_bad_input_ends_in_one_line_without_a_traceback(tmp_path: Path) -> None:
    command = [sys.executable, "-c", "from medspatial.cli.app import main; main()"]
    done = subprocess.run(
        [*command, "cases", "list", str(tmp_path / "nothing")], capture_output=True, text=True, check=False
    )
    assert done.returncode == 3
    assert done.stderr.startswith("error: ")
    assert str(tmp_path / "nothing") in done.stderr
    assert "Traceback" not in done.stderr


def test_help_lists_the_exit_codes() -> None:
    shown = CliRunner().invoke(app, ["run", "--help"]).output
    assert "3 bad input" in shown
    assert "4 a package is missing" in shown
