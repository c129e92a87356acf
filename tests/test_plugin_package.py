"""The package on docs/plugins.md: built, installed in a folder of its own, listed and used."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from medspatial.cases import make_phantom, write_phantoms
from medspatial.cli.app import app
from medspatial.errors import InputError
from medspatial.models import create_model
from medspatial.volume import Volume

PAGE = Path(__file__).resolve().parents[1] / "docs" / "plugins.md"
FILES = dict(re.findall(r"^`([\w.]+)`:\n\n```\w+\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.M | re.S))


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write the page's files and install them, without network, into a folder."""
    package, target = tmp_path_factory.mktemp("medspatial-sides"), tmp_path_factory.mktemp("site")
    for name, text in FILES.items():
        (package / name).write_text(text, encoding="utf-8")
    flags = ("--no-deps", "--no-build-isolation", "--no-index", "--quiet", "--disable-pip-version-check")
    command = [sys.executable, "-m", "pip", "install", *flags, "--target", str(target), str(package)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return target


@pytest.fixture
def installed(site: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.syspath_prepend(site)
    monkeypatch.setitem(sys.modules, "medspatial_sides", None)
    monkeypatch.delitem(sys.modules, "medspatial_sides")
    return site


def test_it_is_short() -> None:
    assert set(FILES) == {"pyproject.toml", "medspatial_sides.py"}
    lines = [line for text in FILES.values() for line in text.splitlines() if line.strip()]
    assert len(lines) < 60


@pytest.mark.usefixtures("installed")
def test_it_is_listed() -> None:
    rows = json.loads(CliRunner().invoke(app, ["plugins", "--json"]).stdout)
    mine = [(row["kind"], row["name"]) for row in rows if row["package"] == "medspatial-sides 1.0"]
    assert mine == [("model", "denser_side"), ("metric", "contains"), ("case source", "visits")]
    assert "denser_side" in CliRunner().invoke(app, ["models", "list"]).stdout


@pytest.mark.usefixtures("installed")
def test_its_model_finds_the_denser_side_however_the_volume_is_stored() -> None:
    volume = make_phantom(0, spacing=12.0).ct
    stored = volume.oriented("LPS")
    voxels = stored.voxels.copy()
    voxels[voxels.shape[0] // 2 :] = 1000  # the patient's left
    dense = Volume(voxels, stored.affine)
    model = create_model("denser_side", above_hu=-300)
    for codes in ("LPS", "RAS", "SAL"):
        assert model.prepare(dense.oriented(codes)) == "left"
    assert model.prepare(dense.mirrored()) == "right"
    with pytest.raises(InputError, match=r"'above' \(did you mean 'above_hu'\?\)"):
        create_model("denser_side", above=1)


@pytest.mark.usefixtures("installed")
def test_a_study_runs_both(tmp_path: Path) -> None:
    study = tmp_path / "study.yaml"
    study.write_text("cases: {phantom: {count: 2, spacing: 10.0}}\nreport: {max_pictures: 0, figures: []}\n")
    arguments = ["run", str(study), "-o", str(tmp_path / "out"), "--metric", "contains", "--limit", "6"]
    models = ["-m", "denser_side:above_hu=-300", "-m", "oracle"]
    done = CliRunner().invoke(app, [*arguments, *models])
    assert done.exit_code == 0, done.output
    comparison = json.loads((tmp_path / "out/compare/comparison.json").read_text(encoding="utf-8"))
    assert (comparison["metric"], comparison["models"][0]) == ("contains", "oracle")
    assert set(comparison["models"]) == {"oracle", "denser_side"}


@pytest.mark.usefixtures("installed")
def test_its_cases_are_visits_of_patients(tmp_path: Path) -> None:
    for phantom, visit in ((0, "p1/2023-11"), (1, "p1/2024-02"), (2, "p2/2024-03")):
        (case,) = write_phantoms(tmp_path / "made", 1, seed=phantom, spacing=10.0)
        files = tmp_path / "archive" / visit
        files.mkdir(parents=True)
        (tmp_path / "made" / case.image_path).rename(files / "ct.nii.gz")
        (tmp_path / "made" / case.masks[0].path).rename(files / "seg.nii.gz")
    archive = f"visits:folder={tmp_path / 'archive'}"
    rows = json.loads(CliRunner().invoke(app, ["cases", "list", archive, "--json"]).stdout)
    assert [(row["case"], row["patient"]) for row in rows] == [
        ("p1_2023-11", "p1"), ("p1_2024-02", "p1"), ("p2_2024-03", "p2"),
    ]  # fmt: skip
    arguments = ["-m", "denser_side", "-m", "random", "--metric", "contains", "--limit", "6"]
    done = CliRunner().invoke(
        app, ["run", f"{archive},since=2024-02,label_map=phantom", "-o", str(tmp_path / "out"), *arguments]
    )
    assert done.exit_code == 0, (done.output, done.exception)
    assert "cases: 2 of 2 patients in visits" in done.output
