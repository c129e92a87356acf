"""``medspatial view``: look at cases, evidence and what models saw, in the browser."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Port = Annotated[int, typer.Option(min=0, max=65535, help="Port; another free one if the default is taken.")]
Root = Annotated[
    list[Path] | None,
    typer.Option("--root", help="Folder that links and absolute paths of cases may lead into; repeatable."),
]
NoBrowser = Annotated[bool, typer.Option("--no-browser", help="Print the link, open nothing.")]


def view_command(
    source: Annotated[
        str,
        typer.Argument(
            help="A study's folder, a folder or file of cases, one CT file, or a case source of an installed "
            "package (NAME:option=value,...)."
        ),
    ],
    questions: Annotated[
        Path | None, typer.Option(help="Questions to show, where the folder is no study's.")
    ] = None,
    root: Root = None,
    port: Port = 8642,
    no_browser: NoBrowser = False,
) -> None:
    """Show a run's cases in three planes and 3D, its evidence, its answers and what each model saw.

    The server answers on this machine alone, to whoever has the link it prints.

    Example: `medspatial view runs/study`
    """
    from medspatial.errors import require

    require("starlette", "view")
    from medspatial.view.app import ViewerApp
    from medspatial.view.library import open_library
    from medspatial.view.serve import free_socket, new_token, serve_people
    from medspatial.view.volumes import Volumes

    library = open_library(source, extra_roots=root or [], questions=questions)
    volumes = Volumes(library)
    typer.echo(f"{len(library.cases)} cases, {len(library.questions)} questions: {library.title}")
    routes = ViewerApp(library, volumes).routes()
    try:
        serve_people(routes, {new_token(): "Open"}, free_socket(port), typer.echo, launch=not no_browser)
    finally:
        volumes.close()
