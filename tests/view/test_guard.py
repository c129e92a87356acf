"""Nothing gets through that is not the user's own page."""

from __future__ import annotations

from typing import Any

import pytest
from starlette.testclient import TestClient
from starlette.websockets import WebSocketDisconnect

from medspatial.view.guard import MAX_BODY, MAX_TARGET

OWN = "http://127.0.0.1:8642"
PATHS = ("/", "/api/library", "/assets/view.css", "/report/index.html", "/api/ct.nii?case=case_1")
HOSTS = (
    "evil.example",
    "evil.example:8642",
    "127.0.0.1",
    "127.0.0.1:80",
    "[::1]:8642",
    "127.0.0.1:8642.evil.example",
)
ORIGINS = (
    "http://evil.example",
    "null",
    "https://127.0.0.1:8642",
    "http://127.0.0.1:9999",
    f"{OWN}.evil.example",
)


def test_the_link_opens_and_the_token_leaves_the_address(stranger: TestClient) -> None:
    answer = stranger.get("/?token=secret-token&question=abc")
    assert answer.status_code == 303
    assert answer.headers["location"] == "/?question=abc"
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=strict" in cookie
    assert stranger.get("/api/library").status_code == 200


@pytest.mark.parametrize(
    "path", ["/", "/api/library", "/assets/view.css", "/report/index.html", "/api/ct.nii?case=case_1"]
)
def test_without_the_token_there_is_nothing(stranger: TestClient, path: str) -> None:
    assert stranger.get(path).status_code == 401
    assert stranger.get(path, headers={"cookie": "medspatial-8642=wrong"}).status_code == 401
    assert stranger.get(path, headers={"cookie": "medspatial-9999=secret-token"}).status_code == 401
    joint = "&" if "?" in path else "?"
    assert stranger.get(f"{path}{joint}token=secret-toke").status_code == 401
    assert stranger.get(f"{path}{joint}token=").status_code == 401


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "evil.example:8642",
        "127.0.0.1",
        "127.0.0.1:80",
        "[::1]:8642",
        "127.0.0.1:8642.evil.example",
    ],
)
def test_foreign_host(client: TestClient, host: str) -> None:
    """A name that an attacker points at this machine."""
    assert client.get("/api/library", headers={"host": host}).status_code == 421


@pytest.mark.parametrize(
    "origin",
    ["http://evil.example", "null", "https://127.0.0.1:8642", "http://127.0.0.1:9999", f"{OWN}.evil.example"],
)
def test_foreign_origin(client: TestClient, origin: str) -> None:
    assert client.get("/api/library", headers={"origin": origin}).status_code == 403
    assert client.post("/api/answer", json={}, headers={"origin": origin}).status_code == 403


def test_embedding_by_another_page(client: TestClient) -> None:
    headers = {"sec-fetch-site": "cross-site", "sec-fetch-mode": "no-cors"}
    assert client.get("/api/ct.nii?case=case_1", headers=headers).status_code == 403


def test_changes_need_an_origin_json_and_a_small_body(client: TestClient) -> None:
    assert client.post("/api/answer", json={}).status_code == 403
    own = {"origin": OWN}
    assert client.post("/api/answer", data={"a": "b"}, headers=own).status_code == 415
    assert client.post("/api/answer", files={"f": b"x"}, headers=own).status_code == 415
    assert client.post("/api/answer", json={"a": "x" * MAX_BODY}, headers=own).status_code == 413
    chunked = client.post(
        "/api/answer", content=iter([b"{}"]), headers={**own, "content-type": "application/json"}
    )
    assert chunked.status_code == 411
    assert client.post("/api/answer", json={}, headers=own).status_code == 404  # nothing to change here
    for method in ("PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"):
        assert client.request(method, "/").status_code == 405


def test_long_addresses(client: TestClient) -> None:
    assert client.get("/api/library?x=" + "y" * MAX_TARGET).status_code == 414


def test_policy_stands_on_every_answer(client: TestClient) -> None:
    for path in ("/", "/api/library", "/nothing", "/api/question"):
        headers = client.get(path).headers
        assert "script-src 'self'" in headers["content-security-policy"]
        assert "unsafe-inline" not in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["cache-control"] == "no-store"
    report = client.get("/report/index.html").headers["content-security-policy"]
    assert "script-src 'self';" in report


def test_a_link_does_not_lead_elsewhere(stranger: TestClient) -> None:
    answer = stranger.get(f"{OWN}//evil.example/?token=secret-token")
    assert answer.status_code == 303
    assert answer.headers["location"] == "/evil.example/"


def test_websockets_are_not_answered(client: Any) -> None:
    with pytest.raises(WebSocketDisconnect), client.websocket_connect("/"):
        pass


def test_pages_never_read_text_as_html() -> None:
    """What the policy would stop is not even tried."""
    from medspatial.view.pages import ASSETS

    files = [*ASSETS.glob("*.js"), *ASSETS.glob("*.html")]
    assert len(files) > 6
    for path in files:
        text = path.read_text(encoding="utf-8")
        for word in (
            "innerHTML",
            "outerHTML",
            "insertAdjacentHTML",
            "document.write",
            "eval(",
            "srcdoc",
            "style=",
        ):
            assert word not in text, f"{path.name}: {word}"
        assert "<script>" not in text
