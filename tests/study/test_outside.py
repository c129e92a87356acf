"""Studies of other packages: by name, by a study file, and broken ones."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from medspatial.errors import InputError
from medspatial.study import StudyConfig, find_study, outside_studies, read_any_study

CODE = """
from medspatial.study import StudyConfig
class Ours:
    def __init__(self, path=None, data=None):
        self.path, self.data = path, data
    def run(self, folder, say):
        say("done")
        return folder
def walked():
    return StudyConfig(title="T", cases={"phantom": {"count": 1}}, models=["random"])
def wrong():
    return 5
"""


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    def install(attribute: str) -> None:
        folder = tmp_path / "site"
        info = folder / "their_study-2.0.dist-info"
        info.mkdir(parents=True)
        (folder / "their_study.py").write_text(CODE)
        (info / "METADATA").write_text("Metadata-Version: 2.1\nName: their-study\nVersion: 2.0\n")
        (info / "entry_points.txt").write_text(f"[medspatial.studies]\ntheirs = their_study:{attribute}\n")
        monkeypatch.syspath_prepend(folder)
        monkeypatch.delitem(sys.modules, "their_study", raising=False)

    return install


def test_a_study_of_another_package_runs_by_name_and_by_file(
    install: Callable[[str], None], tmp_path: Path
) -> None:
    install("Ours")
    assert "theirs" in outside_studies()
    lines: list[str] = []
    study = find_study("theirs")
    assert not isinstance(study, StudyConfig)
    study.run(tmp_path, lines.append)
    assert lines == ["done"]
    (tmp_path / "study.yaml").write_text("published: theirs\nlimit: 3\n")
    read = read_any_study(tmp_path / "study.yaml")
    assert vars(read) == {"path": tmp_path / "study.yaml", "data": {"published": "theirs", "limit": 3}}


def test_it_can_be_one_of_ours_in_all_but_its_place(install: Callable[[str], None]) -> None:
    install("walked")
    study = find_study("theirs")
    assert isinstance(study, StudyConfig)
    assert study.title == "T"


def test_a_broken_one_is_one_line(install: Callable[[str], None]) -> None:
    install("wrong")
    where = "^study 'theirs': entry point 'theirs = their_study:wrong' of package their-study 2.0: "
    with pytest.raises(InputError, match=where + r"it must name .*, got 5 \(int\)$"):
        find_study("theirs")
