"""Key and server of a language model, without asking it."""

from __future__ import annotations

import socket

import pytest

from medspatial.llm.access import llm_access
from medspatial.llm.fake_server import FakeServer


def test_keys_by_provider_and_server(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("OPENAI_API_KEY", "GEMINI_API_KEY", "GOOGLE_API_KEY", "MINE"):
        monkeypatch.delenv(name, raising=False)
    openai, gemini = llm_access("openai:m", {}), llm_access("models/m", {})
    own = llm_access("openai:m", {"base_url": "http://127.0.0.1:1/v1"})
    keyed = llm_access("gemini:m", {"base_url": "http://127.0.0.1:1", "api_key_env": "MINE"})
    assert openai is not None
    assert gemini is not None
    assert own is not None
    assert keyed is not None
    assert (openai.keys, openai.has_key) == (("OPENAI_API_KEY",), False)
    assert (gemini.name, gemini.keys) == ("gemini:m", ("GEMINI_API_KEY", "GOOGLE_API_KEY"))
    assert (own.keys, own.has_key) == ((), True)
    assert (keyed.keys, keyed.has_key) == (("MINE",), False)
    monkeypatch.setenv("GOOGLE_API_KEY", "k")
    monkeypatch.setenv("MINE", " ")
    assert gemini.has_key
    assert not keyed.has_key
    assert llm_access("local:/folder", {}) is None


def test_a_server_that_answers_anything_is_reachable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with FakeServer(lambda _: "x") as server:
        found = llm_access("openai:m", {"base_url": server.openai_url})
        assert found
        assert found.unreachable() is None
        assert server.calls == 0


def test_what_does_not_answer_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    closed = llm_access("openai:m", {"base_url": f"http://127.0.0.1:{port}/v1"})
    wrong = llm_access("openai:m", {"base_url": "no address"})
    assert closed is not None
    assert wrong is not None
    assert "refused" in (closed.unreachable() or "")
    assert "unknown url type" in (wrong.unreachable() or "")
