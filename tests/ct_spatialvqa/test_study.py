"""The shipped study of published results: its file, its errors, and what it finds in the real files."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

import pytest

import medspatial
from medspatial.errors import InputError
from medspatial.study import StudyConfig, StudyRun, find_study, outside_studies, read_any_study
from medspatial_ct_spatialvqa.study import OWN, CtSpatialVqaStudy

STUDY = OWN


@pytest.fixture(autouse=True)
def installed(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """The package's entry point, also where the checkout was installed before it had one."""
    if "ct_spatialvqa" not in outside_studies():
        project = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text())["project"]
        info = tmp_path_factory.mktemp("site") / "checkout-1.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text("Metadata-Version: 2.1\nName: checkout\nVersion: 1.0\n")
        ((name, value),) = project["entry-points"]["medspatial.studies"].items()
        (info / "entry_points.txt").write_text(f"[medspatial.studies]\n{name} = {value}\n")
        monkeypatch.syspath_prepend(info.parent)


def written(folder: Path, text: str) -> Path:
    path = folder / "study.yaml"
    path.write_text(text)
    return path


def test_the_users_folder_comes_from_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CT_SPATIALVQA", str(tmp_path))
    study = read_any_study(STUDY)
    assert study == find_study("ct_spatialvqa")
    assert isinstance(study, CtSpatialVqaStudy)
    assert (study.published, study.data) == ("ct_spatialvqa", str(tmp_path))


def test_without_it_the_error_says_what_to_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CT_SPATIALVQA", raising=False)
    with pytest.raises(InputError, match=r"study\.yaml: field 'data': environment variable CT_SPATIALVQA"):
        read_any_study(STUDY)


def test_a_folder_is_taken_from_the_study_file(tmp_path: Path) -> None:
    (tmp_path / "files").mkdir()
    text = "title: T\npublished: ct_spatialvqa\ndata: files\n"
    study = read_any_study(written(tmp_path, text))
    assert isinstance(study, CtSpatialVqaStudy)
    with pytest.raises(InputError, match=r"files: needs the file correctness_matrix_avg3\.csv"):
        study.run(tmp_path / "out")
    with pytest.raises(InputError, match="no such folder"):
        read_any_study(written(tmp_path, text.replace("files", "nowhere")))


def test_other_results_and_fields_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"field 'published': .*ct_spatialvqa"):
        read_any_study(written(tmp_path, "title: T\npublished: other\ndata: .\n"))
    with pytest.raises(InputError, match="field 'models': unknown field"):
        read_any_study(written(tmp_path, "title: T\npublished: ct_spatialvqa\ndata: .\nmodels: [random]\n"))


def test_a_study_of_ones_own_is_read_as_such(tmp_path: Path) -> None:
    study = read_any_study(written(tmp_path, "title: T\ncases: {phantom: {count: 1}}\nmodels: [random]\n"))
    assert isinstance(study, StudyConfig)


@pytest.fixture(scope="module")
def done(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> StudyRun:
    data = shared / "data" / "ct_spatialvqa"
    config = CtSpatialVqaStudy(title="T", published="ct_spatialvqa", data=str(data), resamples=200)
    return config.run(tmp_path_factory.mktemp("published"))


def table(done: StudyRun, name: str) -> list[dict]:
    return json.loads((done.folder / "tables" / f"{name}.json").read_text())["records"]


def test_the_published_figures_come_out(done: StudyRun) -> None:
    right = {row["model"]: row["correct"] for row in table(done, "accuracy") if row["scope"] == "all"}
    assert (right["m3d"], right["radfm"], right["merlin"]) == (2774, 2858, 2618)
    joined = {row["model"]: row["correct"] for row in table(done, "accuracy_joined") if row["scope"] == "all"}
    assert (joined["m3d"], joined["radfm"], joined["med3dvlm"]) == (2833, 2858, 2933)
    sizes = {row["group"]: row["n"] for row in table(done, "accuracy") if row["model"] == "m3d"}
    assert sizes[None] == 9077
    assert len(sizes) == 7  # and the six categories, which are tags
    columns = {row["model"]: row for row in table(done, "columns")}
    assert (columns["m3d"]["differing"], columns["radfm"]["differing"]) == (2864, 0)
    assert columns["m3d"]["row_order_explains"]
    assert columns["med3dvlm"]["row_order_explains"]
    assert (columns["med3dvlm"]["differing"], columns["med3dvlm"]["turned"]) == (4012, 3474)
    assert columns["m3d"]["contradicted"] == 2261


def test_tables_figures_and_page_are_there(done: StudyRun) -> None:
    for name in ("categories", "differences_by_category", "absent_or_normal", "prior", "judges", "gaps"):
        for ending in ("md", "csv", "tex", "json"):
            assert (done.folder / "tables" / f"{name}.{ending}").stat().st_size > 100
    figures = {path.stem for path in (done.folder / "figures").glob("*.png")}
    assert {"accuracy", "categories", "absent_or_normal", "columns_out_of_step", "matrix"} <= figures
    assert done.report.is_file()
    assert "Guessing" not in (done.folder / "tables" / "accuracy.md").read_text(), "no question is closed"


def test_the_core_knows_nothing_of_it() -> None:
    core = Path(medspatial.__file__).parent
    assert [path for path in core.rglob("*.py") if "ct_spatialvqa" in path.read_text("utf-8")] == []
