"""Help texts: each command's fits 80 columns, explains every option, and its examples are real commands."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
import typer
from page_blocks import unknown
from typer.testing import CliRunner

from medspatial.cli.app import app

LONGEST_WORD = 60  # what no terminal of 80 columns can break well


def walk(names: tuple[str, ...], command: Any) -> Iterator[tuple[tuple[str, ...], Any]]:
    yield names, command
    for name, inner in getattr(command, "commands", {}).items():
        yield from walk((*names, name), inner)


COMMANDS = dict(walk((), typer.main.get_command(app)))


@pytest.mark.parametrize("names", COMMANDS, ids=" ".join)
def test_help_fits_80_columns(names: tuple[str, ...]) -> None:
    done = CliRunner().invoke(app, [*names, "--help"], env={"COLUMNS": "80", "TERMINAL_WIDTH": "80"})
    assert done.exit_code == 0
    assert [line for line in done.output.splitlines() if len(line) > 80] == []
    assert not re.search(r"<[\w|]+ {2,}", done.output), "choices are cut: give the option a metavar"


@pytest.mark.parametrize("names", COMMANDS, ids=" ".join)
def test_help_says_what_the_command_and_each_option_do(names: tuple[str, ...]) -> None:
    command = COMMANDS[names]
    summary = (command.help or "").partition("\n")[0]
    assert summary.endswith((".", "?")), summary
    assert len(summary) <= 110
    for one in command.params:
        said = str(getattr(one, "help", None) or "")
        assert said, f"{one.name}: no help"
        assert said.rstrip(")").endswith("."), f"{one.name}: {said}"
        assert [word for word in said.split() if len(word) > LONGEST_WORD] == []


@pytest.mark.parametrize("names", COMMANDS, ids=" ".join)
def test_examples_of_a_help_text_are_commands(names: tuple[str, ...]) -> None:
    text = " ".join((COMMANDS[names].help or "").split("\n"))
    assert [told for one in re.findall(r"`(medspatial [^`]*)`", text) if (told := unknown(one))] == []


def test_help_imports_nothing_that_computes() -> None:
    code = (
        "import sys; from typer.testing import CliRunner; from medspatial.cli.app import app; "
        "assert CliRunner().invoke(app, ['--help']).exit_code == 0; "
        "heavy = {'numpy', 'scipy', 'nibabel', 'torch', 'transformers', 'matplotlib', 'numba', 'httpx'}; "
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
