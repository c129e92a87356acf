"""What a viewer opens: a run, a folder of cases, one CT; what is none of these is said."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from viewed_run import body, write_run

from medspatial.errors import InputError
from medspatial.view.library import open_library
from medspatial.view.volumes import Volumes
from medspatial.volume import write_volume


def test_a_run(run_folder: Path) -> None:
    found = open_library(run_folder)
    assert list(found.cases) == ["case_1"]
    assert [model.name for model in found.models] == ["merlin", "grid", "random"]
    (first, _) = found.questions
    assert len(found.predictions[first]) == len(found.scores[first]) == 2
    assert found.report is not None


def test_one_ct_and_a_folder(tmp_path: Path, run_folder: Path) -> None:
    path = write_volume(body()[0], tmp_path / "scan.nii.gz")
    assert list(open_library(path).cases) == ["scan"]
    assert len(open_library(tmp_path).cases) == 1
    questions = run_folder / "questions" / "questions.jsonl"
    assert len(open_library(tmp_path, questions=questions).questions) == 2


def test_what_is_nothing_to_show(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file"):
        open_library(tmp_path / "none")
    folder = write_run(tmp_path / "run")
    for text in ("{", "[]", json.dumps({"configuration": 3})):
        (folder / "manifest.json").write_text(text)
        with pytest.raises(InputError, match=r"manifest\.json"):
            open_library(folder)


def test_files_are_made_once_and_the_oldest_go(run_folder: Path) -> None:
    one = Volumes(open_library(run_folder))
    path = one.ct_file("case_1")
    made = path.stat().st_mtime_ns
    assert one.ct_file("case_1") == path
    assert path.stat().st_mtime_ns == made
    one.close()
    assert not path.exists()
    small = Volumes(open_library(run_folder), limit=1000)
    first = small.ct_file("case_1")
    second = small.mask_file("case_1", "liver")
    assert not first.exists()
    assert second.exists()
    assert small.ct_file("case_1").exists()
    small.close()


def test_masks_without_a_ct(tmp_path: Path) -> None:
    folder = write_run(tmp_path / "run")
    rows = json.loads((folder / "cases" / "all_cases.jsonl").read_text())
    del rows["image_path"]
    (folder / "cases" / "all_cases.jsonl").write_text(json.dumps(rows) + "\n")
    volumes = Volumes(open_library(folder))
    with pytest.raises(InputError, match="has no CT"):
        volumes.ct("case_1")
    assert volumes.mask_file("case_1", "liver").exists()
    volumes.close()


def test_questions_beside_a_studys_own_are_refused(run_folder: Path) -> None:
    with pytest.raises(InputError, match="is a study's folder, which has its own"):
        open_library(run_folder, questions=run_folder / "questions" / "questions.jsonl")
