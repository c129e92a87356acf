"""What one call may take at most: time in all, bytes of the response, characters of the text."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

from medspatial.llm.errors import CallFailed, Transient
from medspatial.llm.reply import Reply
from medspatial.llm.request import Request

MOST_BYTES = 16_000_000
"""Of a response as it comes over the wire; compressed ones, never asked for, may have a thousandth."""
_PER_TOKEN, _AT_LEAST = 100, 10_000  # characters of text; no tokenizer has words that long on average


def within(seconds: float, send: Callable[[], Reply]) -> Reply:
    """Make a call that ends in time, also where the server sends a byte now and then for ever.

    Clients of HTTP bound the wait for each piece of a response, not for all of it. A call that does not end
    is left to a thread that holds no program from ending.

    Raises
    ------
    Transient
        The time is over.
    """
    outcome: list[Reply | BaseException] = []

    def run() -> None:
        try:
            outcome.append(send())
        except BaseException as error:  # raised below, in the thread that waits
            outcome.append(error)

    thread = threading.Thread(target=run, name="llm-call", daemon=True)
    thread.start()
    thread.join(seconds)
    if not outcome:
        raise Transient(f"timeout: no whole response within {seconds:g} s")
    if isinstance(outcome[0], BaseException):
        raise outcome[0]
    return outcome[0]


def bounded_response(seconds: float) -> Callable[[Any], None]:
    """Return a hook for clients of HTTP that ends a response which is too long in bytes or in time."""

    def hook(response: Any) -> None:
        response.stream = _bounded(response.stream, _most_bytes(response), seconds)

    return hook


def check_length(reply: Reply, request: Request) -> Reply:
    """Return the reply, unless its text is far longer than the tokens that were asked for.

    Raises
    ------
    CallFailed
        The server does not keep to ``max_tokens``.
    """
    most = _PER_TOKEN * request.max_tokens + _AT_LEAST
    if len(reply.text) > most:
        raise CallFailed(
            f"the reply has {len(reply.text)} characters, at most {most} can be {request.max_tokens} tokens"
        )
    return reply


class ResponseTooLong(ValueError):
    """A response broke its bounds."""


def _most_bytes(response: Any) -> int:
    encoded = response.headers.get("content-encoding", "identity").lower() != "identity"
    return MOST_BYTES // 1000 if encoded else MOST_BYTES


def _bounded(stream: Any, most: int, seconds: float) -> Any:
    """Return a stream of the client's own kind that counts what passes."""
    base = next(kind for kind in type(stream).__mro__ if kind.__name__ == "SyncByteStream")
    end = time.monotonic() + seconds

    def pieces(_: Any) -> Iterator[bytes]:
        have = 0
        for piece in stream:
            have += len(piece)
            if have > most:
                raise ResponseTooLong(f"the response is longer than {most} bytes")
            if time.monotonic() > end:
                raise ResponseTooLong(f"the response did not end within {seconds:g} s")
            yield piece

    return type("BoundedStream", (base,), {"__iter__": pieces, "close": lambda _: stream.close()})()
