"""The pages' own files: what is in the package, and the part with NiiVue where it was built."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from medspatial.view.roots import Roots

ASSETS = Path(str(files("medspatial.view"))) / "assets"
BUILT = Path(str(files("medspatial.view"))) / "built"
BUILT_SCRIPT = "viewer.js"
NOT_BUILT = "The 3D part is not built; in a source tree `make viewer` builds it (Node 20 or newer is needed)."


def is_built() -> bool:
    """Say whether the part with NiiVue is there."""
    return (BUILT / BUILT_SCRIPT).is_file()


def page(name: str) -> Route:
    """Return the route of a page at ``/``."""

    def shown(request: Request) -> Response:
        return FileResponse(ASSETS / name)

    return Route("/", shown)


def files_below(prefix: str, folder: Path) -> Route:
    """Return the route of a folder's files; nothing outside it is served, by no name and no link."""
    roots = Roots([folder])

    def shown(request: Request) -> Response:
        found = roots.file(folder, request.path_params["name"])
        if found is None:
            return PlainTextResponse("no such file\n", status_code=404)
        return FileResponse(found)

    return Route(f"{prefix}/{{name:path}}", shown)


def own_files() -> list[BaseRoute]:
    """Return the routes of scripts and styles."""
    return [files_below("/assets", ASSETS), files_below("/built", BUILT)]
