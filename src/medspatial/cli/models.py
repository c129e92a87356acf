"""``medspatial models``: what answerers there are."""

from __future__ import annotations

from typing import Annotated

import typer

from medspatial.cli.show import listing

app = typer.Typer(help="The models that can answer.", no_args_is_help=True)


@app.command("list")
def list_models(
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """List the names of all models, those of installed packages included."""
    from medspatial.models import model_names

    listing([{"name": name} for name in model_names()], as_json=as_json)
