"""A first study file: valid, commented, and the same study as its data alone."""

from __future__ import annotations

from pathlib import Path

import jsonschema
import pytest
import yaml

from medspatial.cases import write_phantoms
from medspatial.errors import InputError
from medspatial.study import folder_study, read_study
from medspatial.study.schema import SCHEMA_FILE, study_schema
from medspatial.study.start import start_study


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("start") / "my: ct"
    write_phantoms(folder, 1, spacing=12.0)
    return folder


def test_of_a_folder_it_is_the_folder_run_written_out(data: Path) -> None:
    path = start_study(data, data.parent / "study.yaml")
    text = path.read_text(encoding="utf-8")
    assert text.startswith(f"# yaml-language-server: $schema={SCHEMA_FILE}\n")
    assert "# Found here: 1 cases, 1 patients." in text
    assert "path: 'my: ct'" in text
    assert read_study(path) == folder_study(data)
    jsonschema.validate(yaml.safe_load(text), study_schema())
    with pytest.raises(InputError, match="is there already"):
        start_study(data, path)


def test_the_commented_models_and_metrics_are_valid_too(data: Path, tmp_path: Path) -> None:
    lines = start_study(data, tmp_path / "study.yaml").read_text(encoding="utf-8").splitlines()
    opened = [line.replace("# - ", "- ", 1) if line.startswith("  # - ") else line for line in lines]
    (tmp_path / "opened.yaml").write_text("\n".join(opened))
    study = read_study(tmp_path / "opened.yaml")
    assert [model.name for model in study.models[4:]] == ["m3d_lamed", "mine", "theirs"]
    assert [metric.name for metric in study.metrics] == ["structured", "exact", "judge:gemini:NAME"]


def test_of_files_of_cases_and_questions(data: Path, tmp_path: Path) -> None:
    assert read_study(start_study(data / "cases.jsonl", tmp_path / "a.yaml")).cases.path == str(
        data / "cases.jsonl"
    )
    asked = data / "questions.csv"
    asked.write_text("case_id,question,answer\np,Which side?,left\n")
    study = read_study(start_study(asked, tmp_path / "b.yaml"))
    assert (study.questions.path, study.cases.path) == (str(asked), str(data / "cases.jsonl"))
    named = read_study(start_study(asked, tmp_path / "c.yaml", cases=data))
    assert named.cases.path == str(data)


def test_what_is_no_data_is_refused(data: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such folder or file"):
        start_study(tmp_path / "none", tmp_path / "s.yaml")
    (tmp_path / "notes.txt").write_text("x")
    with pytest.raises(InputError, match="must be a folder of CT"):
        start_study(tmp_path / "notes.txt", tmp_path / "s.yaml")
    with pytest.raises(InputError, match="is for a file of questions"):
        start_study(data, tmp_path / "s.yaml", cases=data)
    (tmp_path / "empty.csv").write_text("")
    with pytest.raises(InputError, match="has no rows"):
        start_study(tmp_path / "empty.csv", tmp_path / "s.yaml")
