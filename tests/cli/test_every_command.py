"""What every command owes its user: help for each option, one line for what is not there."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer
from command import medspatial

from medspatial.cli.app import app
from medspatial.errors import InputError

SERVERS = {("view",), ("read",), ("questions", "review"), ("review",)}


def commands(group: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    if not hasattr(group, "commands"):
        yield path, group
        return
    for name, one in group.commands.items():
        yield from commands(one, (*path, name))


EVERY = dict(commands(typer.main.get_command(app)))


def spoken(path: tuple[str, ...]) -> str:
    return " ".join(path)


@pytest.mark.parametrize("path", EVERY, ids=spoken)
def test_a_command_says_what_it_does_and_what_each_option_is(path: tuple[str, ...]) -> None:
    command = EVERY[path]
    assert command.help, "no help"
    assert len(command.get_short_help_str(200)) > 15
    without = [
        one.name
        for one in command.params
        if one.param_type_name == "option" and not one.help and one.default is None and not one.required
    ]
    assert not without, f"options without help and without a default that speaks for itself: {without}"


def inputs(path: tuple[str, ...]) -> list[str]:
    """Names of the paths that a command must be given to read."""
    required = [one for one in EVERY[path].params if one.required and not one.name.startswith("output")]
    return [one.name for one in required if "Path" in str(one.type_descriptor.annotation)]


@pytest.mark.parametrize("path", [one for one in EVERY if inputs(one) and one not in SERVERS], ids=spoken)
def test_what_is_not_there_is_one_line_with_its_name(path: tuple[str, ...], tmp_path: Path) -> None:
    """Every path leads nowhere, every other required value is a word or 1."""
    arguments: list[str] = []
    for one in (one for one in EVERY[path].params if one.required):
        kind = str(one.type_descriptor.annotation)
        nowhere = str(tmp_path / f"nowhere_{one.name}.jsonl")
        value = nowhere if "Path" in kind else "1" if "int" in kind or "float" in kind else "x"
        arguments += [value] if one.param_type_name == "argument" else [one.opts[0], value]
    done = medspatial(*path, *arguments)
    assert done.returncode in {2, InputError.exit_code}, (done.stdout, done.stderr)
    assert "Traceback" not in done.stderr
    lines = [line for line in done.stderr.splitlines() if line.strip()]
    assert len(lines) == 1 or "Usage:" in done.stderr, done.stderr
    assert not list(tmp_path.iterdir()), "something was left behind"
