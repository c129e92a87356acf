"""The fenced blocks of a page of the documentation, and how they are run from first to last."""

from __future__ import annotations

import contextlib
import io
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import typer

from medspatial.cli.app import app

FOLLOWED = (
    "contracts",
    "judge",
    "looking",
    "plugins_questions",
    "reading_statistics",
    "tutorial_ct_rate",
    "tutorial_own_ct",
    "tutorial_published",
)
"""Pages that are followed from first to last block; of the others each Python block runs alone."""
_FENCE = re.compile(
    r"(?:^<!-- not run: (?P<why>[^\n]+?) -->\n)?(?:^`(?P<file>[\w./-]+)`:\n\n)?"
    r"^```(?P<language>\w*)\n(?P<text>.*?)^```$",
    re.MULTILINE | re.DOTALL,
)


@dataclass(frozen=True)
class Block:
    """One fenced block.

    Attributes
    ----------
    language
        ``bash`` and none: commands of a shell; ``python``: code; ``text``: what the block before prints.
    file
        Name in the line before the block: it is the file's content.
    why
        Why it is not run, from the comment before it.
    """

    page: str
    line: int
    language: str
    text: str
    file: str | None
    why: str | None

    @property
    def where(self) -> str:
        return f"{self.page}:{self.line}"


def blocks(page: Path) -> list[Block]:
    """Return the fenced blocks of a page, in order."""
    text = page.read_text(encoding="utf-8")
    return [
        Block(
            page.name,
            text[: one.start("text")].count("\n") + 1,
            one["language"],
            one["text"],
            one["file"],
            one["why"],
        )
        for one in _FENCE.finditer(text)
    ]


def commands(block: Block) -> Iterator[str]:
    """Yield the lines of a shell block that call the program, continued lines joined."""
    for line in block.text.replace("\\\n", " ").splitlines():
        if line.strip().startswith("medspatial "):
            yield line.strip()


def unknown(line: str) -> str | None:
    """Say what in a command line the program does not know."""
    command: Any = typer.main.get_command(app)
    words = shlex.split(re.split(r" [|>] ", line, maxsplit=1)[0], comments=True)[1:]
    while words and getattr(command, "commands", None):
        if words[0].startswith("-"):
            break
        if words[0] not in command.commands:
            return f"no command {words[0]!r}"
        command = command.commands[words.pop(0)]
    known = {flag for one in command.params for flag in (*one.opts, *one.secondary_opts)} | {"--help", "-h"}
    given = {word.split("=")[0] for word in words if re.match(r"--?[a-z]", word)}
    return f"no option {sorted(given - known)}" if given - known else None


class Reader:
    """Someone who does what a page says, in one folder, with one Python session."""

    def __init__(self, folder: Path, environment: dict[str, str]) -> None:
        self.folder = folder
        self.shown = ""
        self._names: dict[str, Any] = {"__name__": "page"}
        tools = folder.parent / f"{folder.name}-bin"
        tools.mkdir()
        for name, arguments in (("medspatial", "-m medspatial "), ("python", ""), ("pip", "-m pip ")):
            tool = tools / name
            tool.write_text(f'#!/bin/sh\nexec "{sys.executable}" {arguments}"$@"\n')
            tool.chmod(0o755)
        self._environment = {
            **os.environ,
            "COLUMNS": "100",
            **environment,
            "PATH": f"{tools}{os.pathsep}{os.environ['PATH']}",
        }

    def follow(self, block: Block) -> None:
        """Do what a block says; a failure, or other output than the page shows, is an AssertionError."""
        if block.why is not None:
            return
        if block.file is not None:
            (self.folder / block.file).parent.mkdir(parents=True, exist_ok=True)
            (self.folder / block.file).write_text(block.text, encoding="utf-8")
        elif block.language == "python":
            self._python(block)
        elif block.language in ("", "bash"):
            self._shell(block)
        elif block.language == "text":
            self._compare(block)
        else:
            raise AssertionError(f"{block.where}: a block of {block.language!r} has no file name before it")

    def _python(self, block: Block) -> None:
        said = io.StringIO()
        with contextlib.chdir(self.folder), contextlib.redirect_stdout(said):
            exec(compile(block.text, block.where, "exec"), self._names)
        self.shown = said.getvalue()

    def _shell(self, block: Block) -> None:
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", block.text],
            cwd=self.folder, env=self._environment, text=True, check=False,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip
        assert done.returncode == 0, f"{block.where}: exit code {done.returncode}\n{done.stdout}"
        self.shown = done.stdout

    def _compare(self, block: Block) -> None:
        """Each line shown must have been printed, in this order.

        Spaces do not count; a line ``...`` leaves lines out, ``…`` leaves out a part of a line.
        """
        printed = [" ".join(line.split()) for line in self.shown.splitlines()]
        place = 0
        for line in block.text.splitlines():
            wanted = " ".join(line.split())
            if wanted in ("", "..."):
                continue
            shape = re.compile(".*".join(re.escape(part) for part in wanted.split("…")))
            found = next((at for at, one in enumerate(printed[place:], place) if shape.fullmatch(one)), None)
            assert found is not None, f"{block.where}: not printed: {line}\n--- printed:\n{self.shown}"
            place = found + 1
