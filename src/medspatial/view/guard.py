"""What stands before every answer of the local server: token, Host, Origin, size, and the page's policy.

The server shows patients' images on the reader's own machine. Other web pages open in the same browser, and
other users of the machine, must get nothing: a link with a secret token opens it, the token becomes a cookie
that scripts cannot read and other sites cannot send, and a request under a foreign name is refused.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from http import HTTPStatus
from http.cookies import CookieError, SimpleCookie
from urllib.parse import parse_qsl, urlencode

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

MAX_BODY = 64 * 1024
MAX_TARGET = 2048
POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data: blob:",
        "connect-src 'self' data: blob:",
        "font-src 'self' data:",
        "worker-src 'self' blob:",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    )
)
# The report's charts carry style attributes; scripts stay files of its own.
REPORT_POLICY = POLICY.replace("style-src 'self'", "style-src 'self' 'unsafe-inline'")
_SAFE = frozenset({"GET", "HEAD"})


class Guard:
    """Refuses what is not for this server, and says who asks in ``scope["state"]["who"]``.

    Parameters
    ----------
    tokens
        Secret token to the one who holds it.
    hosts
        The only values of Host that are answered, such as ``127.0.0.1:8642``.
    """

    def __init__(self, app: ASGIApp, tokens: Mapping[str, str], hosts: frozenset[str]) -> None:
        self._app = app
        self._holders = {_digest(token): who for token, who in tokens.items()}
        self._hosts = hosts
        self._origins = frozenset(f"http://{host}" for host in hosts)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or refuse."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        if scope["type"] != "http":  # no websockets here
            await receive()
            await send({"type": "websocket.close", "code": 1008})
            return
        headers = Headers(scope=scope)
        refusal = self._refusal(scope, headers)
        if refusal is not None:
            await self._refuse(refusal, scope, receive, send)
            return
        query = dict(parse_qsl(scope["query_string"].decode("latin-1")))
        given = query.pop("token", None)
        if given is not None and scope["method"] in _SAFE:
            await self._let_in(given, query, scope, receive, send)
            return
        who = self._holder(_cookie(headers, self.cookie_name(headers["host"])))
        if who is None:
            await self._refuse((HTTPStatus.UNAUTHORIZED, _NO_TOKEN), scope, receive, send)
            return
        scope.setdefault("state", {})["who"] = who
        body = _Limited(receive)
        await self._app(scope, body, self._sending(scope, send))

    @staticmethod
    def cookie_name(host: str) -> str:
        """Return the cookie's name: browsers share cookies between ports, so the port is part of it."""
        return f"medspatial-{host.rpartition(':')[2]}"

    def _refusal(self, scope: Scope, headers: Headers) -> tuple[HTTPStatus, str] | None:
        """Why a request is not answered, whoever asks; None where nothing stands against it."""
        hosts, origins = headers.getlist("host"), headers.getlist("origin")
        if len(hosts) != 1 or hosts[0].lower() not in self._hosts:
            return HTTPStatus.MISDIRECTED_REQUEST, "this server answers under its own name only"
        embedded = (
            headers.get("sec-fetch-site") == "cross-site" and headers.get("sec-fetch-mode") != "navigate"
        )
        if embedded or any(origin not in self._origins for origin in origins):
            return HTTPStatus.FORBIDDEN, "requests of other pages are not answered"
        if len(scope.get("raw_path") or b"") + len(scope["query_string"]) > MAX_TARGET:
            return HTTPStatus.REQUEST_URI_TOO_LONG, f"an address has at most {MAX_TARGET} characters"
        if scope["method"] in _SAFE:
            return None
        return _refused_change(scope["method"], headers)

    def _holder(self, token: str | None) -> str | None:
        if not token:
            return None
        found, asked = None, _digest(token)
        for digest, who in self._holders.items():  # all of them: the time taken says nothing
            if hmac.compare_digest(digest, asked):
                found = who
        return found

    async def _let_in(
        self, token: str, query: Mapping[str, str], scope: Scope, receive: Receive, send: Send
    ) -> None:
        """Turn the token in a link into a cookie, and take it out of the address."""
        if self._holder(token) is None:
            await self._refuse((HTTPStatus.UNAUTHORIZED, _NO_TOKEN), scope, receive, send)
            return
        path = "/" + scope["path"].lstrip("/")  # never the name of another host
        answer = RedirectResponse(path + (f"?{urlencode(query)}" if query else ""), status_code=303)
        host = Headers(scope=scope)["host"]
        answer.set_cookie(self.cookie_name(host), token, httponly=True, samesite="strict", path="/")
        await answer(scope, receive, self._sending(scope, send))

    async def _refuse(self, why: tuple[HTTPStatus, str], scope: Scope, receive: Receive, send: Send) -> None:
        answer: Response = PlainTextResponse(f"{why[1]}\n", status_code=why[0].value)
        await answer(scope, receive, self._sending(scope, send))

    @staticmethod
    def _sending(scope: Scope, send: Send) -> Send:
        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                report = scope["path"].startswith("/report/")
                headers["content-security-policy"] = REPORT_POLICY if report else POLICY
                headers["x-content-type-options"] = "nosniff"
                headers["referrer-policy"] = "no-referrer"
                headers["cross-origin-resource-policy"] = "same-origin"
                headers["cross-origin-opener-policy"] = "same-origin"
                headers.setdefault("cache-control", "no-store")
            await send(message)

        return with_headers


class _Limited:
    """Ends a body that is longer than it said it would be."""

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._left = MAX_BODY

    async def __call__(self) -> Message:
        message = await self._receive()
        if message["type"] == "http.request":
            self._left -= len(message.get("body", b""))
            if self._left < 0:
                return {"type": "http.disconnect"}
        return message


_NO_TOKEN = "open the link that the program printed; it carries the token"


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()


def _cookie(headers: Headers, name: str) -> str | None:
    try:
        found = SimpleCookie(headers.get("cookie", "")).get(name)
    except CookieError:
        return None
    return found.value if found else None


def _refused_change(method: str, headers: Headers) -> tuple[HTTPStatus, str] | None:
    """Why a request that changes something is not answered."""
    if method != "POST":
        return HTTPStatus.METHOD_NOT_ALLOWED, "only GET, HEAD and POST"
    if "origin" not in headers:
        return HTTPStatus.FORBIDDEN, "a change needs an Origin"
    if headers.get("content-type", "").partition(";")[0].strip() != "application/json":
        return HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "only application/json; there are no uploads"
    length = headers.get("content-length", "")
    if not length.isdigit():
        return HTTPStatus.LENGTH_REQUIRED, "a length is needed"
    if int(length) > MAX_BODY:
        return HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"at most {MAX_BODY} bytes"
    return None
