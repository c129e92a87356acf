"""Entry points of installed packages: found, loaded, named when they are broken."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from medspatial.arms import arm
from medspatial.cli.app import app
from medspatial.errors import InputError
from medspatial.plugins import GROUPS, Plugin, plugins
from medspatial.questions import catalogue, subtype
from medspatial.study import TrackConfig
from medspatial.tracking import start_tracker, tracker_names


def plugin(value: str) -> Plugin:
    return Plugin("arm", EntryPoint("toy", value, GROUPS["arm"]), "it must name a callable")


def test_what_is_named_is_loaded_and_made() -> None:
    found = plugin("builtins:dict")
    assert found.package == "unknown"
    assert found.make(found.load(), lambda made: isinstance(made, dict), a=1) == {"a": 1}


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("no_such_module:x", r"cannot be imported \(ModuleNotFoundError: .*\); it must name a callable"),
        ("sys:no_such", r"cannot be imported \(AttributeError"),
        ("math:pi", r"it must name a callable, got 3.14\d* \(float\)"),
    ],
)
def test_a_broken_one_is_one_line(value: str, message: str) -> None:
    where = f"arm 'toy': entry point 'toy = {value}' of package unknown: "
    with pytest.raises(InputError, match=f"^{where}{message}"):
        plugin(value).load()


def test_of_two_of_one_name_the_first_is_taken(tmp_path, monkeypatch) -> None:
    for number in (1, 2):
        info = tmp_path / f"toy{number}-1.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: toy{number}\nVersion: 1.0\n")
        (info / "entry_points.txt").write_text("[medspatial.arms]\nb = x:y\na = no_such_module:y\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    found = plugins("arm", "rule")
    assert list(found) == ["a", "b"]
    assert "no_such_module" not in sys.modules


CODE = """
from medspatial.arms import Arm
from medspatial.questions.subtype import subtype
from medspatial.tracking import NoTracker

quiet = Arm("quiet", "Without a word")
other = Arm("another name", "Without a word")

def tracker(**run):
    made = NoTracker()
    made.run = run
    return made

def no_tracker(**run):
    return None
"""


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Install a package ``their-package`` with some entry points."""

    def install(entries: str, code: str = CODE) -> None:
        info = tmp_path / "their_package-1.0.dist-info"
        info.mkdir()
        (tmp_path / "their_module.py").write_text(code)
        (info / "METADATA").write_text("Metadata-Version: 2.1\nName: their-package\nVersion: 1.0\n")
        (info / "entry_points.txt").write_text(entries)
        monkeypatch.syspath_prepend(str(tmp_path))
        monkeypatch.delitem(sys.modules, "their_module", raising=False)

    return install


def test_arms_of_packages(install: Callable[[str], None]) -> None:
    install("[medspatial.arms]\nquiet = their_module:quiet\nloud = their_module:other\n")
    assert arm("quiet").title == "Without a word"
    with pytest.raises(
        InputError, match=r"^arm 'loud': entry point .* of package their-package 1.0: it must"
    ):
        arm("loud")
    with pytest.raises(InputError, match=r"unknown arm 'none'; known: standard, .*, loud, quiet"):
        arm("none")


def test_trackers_of_packages(install: Callable[[str], None], tmp_path: Path) -> None:
    install("[medspatial.trackers]\ntheirs = their_module:tracker\nno = their_module:no_tracker\n")
    assert tracker_names() == ("wandb", "trackio", "no", "theirs")
    tracker: Any = start_tracker("theirs", project="p", folder=tmp_path)
    assert tracker.run == {"project": "p", "folder": tmp_path, "name": None, "offline": True, "options": {}}
    with pytest.raises(InputError, match=r"^tracker 'no': .* it must name a callable .*, got None"):
        start_tracker("no", project="p", folder=tmp_path)
    assert TrackConfig(to="theirs").to == "theirs"
    with pytest.raises(ValueError, match="must be one of wandb, trackio, no, theirs"):
        TrackConfig(to="them")


def test_they_are_listed_with_their_package(install: Callable[[str], None]) -> None:
    install("[medspatial.arms]\nquiet = their_module:quiet\n")
    done = CliRunner().invoke(app, ["plugins", "--json"])
    row = {"kind": "arm", "name": "quiet", "package": "their-package 1.0", "entry": "their_module:quiet"}
    assert row in json.loads(done.output)
    assert "their_module" not in sys.modules


def test_subtypes_of_packages(
    install: Callable[[str], None], monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    monkeypatch.setattr(subtype, "_SUBTYPES", dict(subtype._SUBTYPES))
    request.addfinalizer(catalogue._load_outside.cache_clear)
    catalogue._load_outside.cache_clear()
    install("[medspatial.subtypes]\nD9 = their_module:nothing\n")
    with pytest.raises(InputError, match=r"^subtype 'D9': entry point .*: cannot be imported .Attribute"):
        catalogue.chosen_subtypes(["D1"])
