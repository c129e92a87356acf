"""The server's own address, and the commands that start it."""

from __future__ import annotations

import urllib.error
import urllib.request
from pathlib import Path

import pytest
from served import Served
from typer.testing import CliRunner

from medspatial.cli.app import app
from medspatial.errors import InputError
from medspatial.view.serve import PORT, free_socket, new_token


def test_a_taken_port_is_said_or_another_is_found() -> None:
    with free_socket(0) as first:
        assert first.getsockname()[0] == "127.0.0.1"
        first.listen()
        taken = first.getsockname()[1]
        with pytest.raises(InputError, match=f"port {taken}: cannot be used"):
            free_socket(taken)
    with free_socket() as one:
        one.listen()
        with free_socket() as other:
            assert other.getsockname()[1] not in {PORT, one.getsockname()[1]}


def test_tokens_differ() -> None:
    assert len({new_token() for _ in range(50)}) == 50
    assert len(new_token()) >= 32


def test_the_command_answers_its_link_alone(run_folder: Path) -> None:
    server = Served(["view", run_folder, "--port", "0"])
    opener = urllib.request.build_opener(
        urllib.request.ProxyHandler({}), urllib.request.HTTPCookieProcessor()
    )
    try:
        with pytest.raises(urllib.error.HTTPError, match="401"):
            opener.open(f"http://{server.address}/api/library")
        with opener.open(server.links[0]) as page:
            assert "token" not in page.url
            assert "uvicorn" not in str(page.headers).lower()
        with opener.open(f"http://{server.address}/api/library") as found:
            assert found.status == 200
    finally:
        server.stop()


def test_nothing_to_show(tmp_path: Path) -> None:
    found = CliRunner().invoke(app, ["view", str(tmp_path / "none"), "--no-browser"])
    assert isinstance(found.exception, InputError)
