"""A server on this machine that speaks the real protocols, for tests and for trying a study without a key.

It answers OpenAI's chat completions and Gemini's ``generateContent`` by a function of what it receives, and
can fail in every way that real servers do.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Literal, Self

Protocol = Literal["openai", "gemini"]
_LONGEST_WAIT_S, _DRIP_S = 30.0, 0.05
_GEMINI_FINISH = {"stop": "STOP", "length": "MAX_TOKENS", "refusal": "SAFETY"}


@dataclass(frozen=True)
class ReceivedRequest:
    """One request as it came over the wire.

    Attributes
    ----------
    number
        Of the request, from 1.
    text, system
        The last user's text, and the system text.
    images
        How many pictures the whole request carries.
    body
        All of it.
    """

    number: int
    protocol: Protocol
    model: str
    text: str
    system: str
    images: int
    body: dict[str, Any]
    headers: Mapping[str, str]


@dataclass(frozen=True)
class FakeReply:
    """One response.

    Attributes
    ----------
    text
        What the model says; None is a blocked prompt (Gemini) or no content (OpenAI).
    served
        Model name in the response; that of the request by default.
    status, error, headers
        Another status than 200 sends an error of the protocol.
    raw
        Sent as the body instead.
    hang_up
        Close the connection: before the response, or in the midst of its body.
    until
        Wait for this event first.
    drip
        Send head or body byte by byte, with a pause, for ever.
    endless
        Send the body without end.
    """

    text: str | None = ""
    served: str | None = None
    finish: str = "stop"
    refusal: str | None = None
    tokens: tuple[int, int, int] = (10, 5, 0)
    status: int = 200
    error: str = "an error"
    headers: Mapping[str, str] = field(default_factory=dict)
    raw: str | None = None
    hang_up: Literal["", "before", "within"] = ""
    until: threading.Event | None = None
    drip: Literal["", "head", "body"] = ""
    endless: bool = False


Respond = Callable[[ReceivedRequest], str | FakeReply]


class FakeServer:
    """The server; a context manager that listens on a free port of 127.0.0.1.

    Attributes
    ----------
    requests
        All requests so far, in order of arrival.
    """

    def __init__(self, respond: Respond) -> None:
        self._respond = respond
        self._lock = threading.Lock()
        self.requests: list[ReceivedRequest] = []
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)

    @property
    def openai_url(self) -> str:
        """Address for ``open_llm("openai:...", base_url=...)``."""
        return f"{self.gemini_url}/v1"

    @property
    def gemini_url(self) -> str:
        """Address for ``open_llm("gemini:...", base_url=...)``."""
        return f"http://127.0.0.1:{self._server.server_port}"

    def url(self, protocol: str) -> str:
        """Address of one of the two protocols."""
        return self.openai_url if protocol == "openai" else self.gemini_url

    @property
    def calls(self) -> int:
        """How many requests came."""
        return len(self.requests)

    def handle(
        self, path: str, body: dict[str, Any], headers: Mapping[str, str]
    ) -> tuple[ReceivedRequest, FakeReply]:
        """Note a request and decide on the response."""
        with self._lock:
            request = _parsed(len(self.requests) + 1, path, body, headers)
            self.requests.append(request)
        reply = self._respond(request)
        return request, reply if isinstance(reply, FakeReply) else FakeReply(reply)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def _handler(owner: FakeServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            """Answer one request."""
            length = int(self.headers.get("Content-Length", 0))
            body = json.loads(self.rfile.read(length))
            request, reply = owner.handle(self.path, body, dict(self.headers.items()))
            if reply.until is not None:
                reply.until.wait(_LONGEST_WAIT_S)
            if reply.hang_up == "before":
                self.close_connection = True
                return
            if reply.drip or reply.endless:
                self._without_end(reply)
            else:
                self._write(reply, _body(request, reply).encode())

        def _without_end(self, reply: FakeReply) -> None:
            head = b"HTTP/1.1 200 OK\r\n"
            if reply.drip != "head":
                head += b"Content-Type: application/json\r\nContent-Length: 999999999999\r\n\r\n"
            pause, piece = (_DRIP_S, b" ") if reply.drip else (0.0, b" " * 65536)
            end = time.monotonic() + _LONGEST_WAIT_S
            self.close_connection = True
            try:
                self.wfile.write(head + (b"X-Drip: " if reply.drip == "head" else b""))
                while time.monotonic() < end:
                    self.wfile.write(piece)
                    time.sleep(pause)
            except OSError:
                return  # the client has hung up

        def _write(self, reply: FakeReply, body: bytes) -> None:
            try:
                self.send_response(reply.status)
                for name, value in {"Content-Type": "application/json", **reply.headers}.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body[: len(body) // 2] if reply.hang_up else body)
            except (BrokenPipeError, ConnectionResetError):
                self.close_connection = True  # the client had waited long enough
            if reply.hang_up:
                self.close_connection = True

        def log_message(self, format: str, *args: Any) -> None:
            """Log nothing."""

    return Handler


def _parsed(number: int, path: str, body: dict[str, Any], headers: Mapping[str, str]) -> ReceivedRequest:
    if path.endswith("/chat/completions"):
        turns = body["messages"]
        parts = [part for turn in turns for part in _openai_parts(turn)]
        texts = [part["text"] for part in _openai_parts(turns[-1]) if part["type"] == "text"]
        system = turns[0]["content"] if turns[0]["role"] == "system" else ""
        images = sum(part["type"] == "image_url" for part in parts)
        return ReceivedRequest(
            number, "openai", body["model"], "\n".join(texts), system, images, body, headers
        )
    model = path.rpartition("/models/")[2].partition(":")[0]
    contents = body["contents"]
    texts = [part["text"] for part in contents[-1]["parts"] if "text" in part]
    images = sum("inlineData" in part for turn in contents for part in turn["parts"])
    system = "".join(part.get("text", "") for part in body.get("systemInstruction", {}).get("parts", ()))
    return ReceivedRequest(number, "gemini", model, "\n".join(texts), system, images, body, headers)


def _openai_parts(turn: dict[str, Any]) -> list[dict[str, Any]]:
    content = turn["content"]
    return [{"type": "text", "text": content}] if isinstance(content, str) else content


def _body(request: ReceivedRequest, reply: FakeReply) -> str:
    if reply.raw is not None:
        return reply.raw
    write = _openai_body if request.protocol == "openai" else _gemini_body
    return json.dumps(write(request, reply))


def _openai_body(request: ReceivedRequest, reply: FakeReply) -> dict[str, Any]:
    if reply.status != 200:
        return {"error": {"message": reply.error, "type": "error", "code": None}}
    read, written, cached = reply.tokens
    return {
        "id": f"chatcmpl-{request.number}",
        "object": "chat.completion",
        "created": 0,
        "model": request.model if reply.served is None else reply.served,
        "choices": [
            {
                "index": 0,
                "message": {"role": "assistant", "content": reply.text, "refusal": reply.refusal},
                "finish_reason": reply.finish,
            }
        ],
        "usage": {
            "prompt_tokens": read,
            "completion_tokens": written,
            "total_tokens": read + written,
            "prompt_tokens_details": {"cached_tokens": cached},
        },
    }


def _gemini_body(request: ReceivedRequest, reply: FakeReply) -> dict[str, Any]:
    if reply.status != 200:
        return {"error": {"code": reply.status, "message": reply.error, "status": "ERROR"}}
    read, written, cached = reply.tokens
    body: dict[str, Any] = {
        "modelVersion": request.model if reply.served is None else reply.served,
        "usageMetadata": {
            "promptTokenCount": read,
            "candidatesTokenCount": written,
            "totalTokenCount": read + written,
            "cachedContentTokenCount": cached,
        },
    }
    if reply.text is None:
        return {**body, "promptFeedback": {"blockReason": "PROHIBITED_CONTENT"}}
    content = {"role": "model", "parts": [{"text": reply.text}]}
    finish = _GEMINI_FINISH["refusal" if reply.refusal else reply.finish]
    return {**body, "candidates": [{"content": content, "finishReason": finish, "index": 0}]}
