"""Start the local server: one address, one secret link, nothing else listens."""

from __future__ import annotations

import secrets
import socket
import webbrowser
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute

from medspatial.errors import InputError, MedspatialError, require
from medspatial.view.guard import Guard
from medspatial.view.pages import NOT_BUILT, is_built
from medspatial.view.roots import OutsideError

ADDRESS = "127.0.0.1"
PORT = 8642
_AT_ONCE = 64


def new_token() -> str:
    """Return a secret that nobody guesses."""
    return secrets.token_urlsafe(24)


def guarded(routes: Sequence[BaseRoute], tokens: Mapping[str, str], port: int, lifespan: Any = None) -> Guard:
    """Return an application of routes behind the guard; known errors become messages."""
    app = Starlette(routes=list(routes), lifespan=lifespan, exception_handlers={MedspatialError: _as_message})
    app.router.redirect_slashes = False
    return Guard(app, tokens, frozenset({f"{ADDRESS}:{port}", f"localhost:{port}"}))


def free_socket(port: int = PORT) -> socket.socket:
    """Bind to the machine's own address; another port where this one is taken and was not asked for.

    Raises
    ------
    InputError
        The port is taken or not allowed.
    """
    for wanted in dict.fromkeys((port, 0)) if port == PORT else (port,):
        found = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            found.bind((ADDRESS, wanted))
        except OSError as error:
            found.close()
            reason = error.strerror
        else:
            return found
    raise InputError(f"port {port}: cannot be used ({reason}); choose another with --port")


def serve(app: Callable[..., Any], bound: socket.socket) -> None:
    """Answer until interrupted."""
    uvicorn = require("uvicorn", "view")
    config = uvicorn.Config(
        app,
        log_level="warning",
        access_log=False,  # addresses may carry a token
        server_header=False,
        proxy_headers=False,
        limit_concurrency=_AT_ONCE,
        timeout_graceful_shutdown=3,
        ws="none",
    )
    uvicorn.Server(config).run(sockets=[bound])


def serve_people(
    routes: Sequence[BaseRoute],
    tokens: Mapping[str, str],
    bound: socket.socket,
    say: Callable[[str], None],
    *,
    launch: bool = False,
) -> None:
    """Print each person's link and answer until interrupted; a lone link is opened if ``launch``."""
    port = bound.getsockname()[1]
    if not is_built():
        say(NOT_BUILT)
    links = {who: f"http://{ADDRESS}:{port}/?token={token}" for token, who in tokens.items()}
    for who, link in links.items():
        say(f"{who}: {link}")
    say("Ctrl-C ends it; what was given is kept.")
    if launch and len(links) == 1:
        webbrowser.open(next(iter(links.values())))
    serve(guarded(routes, tokens, port), bound)


async def _as_message(request: Request, error: Exception) -> Response:
    status = 403 if isinstance(error, OutsideError) else 400
    return JSONResponse({"error": str(error)}, status_code=status)
