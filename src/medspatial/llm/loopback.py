"""A server on this machine that speaks the real protocols, for tests and for trying a study without a key.

It answers OpenAI's chat completions and Gemini's ``generateContent`` by a function of what it hears, and can
fail in every way that real servers do.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Literal, Self

Protocol = Literal["openai", "gemini"]
_LONGEST_WAIT_S = 30.0
_GEMINI_FINISH = {"stop": "STOP", "length": "MAX_TOKENS", "refusal": "SAFETY"}


@dataclass(frozen=True)
class Heard:
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
class Say:
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


Respond = Callable[[Heard], str | Say]


class Loopback:
    """The server; a context manager that listens on a free port of 127.0.0.1.

    Attributes
    ----------
    heard
        All requests so far, in order of arrival.
    """

    def __init__(self, respond: Respond) -> None:
        self._respond = respond
        self._lock = threading.Lock()
        self.heard: list[Heard] = []
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
        return len(self.heard)

    def hear(self, path: str, body: dict[str, Any], headers: Mapping[str, str]) -> tuple[Heard, Say]:
        """Note a request and decide on the response."""
        with self._lock:
            heard = _understood(len(self.heard) + 1, path, body, headers)
            self.heard.append(heard)
        said = self._respond(heard)
        return heard, said if isinstance(said, Say) else Say(said)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def _handler(owner: Loopback) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            """Answer one request."""
            length = int(self.headers.get("Content-Length", 0))
            body = json.loads(self.rfile.read(length))
            heard, say = owner.hear(self.path, body, dict(self.headers.items()))
            if say.until is not None:
                say.until.wait(_LONGEST_WAIT_S)
            if say.hang_up == "before":
                self.close_connection = True
                return
            self._write(say, _body(heard, say).encode())

        def _write(self, say: Say, body: bytes) -> None:
            try:
                self.send_response(say.status)
                for name, value in {"Content-Type": "application/json", **say.headers}.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body[: len(body) // 2] if say.hang_up else body)
            except (BrokenPipeError, ConnectionResetError):
                self.close_connection = True  # the client had waited long enough
            if say.hang_up:
                self.close_connection = True

        def log_message(self, format: str, *args: Any) -> None:
            """Say nothing."""

    return Handler


def _understood(number: int, path: str, body: dict[str, Any], headers: Mapping[str, str]) -> Heard:
    if path.endswith("/chat/completions"):
        turns = body["messages"]
        parts = [part for turn in turns for part in _openai_parts(turn)]
        texts = [part["text"] for part in _openai_parts(turns[-1]) if part["type"] == "text"]
        system = turns[0]["content"] if turns[0]["role"] == "system" else ""
        images = sum(part["type"] == "image_url" for part in parts)
        return Heard(number, "openai", body["model"], "\n".join(texts), system, images, body, headers)
    model = path.rpartition("/models/")[2].partition(":")[0]
    contents = body["contents"]
    texts = [part["text"] for part in contents[-1]["parts"] if "text" in part]
    images = sum("inlineData" in part for turn in contents for part in turn["parts"])
    system = "".join(part.get("text", "") for part in body.get("systemInstruction", {}).get("parts", ()))
    return Heard(number, "gemini", model, "\n".join(texts), system, images, body, headers)


def _openai_parts(turn: dict[str, Any]) -> list[dict[str, Any]]:
    content = turn["content"]
    return [{"type": "text", "text": content}] if isinstance(content, str) else content


def _body(heard: Heard, say: Say) -> str:
    if say.raw is not None:
        return say.raw
    write = _openai_body if heard.protocol == "openai" else _gemini_body
    return json.dumps(write(heard, say))


def _openai_body(heard: Heard, say: Say) -> dict[str, Any]:
    if say.status != 200:
        return {"error": {"message": say.error, "type": "error", "code": None}}
    read, written, cached = say.tokens
    return {
        "id": f"chatcmpl-{heard.number}",
        "object": "chat.completion",
        "created": 0,
        "model": heard.model if say.served is None else say.served,
        "choices": [
            {
                "index": 0,
                "message": {"role": "assistant", "content": say.text, "refusal": say.refusal},
                "finish_reason": say.finish,
            }
        ],
        "usage": {
            "prompt_tokens": read,
            "completion_tokens": written,
            "total_tokens": read + written,
            "prompt_tokens_details": {"cached_tokens": cached},
        },
    }


def _gemini_body(heard: Heard, say: Say) -> dict[str, Any]:
    if say.status != 200:
        return {"error": {"code": say.status, "message": say.error, "status": "ERROR"}}
    read, written, cached = say.tokens
    body: dict[str, Any] = {
        "modelVersion": heard.model if say.served is None else say.served,
        "usageMetadata": {
            "promptTokenCount": read,
            "candidatesTokenCount": written,
            "totalTokenCount": read + written,
            "cachedContentTokenCount": cached,
        },
    }
    if say.text is None:
        return {**body, "promptFeedback": {"blockReason": "PROHIBITED_CONTENT"}}
    content = {"role": "model", "parts": [{"text": say.text}]}
    finish = _GEMINI_FINISH["refusal" if say.refusal else say.finish]
    return {**body, "candidates": [{"content": content, "finishReason": finish, "index": 0}]}
