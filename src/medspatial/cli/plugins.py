"""``medspatial plugins``: what installed packages add."""

from __future__ import annotations

from typing import Annotated

import typer

from medspatial.cli.show import listing


def plugins_command(as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False) -> None:
    """List the models, metrics, subtypes, arms, case sources, trackers and studies of installed packages.

    Nothing of them is imported.
    """
    from medspatial.plugins import GROUPS, plugins

    found = [plugin for kind in GROUPS for plugin in plugins(kind, "").values()]
    rows = [
        {"kind": one.kind, "name": one.name, "package": one.package, "entry": one.point.value}
        for one in found
    ]
    if rows or as_json:
        listing(rows, as_json=as_json)
    else:
        typer.echo(f"No installed package adds anything (groups: {', '.join(GROUPS.values())})")
