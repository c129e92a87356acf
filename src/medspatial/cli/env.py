"""``medspatial env``: what this installation is and can do."""

from __future__ import annotations

from typing import Annotated

import typer

from medspatial.cli.show import listing


def env_command(as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False) -> None:
    """Print versions, extras, devices and settings, to put into a bug report or beside a result."""
    from medspatial.environment import as_text, environment

    found = environment()
    if as_json:
        typer.echo(found.model_dump_json(indent=1))
        return
    listing([{"what": name, "found": value} for name, value in as_text(found).items()], as_json=False)
