"""FakeServer servers, clients that wait for nothing, and PNG pictures."""

from __future__ import annotations

import io
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from medspatial.llm import Llm, Pause, Retries, open_llm
from medspatial.llm.fake_server import FakeServer, ReceivedRequest, Respond

Serve = Callable[[Respond], FakeServer]
Open = Callable[..., Llm]
PROTOCOLS = ("openai", "gemini")


@pytest.fixture(autouse=True)
def no_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("OPENAI_API_KEY", "OPENAI_BASE_URL", "GEMINI_API_KEY", "GOOGLE_API_KEY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Start servers that are stopped with the test."""
    started: list[FakeServer] = []

    def start(respond: Respond) -> FakeServer:
        server = FakeServer(respond)
        started.append(server.__enter__())
        return server

    yield start
    for server in started:
        server.__exit__(None, None, None)


class Waits:
    """Stands in for sleeping: notes the seconds and returns at once."""

    def __init__(self) -> None:
        self.seconds: list[float] = []
        self.now = 0.0
        self._lock = threading.Lock()

    def sleep(self, seconds: float) -> None:
        with self._lock:
            self.seconds.append(seconds)
            self.now += seconds

    def clock(self) -> float:
        return self.now


@pytest.fixture
def waits() -> Waits:
    return Waits()


@pytest.fixture
def client(waits: Waits) -> Iterator[Open]:
    """Open clients of a server: ``client(server, "openai", ...)``."""
    opened: list[Llm] = []

    def make(server: FakeServer, protocol: str = "openai", model: str = "m-1", **options: Any) -> Llm:
        options = {
            "retries": Retries(count=3, first_s=1.0),
            "pause": Pause(waits.sleep, waits.clock),
            **options,
        }
        llm = open_llm(f"{protocol}:{model}", base_url=server.url(protocol), **options)
        opened.append(llm)
        return llm

    yield make
    for llm in opened:
        llm.close()


@pytest.fixture(params=PROTOCOLS)
def protocol(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="session")
def png() -> Callable[[int, int], bytes]:
    from PIL import Image

    def make(width: int, height: int) -> bytes:
        stream = io.BytesIO()
        Image.new("RGB", (width, height), (width % 256, 7, 9)).save(stream, format="PNG")
        return stream.getvalue()

    return make


@pytest.fixture
def once() -> Callable[[Any, str], Respond]:
    """Respond one way to the first request of each text, and with a text after it."""

    def make(first: Any, then: str) -> Respond:
        seen: set[str] = set()

        def respond(heard: ReceivedRequest) -> Any:
            if heard.text in seen:
                return then
            seen.add(heard.text)
            return first

        return respond

    return make
