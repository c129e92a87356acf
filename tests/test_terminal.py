"""Text is printed as it is: no markup, no emoji, wherever a name may stand."""

from __future__ import annotations

import ast
import io
import sys
from pathlib import Path

import pytest
import typer.main
from rich.emoji import Emoji
from typer.testing import CliRunner

import medspatial
from medspatial.cli.app import app
from medspatial.cli.show import listing, report_table
from medspatial.progress import progress
from medspatial.report.tables import Cell, Column, Table
from medspatial.terminal import Line, print_table

NAMES = ["judge:gemini:flash", "[red]model[/red]", "[bold]", "a\\[b]", ":smile:", "[link=x]y"]


@pytest.mark.parametrize("name", NAMES)
def test_a_name_stays_as_it_is(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    print_table([(name, "left")], [[[Line(name, "strong"), Line(name, "faint")]]], title=name)
    listing([{"model": name, "kinds": (name, name), "n": 1}], as_json=False, title=name)
    report_table(Table("t", name, (Column(name),), ((Cell(name, name, strong=True),),), ({},), name))
    lines = [line.strip() for line in capsys.readouterr().out.splitlines()]
    assert lines.count(name) == 10  # four of the first table, a title, five of the third
    assert any(f"{name}, {name}" in line for line in lines)


@pytest.mark.parametrize("name", NAMES)
def test_a_bar_shows_names_as_they_are(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    screen = Terminal()
    monkeypatch.setattr(sys, "stderr", screen)
    monkeypatch.setenv("COLUMNS", "160")
    with progress(name, 2) as bar:
        bar.advance(note=name)
    assert screen.getvalue().count(name) >= 2


def test_a_wrong_argument_is_repeated_as_it_is() -> None:
    found = CliRunner().invoke(
        app, ["run", "--nothing", "judge:gemini:flash", "--[red]x"], env={"COLUMNS": "160"}
    )
    assert found.exit_code == 2
    found = CliRunner().invoke(app, ["judge:gemini:[red]flash"], env={"COLUMNS": "160"})
    assert "judge:gemini:[red]flash" in found.output


def test_no_help_text_holds_the_name_of_an_emoji() -> None:
    def commands(one: typer.main.click.Command) -> list[typer.main.click.Command]:
        return [one, *(more for sub in getattr(one, "commands", {}).values() for more in commands(sub))]

    for command in commands(typer.main.get_command(app)):
        texts = [command.help, command.epilog, *(getattr(each, "help", None) for each in command.params)]
        for text in filter(None, texts):
            assert Emoji.replace(text) == text


def test_one_module_prints_through_rich() -> None:
    root = Path(medspatial.__file__).parent
    found = [
        path.relative_to(root).as_posix()
        for path in root.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if (isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "rich")
        or (isinstance(node, ast.Import) and any(one.name.split(".")[0] == "rich" for one in node.names))
    ]
    assert set(found) == {"terminal.py"}
