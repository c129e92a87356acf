"""Opening by name: options, keys, addresses, and what is written down of them."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from medspatial.errors import InputError, MissingPackageError
from medspatial.llm import AccessRefused, Budget, Prices, Request, open_llm, user
from medspatial.llm.fake_server import FakeReply

SECRET = "sk-not-to-be-seen-1234567890"
URL = "http://127.0.0.1:9/v1"


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("gpt-x", {}, "must be PROVIDER:MODEL with one of openai, gemini, local, got 'gpt-x'"),
        ("claude:x", {}, "must be PROVIDER:MODEL"),
        ("openai:", {}, "must be PROVIDER:MODEL"),
        ("openai:x", {"base_ulr": "y"}, "unknown option 'base_ulr'; it takes: base_url, "),
        ("openai:x", {"base_url": "localhost:1"}, "must begin with http"),
        ("openai:x", {"base_url": "http://me:pw@host/v1"}, "must not carry user, password or query"),
        ("gemini:x", {"base_url": "http://host/?key=1"}, "must not carry user, password or query"),
        (
            "openai:x",
            {"base_url": URL, "json_mode": "xml"},
            "json_mode must be one of schema, object, prompt",
        ),
        ("openai:x", {"base_url": URL, "concurrency": 0}, "concurrency must be at least 1"),
        ("openai:x", {"base_url": URL, "budget": 1.0}, "needs prices"),
        ("openai:x", {"base_url": URL, "budget": {"euros": 1}}, "takes dollars, calls and tokens"),
        ("openai:x", {"base_url": URL, "prices": [1]}, "prices must be input, output"),
        ("openai:x", {}, "environment variable OPENAI_API_KEY is not set"),
        ("gemini:x", {}, "environment variable GEMINI_API_KEY or GOOGLE_API_KEY is not set"),
        ("openai:x", {"base_url": URL, "api_key_env": "MINE"}, "environment variable MINE is not set"),
        ("local:/no/such/folder", {}, "not a folder of a model"),
    ],
)
def test_what_cannot_be_opened(name: str, options: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        open_llm(name, **options)


def test_short_forms_of_money() -> None:
    llm = open_llm("openai:x", base_url=URL, budget=2, prices=(1, 2), retries=1)
    assert llm._ledger.budget == Budget(dollars=2.0)
    assert llm._ledger.prices == Prices(1.0, 2.0)
    assert open_llm("openai:x", base_url=URL, budget={"calls": 3})._ledger.budget == Budget(calls=3)


@pytest.mark.parametrize(("name", "package"), [("openai:x", "openai"), ("gemini:x", "google.genai")])
def test_a_missing_package_names_its_extra(name: str, package: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(MissingPackageError, match=r"pip install 'medspatial\[judge\]'"):
        open_llm(name, base_url=URL)


def test_opening_imports_no_sdk_that_is_not_asked_for() -> None:
    import subprocess

    heavy = ("openai", "google.genai", "torch")
    code = f"import sys, medspatial.llm; print([m for m in {heavy} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def sent_key(headers: Any, protocol: str) -> str:
    lower = {name.lower(): value for name, value in headers.items()}
    return str(lower.get("authorization" if protocol == "openai" else "x-goog-api-key", ""))


def test_the_usual_key_never_goes_to_another_server(
    serve: Any, client: Any, protocol: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("OPENAI_API_KEY", "GEMINI_API_KEY", "GOOGLE_API_KEY"):
        monkeypatch.setenv(name, SECRET)
    server = serve(lambda heard: "ok")
    client(server, protocol).ask(Request((user("a"),)))
    assert SECRET not in json.dumps(dict(server.requests[0].headers))


def test_a_named_key_is_sent_and_written_nowhere(
    serve: Any, client: Any, protocol: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("MINE", SECRET)
    server = serve(
        lambda heard: "ok" if heard.text == "a" else FakeReply(status=401, error=f"wrong key {SECRET}")
    )
    cache = tmp_path / "c.sqlite"
    llm = client(server, protocol, api_key_env="MINE", cache=cache)
    llm.ask(Request((user("a"),)))
    assert SECRET in sent_key(server.requests[0].headers, protocol)
    with pytest.raises(AccessRefused) as refused:
        llm.ask(Request((user("b"),)))
    assert "wrong key ***" in str(refused.value)
    llm.close()
    written = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert SECRET.encode() not in written
    assert SECRET not in json.dumps(llm.describe())


def test_options_of_the_provider_reach_the_wire(serve: Any, client: Any) -> None:
    server = serve(lambda heard: "ok")
    client(server, "openai", options={"reasoning_effort": "low"}).ask(
        Request((user("a"),), max_tokens=9, seed=4)
    )
    client(server, "gemini", options={"top_p": 0.5}).ask(Request((user("a"),), temperature=None))
    first, second = server.requests[0].body, server.requests[1].body
    assert (first["reasoning_effort"], first["max_tokens"], first["seed"], first["temperature"]) == (
        "low",
        9,
        4,
        0.0,
    )
    assert second["generationConfig"]["topP"] == 0.5
    assert "temperature" not in second["generationConfig"]


def test_an_empty_account_is_no_limit_that_passes(serve: Any, client: Any) -> None:
    body = {"error": {"message": "no money", "type": "insufficient_quota", "code": "insufficient_quota"}}
    server = serve(lambda heard: FakeReply(status=429, raw=json.dumps(body)))
    with pytest.raises(AccessRefused, match="no money"):
        client(server).ask(Request((user("a"),)))
    assert server.calls == 1
