"""Which study a folder belongs to."""

from pathlib import Path
from typing import Any

import pytest

from medspatial.errors import InputError
from medspatial.manifest import read_manifest
from medspatial.study import builtin_study
from medspatial.study.claim import claim, configuration, release


def study(**changes: Any) -> Any:
    return builtin_study().model_copy(update=changes)


def test_a_folder_is_claimed_once_and_each_run_is_a_session(tmp_path: Path) -> None:
    path = tmp_path / "manifest.json"
    for count in (1, 2, 3):
        manifest = claim(path, study())
        assert len(manifest.sessions) == count
        kept = read_manifest(path)
        assert kept is not None
        assert "ended" not in kept.sessions[-1]
        release(path, manifest)
        kept = read_manifest(path)
        assert kept is not None
        assert [bool(one.get("ended")) for one in kept.sessions] == [True] * count


def test_a_run_that_was_killed_leaves_a_session_without_an_end(tmp_path: Path) -> None:
    path = tmp_path / "manifest.json"
    claim(path, study())
    release(path, claim(path, study()))
    kept = read_manifest(path)
    assert kept is not None
    assert [bool(one.get("ended")) for one in kept.sessions] == [False, True]


def test_another_study_is_refused_with_what_differs(tmp_path: Path) -> None:
    path = tmp_path / "manifest.json"
    claim(path, study())
    before = path.read_bytes()
    with pytest.raises(InputError, match=r"holds another study \(changed: title\); give another --out"):
        claim(path, study(title="Another"))
    assert path.read_bytes() == before


def test_what_changes_no_result_is_no_part_of_a_study() -> None:
    found = configuration(study())
    assert "track" not in found
    assert "reading" not in found
    assert "limit" not in found["questions"]
    assert "epochs" not in found


def test_settings_of_later_versions_count_where_they_are_set() -> None:
    assert configuration(study(epochs=3))["epochs"] == 3
    assert configuration(study(epochs=3)) != configuration(study())
