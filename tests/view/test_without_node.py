"""Without Node: one line says what is missing, everything else works, and a wheel is still made."""

from __future__ import annotations

import importlib.util
import sys
import types
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient
from viewed_run import TOKEN

from medspatial.view import pages
from medspatial.view.serve import serve_people

HOOK = Path(__file__).resolve().parents[2] / "hatch_build.py"


@pytest.fixture
def not_built(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pages, "BUILT", tmp_path / "built")


@pytest.mark.usefixtures("not_built")
def test_everything_but_the_3d_part_is_there(client: TestClient) -> None:
    found = client.get("/api/library").json()
    assert found["built"] is False
    assert "make viewer" in found["not_built"]
    row = client.get("/api/questions").json()["rows"][0]
    assert client.get("/api/question", params={"id": row[0]}).json()["answers"]
    assert client.get("/api/ct.nii?case=case_1").status_code == 200
    assert client.get("/report/index.html").status_code == 200
    assert TOKEN not in client.get("/").text


@pytest.mark.usefixtures("not_built")
def test_one_line_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    from medspatial.view import serve

    monkeypatch.setattr(serve, "serve", lambda app, bound: None)
    with serve.free_socket(0) as bound:
        lines: list[str] = []
        serve_people([], {"t": "Open"}, bound, lines.append)
    assert lines[0] == pages.NOT_BUILT
    assert sum("3D" in line for line in lines) == 1


class Interface:
    """What the hook uses of hatchling, which is there only while a wheel is built."""

    def __init__(self, root: Path) -> None:
        self.root = str(root)


def hook(root: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    names = ("hatchling", "hatchling.builders", "hatchling.builders.hooks", "hatchling.builders.hooks.plugin")
    for name in names:
        monkeypatch.setitem(sys.modules, name, types.ModuleType(name))
    interface = types.ModuleType(f"{names[-1]}.interface")
    interface.BuildHookInterface = Interface  # type: ignore[attr-defined]
    Interface.__class_getitem__ = classmethod(lambda cls, item: cls)  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, f"{names[-1]}.interface", interface)
    spec = importlib.util.spec_from_file_location("hatch_build", HOOK)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.ViewerBuildHook(root)


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    (tmp_path / "viewer").mkdir()
    (tmp_path / "src" / "medspatial" / "view").mkdir(parents=True)
    return tmp_path


def test_a_wheel_without_npm(
    tree: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", str(tree))
    hook(tree, monkeypatch).initialize("standard", {})
    assert capsys.readouterr().err.count("\n") == 1
    hook(tree, monkeypatch).initialize("editable", {})
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("fails", [True, False])
def test_npm_is_asked_to_build(
    tree: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], fails: bool
) -> None:
    npm = tree / "npm"
    npm.write_text(f'#!/bin/sh\necho "$PWD $@" >> {tree}/asked\nexit {int(fails)}\n')
    npm.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tree}:/bin:/usr/bin")
    hook(tree, monkeypatch).initialize("standard", {})
    asked = (tree / "asked").read_text().splitlines()
    assert asked[0] == f"{tree / 'viewer'} ci --no-audit --no-fund"
    assert len(asked) == (1 if fails else 2)
    assert ("without its 3D part" in capsys.readouterr().err) == fails
