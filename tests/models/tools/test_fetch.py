"""Fetching, against a small hub on this machine that speaks the protocol."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from medspatial.cli.app import app
from medspatial.errors import InputError
from medspatial.models import ModelCard, model_card
from medspatial.models.card import Checkpoint
from medspatial.models.tools.fetch import FetchError, checkpoint_of, fetch, plan_fetch

COMMIT, LATER = "a" * 40, "b" * 40
REPOSITORY = Checkpoint(id="someone/model", license="MIT", files=("*.json", "model*.safetensors"))


@dataclass
class Hub:
    """What the server holds and what it was asked."""

    files: dict[str, bytes] = field(default_factory=dict)
    commit: str = COMMIT
    gated: bool = False
    fail: set[str] = field(default_factory=set)
    asked: list[tuple[str, str]] = field(default_factory=list)
    endpoint: str = ""

    def downloads(self) -> list[str]:
        return [
            path.rsplit("/", 1)[-1] for method, path in self.asked if method == "GET" and "/resolve/" in path
        ]


class Handler(BaseHTTPRequestHandler):
    hub: Hub

    def log_message(self, *_: Any) -> None:
        """Stay silent."""

    def do_HEAD(self) -> None:
        self._answer(body=False)

    def do_GET(self) -> None:
        self._answer(body=True)

    def _answer(self, body: bool) -> None:
        hub, path = self.hub, self.path.split("?")[0]
        hub.asked.append((self.command, path))
        if hub.gated:
            return self._send(
                403, b"", {"X-Error-Code": "GatedRepo", "X-Error-Message": "accept the terms"}, body
            )
        if path.startswith("/api/"):
            if "someone/model" not in path:
                return self._send(404, b"", {"X-Error-Code": "RepoNotFound"}, body)
            if path.rsplit("/", 1)[-1] not in {"main", COMMIT, LATER}:
                return self._send(404, b"", {"X-Error-Code": "RevisionNotFound"}, body)
            siblings = [{"rfilename": name, "size": len(data)} for name, data in hub.files.items()]
            info = {
                "id": "someone/model",
                "sha": hub.commit,
                "siblings": siblings,
                "private": False,
                "gated": False,
            }
            return self._send(200, json.dumps(info).encode(), {"Content-Type": "application/json"}, body)
        name = path.split("/resolve/")[1].split("/", 1)[1]
        if name in hub.fail:
            return self._send(400, b"", {}, body)
        if name not in hub.files:
            return self._send(404, b"", {"X-Error-Code": "EntryNotFound"}, body)
        data = hub.files[name]
        tag = {"ETag": f'"{hashlib.sha256(data).hexdigest()}"', "X-Repo-Commit": hub.commit}
        return self._send(200, data, tag, body)

    def _send(self, status: int, data: bytes, headers: dict[str, str], body: bool) -> None:
        self.send_response(status)
        for key, value in {**headers, "Content-Length": str(len(data))}.items():
            self.send_header(key, value)
        self.end_headers()
        if body:
            self.wfile.write(data)


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    held = Hub({
        "config.json": b"{}",
        "model-00001-of-00002.safetensors": b"x" * 5000,
        "model-00002-of-00002.safetensors": b"y" * 7000,
        "modeling.py": b"raise SystemExit",
        "README.md": b"words",
    })  # fmt: skip
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Bound", (Handler,), {"hub": held}))
    held.endpoint = f"http://127.0.0.1:{server.server_port}"
    for name in ("HF_TOKEN", "HF_HUB_OFFLINE", "http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HF_HUB_DISABLE_PROGRESS_BARS", "1")
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield held
    server.shutdown()
    server.server_close()
    thread.join()


def test_commit_files_and_size_are_known_before_a_byte_moves(hub: Hub, tmp_path: Path) -> None:
    plan = plan_fetch(REPOSITORY, tmp_path / "w", endpoint=hub.endpoint)
    assert plan.commit == COMMIT
    assert plan.size == 12002
    assert {name for name, _ in plan.files} == {n for n in hub.files if n.endswith((".json", ".safetensors"))}
    assert hub.downloads() == []
    assert not (tmp_path / "w").exists()


def test_files_arrive_whole_and_a_receipt_pins_the_commit(hub: Hub, tmp_path: Path) -> None:
    fetch(plan_fetch(REPOSITORY, tmp_path, endpoint=hub.endpoint))
    for name in ("config.json", "model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors"):
        assert (tmp_path / name).read_bytes() == hub.files[name]
    assert not (tmp_path / "modeling.py").exists()  # code is never fetched
    receipt = json.loads((tmp_path / "fetched.json").read_text())
    assert (receipt["commit"], receipt["license"], receipt["complete"]) == (COMMIT, "MIT", True)


def test_code_is_left_out_even_where_all_files_are_wanted(hub: Hub, tmp_path: Path) -> None:
    plan = plan_fetch(Checkpoint(id="someone/model", license="MIT"), tmp_path, endpoint=hub.endpoint)
    assert {name for name, _ in plan.files} == set(hub.files) - {"modeling.py"}


def test_a_broken_fetch_goes_on_where_it_was(hub: Hub, tmp_path: Path) -> None:
    hub.fail = {"model-00002-of-00002.safetensors"}
    with pytest.raises(FetchError, match="the same command goes on later"):
        fetch(plan_fetch(REPOSITORY, tmp_path, endpoint=hub.endpoint))
    assert json.loads((tmp_path / "fetched.json").read_text())["complete"] is False
    hub.fail = set()
    hub.asked.clear()
    fetch(plan_fetch(REPOSITORY, tmp_path, endpoint=hub.endpoint))
    assert hub.downloads() == ["model-00002-of-00002.safetensors"]  # the others were there
    assert json.loads((tmp_path / "fetched.json").read_text())["complete"] is True


def test_a_begun_folder_keeps_to_its_commit(hub: Hub, tmp_path: Path) -> None:
    fetch(plan_fetch(REPOSITORY, tmp_path, endpoint=hub.endpoint))
    plan_fetch(REPOSITORY, tmp_path, endpoint=hub.endpoint)
    assert hub.asked[-1][1].endswith(f"/revision/{COMMIT}")
    other = Checkpoint(id="someone/other", license="MIT")
    with pytest.raises(InputError, match="holds someone/model; fetch someone/other into another folder"):
        plan_fetch(other, tmp_path, endpoint=hub.endpoint)


def test_named_files_need_no_listing_of_the_repository(hub: Hub, tmp_path: Path) -> None:
    few = Checkpoint(id="someone/model", license="MIT", files=("config.json",))
    plan = plan_fetch(few, tmp_path, endpoint=hub.endpoint)
    fetch(plan)
    assert (plan.commit, plan.size) == (COMMIT, 2)
    assert not any("/api/" in path for _, path in hub.asked)


def test_gated_missing_and_unreachable_are_explained(hub: Hub, tmp_path: Path) -> None:
    with pytest.raises(FetchError, match="no such revision"):
        plan_fetch(REPOSITORY, tmp_path, revision="nope", endpoint=hub.endpoint)
    with pytest.raises(FetchError, match="not found at"):
        plan_fetch(Checkpoint(id="no/such", license="MIT"), tmp_path, endpoint=hub.endpoint)
    hub.gated = True
    with pytest.raises(FetchError, match=r"someone/model is gated: accept its terms at .*HF_TOKEN"):
        plan_fetch(REPOSITORY, tmp_path, endpoint=hub.endpoint)


def test_nothing_fits_and_no_room(hub: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(InputError, match=r"no file fits \*\.onnx"):
        plan_fetch(
            Checkpoint(id="someone/model", license="MIT", files=("*.onnx",)), tmp_path, endpoint=hub.endpoint
        )
    plan = plan_fetch(REPOSITORY, tmp_path, endpoint=hub.endpoint)
    usage = type("Usage", (), {"free": 100})
    monkeypatch.setattr("medspatial.models.tools.fetch.shutil.disk_usage", lambda path: usage)
    with pytest.raises(InputError, match=r"GB more, the disk has 0\.0 GB left"):
        fetch(plan)


def test_which_checkpoint() -> None:
    card = model_card("m3d_lamed")
    assert checkpoint_of(card).id.endswith("Llama-2-7B")
    assert checkpoint_of(card, "phi-3").id == "GoodBaiBai88/M3D-LaMed-Phi-3-4B"
    with pytest.raises(InputError, match="checkpoint 'm3d' fits 2 of"):
        checkpoint_of(card, "m3d")
    with pytest.raises(InputError, match="no published checkpoint"):
        checkpoint_of(card.model_copy(update={"checkpoints": ()}))


def test_the_command_asks_before_it_fetches(
    hub: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    card: ModelCard = model_card("m3d_lamed").model_copy(update={"checkpoints": (REPOSITORY,)})
    monkeypatch.setattr("medspatial.models.model_card", lambda name: card)
    command = ["models", "fetch", "m3d_lamed", "-o", str(tmp_path / "w"), "--endpoint", hub.endpoint]
    refused = CliRunner().invoke(app, command, input="n\n")
    assert refused.exit_code == 1
    assert "MIT" in refused.output
    assert COMMIT in refused.output
    assert not (tmp_path / "w").exists()
    assert CliRunner().invoke(app, [*command, "--yes"]).exit_code == 0
    assert (tmp_path / "w" / "config.json").exists()
