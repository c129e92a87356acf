"""Servers that drip, never end, talk without end or repeat the key: through the real SDKs, on a socket."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest

from medspatial.llm import CallFailed, ReplyCache, Request, open_llm, user
from medspatial.llm.bounds import MOST_BYTES
from medspatial.llm.fake_server import FakeReply

PROTOCOLS = pytest.mark.parametrize("protocol", ["openai", "gemini"])
KEY = 'sk-a/"secret"-0123456789'
FORMS = (KEY, json.dumps(KEY)[1:-1], "sk-a%2F%22secret%22-0123456789")


def ask(text: str = "which side?", **fields: Any) -> Request:
    return Request((user(text),), **fields)


@PROTOCOLS
@pytest.mark.parametrize("drip", ["head", "body"])
def test_a_server_that_drips_is_left_in_time(serve: Any, client: Any, protocol: str, drip: Any) -> None:
    llm = client(serve(lambda heard: FakeReply(drip=drip)), protocol, timeout_s=0.4)
    begun = time.monotonic()
    with pytest.raises(CallFailed, match=r"timeout|did not end within"):
        llm.ask(ask())
    calls = llm.spent.calls
    assert time.monotonic() - begun < calls * 4


@PROTOCOLS
def test_a_body_without_end_is_cut(serve: Any, client: Any, protocol: str) -> None:
    llm = client(serve(lambda heard: FakeReply(endless=True)), protocol, timeout_s=60)
    with pytest.raises(CallFailed, match=f"longer than {MOST_BYTES} bytes"):
        llm.ask(ask())


@PROTOCOLS
def test_a_compressed_body_may_have_a_thousandth(serve: Any, client: Any, protocol: str) -> None:
    import gzip

    packed = gzip.compress(b" " * 20_000_000).decode("latin-1")
    assert len(packed) > MOST_BYTES // 1000
    server = serve(lambda heard: FakeReply(raw=packed, headers={"Content-Encoding": "gzip"}))
    with pytest.raises(CallFailed, match="longer than 16000 bytes"):
        client(server, protocol).ask(ask())
    for request in server.requests:
        headers = {name.lower(): value for name, value in request.headers.items()}
        assert headers["accept-encoding"] == "identity"


@PROTOCOLS
def test_a_text_far_longer_than_its_tokens_fails_the_request(serve: Any, client: Any, protocol: str) -> None:
    server = serve(lambda heard: "left " * 100_000)
    with pytest.raises(CallFailed, match="500000 characters, at most 16400"):
        client(server, protocol).ask(ask(max_tokens=64))
    assert server.calls == 1
    assert client(server, protocol).ask(ask(max_tokens=10_000)).text.startswith("left left")


@PROTOCOLS
@pytest.mark.parametrize("form", FORMS)
def test_a_key_in_a_reply_is_masked_in_the_cache_too(
    serve: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, protocol: str, form: str
) -> None:
    monkeypatch.setenv("SOME_KEY", KEY)
    server = serve(lambda heard: FakeReply(f"the key is {form}!", served=f"m-{form}"))
    cache = tmp_path / "cache.sqlite"
    with open_llm(
        f"{protocol}:m",
        base_url=server.url(protocol),
        api_key_env="SOME_KEY",
        cache=cache,
        served_model="m-***",
    ) as llm:
        reply = llm.ask(ask())
        assert (reply.text, reply.served_model) == ("the key is ***!", "m-***")
    stored = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert not any(one.encode() in stored for one in FORMS)


def test_a_key_that_an_older_cache_holds_is_masked_when_read(
    serve: Any, client: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    server = serve(lambda heard: json.dumps({"why": [KEY]}))
    schema = {"type": "object", "properties": {"why": {"type": "array", "items": {"type": "string"}}}}
    before = client(server, cache=ReplyCache(tmp_path / "c")).ask(ask(schema=schema))
    assert before.parsed == {"why": [KEY]}  # without a key there is none to mask
    monkeypatch.setenv("SOME_KEY", KEY)
    llm = client(server, cache=ReplyCache(tmp_path / "c"), api_key_env="SOME_KEY")
    after = llm.ask(ask(schema=schema))
    assert after.from_cache
    assert after.parsed == {"why": ["***"]}
    assert KEY not in str(after)


@PROTOCOLS
def test_a_word_that_serves_as_key_stays_in_replies(
    serve: Any, client: Any, monkeypatch: pytest.MonkeyPatch, protocol: str
) -> None:
    monkeypatch.setenv("SOME_KEY", "EMPTY")
    server = serve(lambda heard: "EMPTY")
    assert client(server, protocol, api_key_env="SOME_KEY").ask(ask()).text == "EMPTY"
