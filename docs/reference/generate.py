"""Pages of the site that come from the code: the command line, the Python names, and the start page."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
ROOMS = (
    *(
        "records",
        "volume",
        "anatomy",
        "cases",
        "geometry",
        "questions",
        "report_questions",
        "datasets",
        "inputs",
    ),
    *("models", "predict", "score", "compare", "report", "study", "llm", "language", "exchange"),
)
SUBTYPE_PARTS = (
    "questions.scene.Scene",
    "questions.subtype.subtype",
    "questions.margins.Margin",
    "questions.drop.drop",
    "questions.proof.evidence_of",
    "questions.rules.keep_whole",
    "questions.rules.keep_connected",
    "geometry.StructureStats",
    "geometry.SurfaceDistance",
    "geometry.Contact",
)


def on_files(files: Any, config: Any) -> Any:
    """Add the generated pages to the site."""
    from mkdocs.structure.files import File

    pages = {
        "index.md": start_page(),
        "reference/cli.md": command_line(),
        "reference/python.md": python_names(),
    }
    for name, text in pages.items():
        files.append(File.generated(config, name, content=text))
    return files


def start_page() -> str:
    """The README, with its links as the site has them."""
    text = (
        (ROOT / "README.md")
        .read_text(encoding="utf-8")
        .replace("](docs/", "](")
        .replace("(docs/images", "(images")
    )
    return re.sub(r"\[([^\]]+)\]\((?:CONTRIBUTING|CHANGELOG|LICENSE|CITATION)[^)]*\)", r"\1", text)


def python_names() -> str:
    """One section per room, from its docstrings."""
    parts = ["# Python", "", "::: medspatial", ""]
    for room in ROOMS:
        parts += [f"## {room}", "", f"::: medspatial.{room}", ""]
    parts += ["## Writing a subtype", "", "What a package with a kind of question imports.", ""]
    for name in SUBTYPE_PARTS:
        parts += [f"::: medspatial.{name}", ""]
    return "\n".join(parts)


def command_line() -> str:
    """Every command with its options, from the program itself."""
    import typer

    from medspatial.cli.app import app

    program = typer.main.get_command(app)
    lines = ["# Command line", "", "Every command says the same with `--help`.", ""]
    lines += _command("medspatial", program)
    return "\n".join(lines) + "\n"


def _command(name: str, command: Any) -> Iterator[str]:
    children = getattr(command, "commands", {})
    if name != "medspatial" and not children:
        yield f"## {name}"
        yield ""
        yield (command.help or "").replace("\f", "").strip()
        yield ""
        yield "| option | what | default |"
        yield "|---|---|---|"
        for one in command.params:
            if getattr(one, "hidden", False) or one.name == "help":
                continue
            said = ", ".join(f"`{flag}`" for flag in (*one.opts, *one.secondary_opts))
            help_text = " ".join(str(getattr(one, "help", "") or "").split()).replace("|", "\\|")
            default = (
                "" if one.default in (None, False, (), []) or callable(one.default) else f"`{one.default}`"
            )
            needed = " (needed)" if one.required else ""
            yield f"| {said} | {help_text}{needed} | {default} |"
        yield ""
    for child, inner in children.items():
        yield from _command(f"{name} {child}", inner)
