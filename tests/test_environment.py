"""What an installation says of itself."""

from __future__ import annotations

import importlib
import json
import os
import shutil
from importlib import metadata
from pathlib import Path

import pytest
from typer.testing import CliRunner

from medspatial import __version__
from medspatial.cli.app import app
from medspatial.environment import Environment, as_text, environment, extras


def fake_package(folder: Path, monkeypatch: pytest.MonkeyPatch, requirements: list[str]) -> None:
    """Make an installed package ``faked`` whose extras can be anything."""
    info = folder / "faked-1.0.dist-info"
    info.mkdir()
    lines = ["Metadata-Version: 2.1", "Name: faked", "Version: 1.0"]
    (info / "METADATA").write_text("\n".join([*lines, *(f"Requires-Dist: {one}" for one in requirements)]))
    monkeypatch.syspath_prepend(str(folder))
    importlib.invalidate_caches()


def test_the_base_comes_first_and_is_complete_here() -> None:
    base, *others = extras()
    assert (base.name, base.missing, base.install) == ("", (), "")
    assert base.installed["numpy"] == metadata.version("numpy")
    assert {"models", "metrics", "judge", "view", "ray"} <= {one.name for one in others}


def test_what_is_missing_is_named_with_the_line_that_installs_it(tmp_path, monkeypatch) -> None:
    fake_package(tmp_path, monkeypatch, ["numpy", "no-such-package>=2.1; extra == 'deep'"])
    base, deep = extras("faked")
    assert base.missing == ()
    assert deep.missing == ("no-such-package>=2.1",)
    assert deep.install == "pip install 'medspatial[deep]'"


def test_a_package_that_is_too_old_is_missing_and_shown(tmp_path, monkeypatch) -> None:
    fake_package(tmp_path, monkeypatch, ["numpy>=999"])
    (base,) = extras("faked")
    assert base.missing == ("numpy>=999",)
    assert base.installed == {"numpy": metadata.version("numpy")}


def test_a_requirement_of_another_system_is_not_missing(tmp_path, monkeypatch) -> None:
    fake_package(
        tmp_path, monkeypatch, ["no-such-package; python_version < '3' and extra == 'deep'", "numpy"]
    )
    assert all(one.missing == () for one in extras("faked"))


def test_a_key_is_said_to_be_set_and_never_shown(monkeypatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret")
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "3")
    found = environment()
    assert found.settings["OPENAI_API_KEY"] == "set"
    assert found.settings["CUDA_VISIBLE_DEVICES"] == "3"
    assert "sk-secret" not in found.model_dump_json()
    monkeypatch.delenv("OPENAI_API_KEY")
    assert "OPENAI_API_KEY" not in environment().settings


def test_the_machine_is_measured() -> None:
    found = environment()
    assert found.cores == os.cpu_count()
    assert found.memory_gib is not None
    assert found.memory_gib > 0.1
    assert found.disk_free_gib == pytest.approx(shutil.disk_usage(".").free / 2**30, abs=1)
    assert found.versions["medspatial"] == metadata.version("medspatial")


def test_a_program_that_is_not_there_is_said(monkeypatch, tmp_path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    found = environment()
    assert set(found.programs.values()) == {None}
    assert as_text(found)["node"] == "not found"


def test_studies_of_packages_are_named() -> None:
    assert "ct_spatialvqa" in environment().plugins["study"]


def test_the_command_prints_a_table_and_json() -> None:
    shown = CliRunner().invoke(app, ["env"])
    assert shown.exit_code == 0
    assert "base" in shown.stdout
    assert "accelerators" in shown.stdout
    found = Environment.model_validate(json.loads(CliRunner().invoke(app, ["env", "--json"]).stdout))
    assert found.versions["medspatial"] == __version__
