"""``medspatial study`` and the check that ``medspatial run`` makes first."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from medspatial.cases import write_phantoms
from medspatial.cli.app import app
from medspatial.errors import InputError
from medspatial.study.schema import SCHEMA_FILE, fields_markdown


def medspatial(*arguments: object) -> Result:
    return CliRunner().invoke(app, list(map(str, arguments)))


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("study") / "my_ct"
    write_phantoms(folder, 1, spacing=8.0)
    return folder


def test_init_then_check(data: Path, tmp_path: Path) -> None:
    path = tmp_path / "study.yaml"
    done = medspatial("study", "init", data, "-o", path)
    assert (done.exit_code, f"next: medspatial study check {path}" in done.output) == (0, True)
    done = medspatial("study", "check", path)
    assert done.exit_code == 0, done.output
    assert "ok      cases: 1 cases of 1 patients" in done.output
    assert "estimate: at most 64 questions in an arm" in done.output


def test_check_as_json_and_its_exit_codes(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    path = tmp_path / "study.yaml"
    path.write_text(f"cases: {data}\nmodels: [random, {{kind: openai, model: m, prices: [1, 2]}}]\n")
    done = medspatial("study", "check", path, "--json", "--offline")
    facts = json.loads(done.stdout)
    assert (done.exit_code, facts["exit_code"], facts["questions"]) == (1, 1, 64)
    assert [one["part"] for one in facts["findings"] if one["level"] == "missing"] == ["model 'openai'"]
    assert [one["calls"] for one in facts["estimates"]] == [64]
    path.write_text(f"cases: {data}\narms: [mirrord]\n")
    assert medspatial("study", "check", path, "--offline").exit_code == 3
    path.write_text(f"cases: {data}\narm: [mirrored]\n")
    assert "did you mean 'arms'?" in str(medspatial("study", "check", path).exception)


def test_schema_and_fields_are_printed() -> None:
    assert medspatial("study", "schema").stdout == SCHEMA_FILE.read_text(encoding="utf-8")
    assert medspatial("study", "fields").stdout == fields_markdown()


def test_run_stops_at_what_is_wrong_before_it_writes(data: Path, tmp_path: Path) -> None:
    done = medspatial("run", data, "-o", tmp_path / "out", "-m", "randm", "--arm", "mirrord")
    assert isinstance(done.exception, InputError)
    assert "did you mean 'random'?" in str(done.exception)
    assert "did you mean 'mirrored'?" in str(done.exception)
    assert not (tmp_path / "out").exists()


def test_a_dry_run_is_the_check(data: Path, tmp_path: Path) -> None:
    done = medspatial("run", data, "-o", tmp_path / "out", "--dry-run", "-m", "echo", "--limit", 7)
    assert (done.exit_code, "at most 7 questions" in done.output) == (0, True)
    assert not (tmp_path / "out").exists()


def test_run_with_choices_goes_on_without_what_is_missing(data: Path, tmp_path: Path) -> None:
    missing = tmp_path / "weights"
    done = medspatial(
        "run", data, "-o", tmp_path / "out", "--limit", 3, "--metric", "exact",
        "-m", "oracle", "-m", "random:seed=2,name=guess", "-m", f"m3d_lamed:path={missing}",
    )  # fmt: skip
    assert done.exit_code == 1, done.output
    assert f"missing: model 'm3d_lamed': {missing}: no such checkpoint folder" in done.stderr
    assert "model 'm3d_lamed' stopped, what it had not finished is not in the table" in done.stdout
    comparison = json.loads((tmp_path / "out/compare/comparison.json").read_text())
    assert (set(comparison["models"]), comparison["n_questions"]) == ({"oracle", "guess"}, 3)
    assert comparison["metric"] == "exact"


def test_choices_are_refused_for_a_study_of_a_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("medspatial.study.find_study", lambda name: object())
    done = medspatial("run", "theirs", "--limit", 3)
    assert "a package's study has stages of its own" in str(done.exception)
