"""Each option of ``cases``, ``inputs``, ``models``, ``acuity``, ``run``, ``rerun``, ``read`` and ``view``."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from command import Done, medspatial
from PIL import Image

from medspatial.acuity import QUANTITIES, Acuity
from medspatial.records import Case, Question, read_records


def run(*arguments: object, code: int = 0) -> Done:
    done = medspatial(*arguments)
    assert done.returncode == code, done.stderr
    return done


def test_phantoms_follow_seed_count_and_spacing(tmp_path: Path) -> None:
    for name, words in {"a": (1, 3, 12), "b": (1, 3, 12), "c": (1, 4, 14)}.items():
        count, seed, spacing = words
        done = run(
            "cases", "phantom", "-o", tmp_path / name, "-n", count, "--seed", seed, "--spacing", spacing
        )
        assert done.stdout == f"1 phantoms in {tmp_path / name}; list: {tmp_path / name / 'cases.jsonl'}\n"
    listed = {name: (tmp_path / name / "cases.jsonl").read_text() for name in "abc"}
    assert listed["a"] == listed["b"] != listed["c"]
    (row,) = json.loads(run("cases", "check", tmp_path / "c", "--json").stdout)
    assert row["spacing_mm"] == "14 x 14 x 14"


def test_a_list_is_a_file_of_cases_that_every_command_takes(phantoms: Path, tmp_path: Path) -> None:
    path = phantoms / "listed.jsonl"
    done = run("cases", "list", phantoms, "-o", path)
    try:
        assert done.stderr.splitlines()[0] == "2 cases of 2 patients"
        assert "phantom_00005" in done.stdout
        assert [case.case_id for case in read_records(path, Case)] == ["phantom_00005", "phantom_00006"]
        again = json.loads(run("cases", "list", path, "--json").stdout)
        assert [row["case"] for row in again] == ["phantom_00005", "phantom_00006"]
    finally:
        path.unlink()


def test_a_label_map_is_that_of_all_masks(phantoms: Path) -> None:
    rows = json.loads(run("cases", "list", phantoms, "--label-map", "kits19", "--json").stdout)
    assert {name for row in rows for name in row["label_map"]} == {"kits19"}
    refused = run("cases", "list", phantoms, "--label-map", "kits99", code=3)
    assert (refused.stderr.count("\n"), "kits99" in refused.stderr) == (1, True)


def test_a_case_without_usable_masks_is_a_problem_with_exit_code_1(phantoms: Path, tmp_path: Path) -> None:
    shutil.copytree(phantoms, tmp_path / "d")
    (tmp_path / "d" / "phantom_00005" / "seg.nii.gz").write_bytes(b"broken")
    done = run("cases", "check", tmp_path / "d", "--json", code=1)
    problems = {row["case"]: row["problem"] for row in json.loads(done.stdout)}
    assert "seg.nii.gz" in problems["phantom_00005"]
    assert problems["phantom_00006"] == ""
    report = tmp_path / "r.json"
    page = tmp_path / "r.html"
    done = run("cases", "doctor", tmp_path / "d", "--json", report, "--html", page, code=1)
    assert "1 refused, 0 doubtful, 1 fine" in done.stdout
    assert "phantom_00005: refused" in done.stdout
    found = {one["case_id"]: one["verdict"] for one in json.loads(report.read_text())["cases"]}
    assert found == {"phantom_00005": "refused", "phantom_00006": "fine"}
    assert "phantom_00005" in page.read_text()
    alone = run("cases", "doctor", tmp_path / "d", "--json", "-", code=1)
    assert json.loads(alone.stdout) == json.loads(report.read_text())


def pictures(*arguments: object) -> list[dict[str, str]]:
    rows: list[dict[str, str]] = json.loads(run("inputs", "show", *arguments, "--json").stdout)
    return rows


@pytest.mark.parametrize(
    ("options", "count", "pixels"),
    [
        (("--count", 3), 3, None),
        (("--count", 1, "--planes", "all"), 3, None),
        (("--count", 2, "--planes", "coronal"), 2, None),
        (("--count", 1, "--set", "size=96"), 1, "96 x 96"),
        (("--representation", "grid", "--count", 4), 1, None),
    ],
)
def test_pictures_are_as_many_and_as_large_as_told(
    phantoms: Path, tmp_path: Path, options: tuple[object, ...], count: int, pixels: str | None
) -> None:
    rows = pictures(phantoms, "-o", tmp_path, *options)
    assert len(rows) == count == len(list(tmp_path.glob("*.png")))
    if pixels:
        assert {row["pixels"] for row in rows} == {pixels}
    if "coronal" in options:
        assert all("coronal" in row["caption"] for row in rows)


@pytest.mark.parametrize(
    "option",
    [("--letters",), ("--scale-bar",), ("--position",), ("--window", "bone"), ("--case-id", "phantom_00006")],
)
def test_each_option_of_a_picture_changes_it(phantoms: Path, tmp_path: Path, option: tuple[str, ...]) -> None:
    (plain,) = pictures(phantoms, "-o", tmp_path / "a", "--count", 1)
    (other,) = pictures(phantoms, "-o", tmp_path / "b", "--count", 1, *option)
    first, second = (np.asarray(Image.open(row["file"])) for row in (plain, other))
    assert first.shape != second.shape or not np.array_equal(first, second)


def test_structures_of_an_overlay_are_those_that_are_named(phantoms: Path, tmp_path: Path) -> None:
    base = ("--representation", "overlay", "--count", 1)
    (one,) = pictures(phantoms, "-o", tmp_path / "a", *base, "--structures", "liver")
    (two,) = pictures(phantoms, "-o", tmp_path / "b", *base, "--structures", "liver, spleen")
    assert (
        one["caption"] != two["caption"] or Path(one["file"]).read_bytes() != Path(two["file"]).read_bytes()
    )
    refused = run("inputs", "show", phantoms, "-o", tmp_path / "c", *base, "--structures", "wing", code=3)
    assert "wing" in refused.stderr


def test_models_are_shown_by_name_and_unknown_ones_named() -> None:
    facts = json.loads(run("models", "show", "m3d_lamed", "--json").stdout)
    assert facts["name"] == "m3d_lamed"
    assert "m3d_lamed" in run("models", "show", "m3d_lamed").stdout
    wrong = run("models", "show", "m3d_lamd", code=3)
    assert (wrong.stderr.count("\n"), "m3d_lamed" in wrong.stderr) == (1, True)
    for command in (("fetch", "random", "-o", "w"), ("fetch", "m3d_lamed", "--texts")):
        done = run("models", *command, code=3)
        assert (done.stderr.count("\n"), done.stdout) == (1, "")


def test_a_folder_that_is_no_checkpoint_is_told(tmp_path: Path) -> None:
    (tmp_path / "w").mkdir()
    done = medspatial("models", "check", tmp_path / "w", "-m", "m3d_lamed", "--json")
    assert done.returncode in {1, 3}
    assert "Traceback" not in done.stderr
    if done.returncode == 1:
        assert not all(row["fine"] for row in json.loads(done.stdout))
    language = ("models", "export-language", "echo", "--model-path", tmp_path / "w", "-o", tmp_path / "o")
    refused = run(*language, code=3)
    assert "model 'echo': its language part cannot be served by an engine" in refused.stderr
    assert not (tmp_path / "o").exists()


@pytest.fixture
def two_levels(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(QUANTITIES, "thickness", replace(QUANTITIES["thickness"], levels=(20.0, 40.0)))


def acuity(folder: Path, *more: object) -> list[Acuity]:
    run("acuity", "-o", folder, "--quantity", "thickness", *more)
    return read_records(folder / "acuity.jsonl", Acuity).rows


@pytest.mark.usefixtures("two_levels")
def test_acuity_of_an_input_has_as_many_bodies_and_its_figures_where_said(tmp_path: Path) -> None:
    done = run(
        "acuity", "--input", "8_slices", "--quantity", "thickness", "--patients", 2, "-o", tmp_path, "--json"
    )
    (one,) = json.loads(done.stdout)
    assert (one["of"], one["kind"], one["quantity"], one["patients"]) == ("8_slices", "input", "thickness", 2)
    assert {path.name for path in tmp_path.iterdir()} == {
        "acuity.jsonl",
        "acuity_thickness.svg",
        "acuity_thickness.png",
    }
    refused = run("acuity", "--input", "9_slices", "-o", tmp_path / "no", code=3)
    assert "no input '9_slices' without weights" in refused.stderr
    refused = run("acuity", "--input", "8_slices", "--quantity", "colour", "-o", tmp_path / "no", code=3)
    assert "unknown quantity 'colour'" in refused.stderr
    assert not (tmp_path / "no").exists()


@pytest.mark.usefixtures("two_levels")
def test_acuity_of_a_model_has_as_many_trials_and_resumes(tmp_path: Path) -> None:
    options = ("-m", "random", "--patients", 2, "--repeats", 3, "--set", "seed=4")
    (one,) = acuity(tmp_path, *options)
    assert (one.of, one.kind, one.patients) == ("random", "model", 2)
    assert {level.trials for level in one.levels} == {6}
    answers = (tmp_path / "random.jsonl").read_bytes()
    assert acuity(tmp_path, *options) == [one]
    assert (tmp_path / "random.jsonl").read_bytes() == answers
    (other,) = acuity(tmp_path / "b", *options[:-1], "seed=5")
    assert other.levels != one.levels
    told = run("acuity", "-o", tmp_path, "--quantity", "thickness", *options)
    assert "random: 12 volumes, one question each" in told.stderr


STUDY = """title: T
cases: {{path: {data}}}
questions: {{subtypes: [L1, V1], balance: false}}
models: [oracle]
metrics: [exact]
compare: {{metric: exact, resamples: 20}}
report: {{max_pictures: 0, figures: []}}
"""


@pytest.fixture(scope="module")
def study(phantoms: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A study file and the folder of its run."""
    folder = tmp_path_factory.mktemp("study")
    (folder / "study.yaml").write_text(STUDY.format(data=phantoms))
    run("run", folder / "study.yaml", "-o", folder / "run", "-q")
    return folder / "study.yaml", folder / "run"


def comparison(folder: Path) -> dict[str, Any]:
    facts: dict[str, Any] = json.loads((folder / "compare" / "comparison.json").read_text())
    return facts


def test_choices_take_the_place_of_the_studys(study: tuple[Path, Path], tmp_path: Path) -> None:
    assert set(comparison(study[1])["models"]) == {"oracle"}
    done = run(
        "run", study[0], "-o", tmp_path / "run", "-q", "-m", "echo", "--metric", "structured", "--limit", 2,
        "--arm", "standard", "--arm", "text_only", "--cache", tmp_path / "cache", "--cache-gb", 1,
    )  # fmt: skip
    facts = comparison(tmp_path / "run")
    assert (set(facts["models"]), facts["metric"], facts["n_questions"]) == ({"echo"}, "structured", 2)
    names = {path.name for path in (tmp_path / "run" / "predictions").glob("*.jsonl")}
    assert {"echo.jsonl", "echo@text_only.jsonl"} <= names
    lines = done.stdout.strip().splitlines()
    assert lines[0].startswith("Accuracy in percent"), "--quiet leaves the table"
    assert lines[-1].startswith("Report: file:")


def test_a_second_run_writes_nothing_anew_and_tells_its_stages(study: tuple[Path, Path]) -> None:
    answers = study[1] / "predictions" / "oracle.jsonl"
    before = answers.read_bytes(), answers.stat().st_mtime_ns
    loud = run("run", study[0], "-o", study[1]).stdout.splitlines()
    assert (answers.read_bytes(), answers.stat().st_mtime_ns) == before
    table = next(place for place, line in enumerate(loud) if line.startswith("Accuracy in percent"))
    assert table > 1, "without --quiet the stages stand before the table"


def test_a_repeated_run_lies_beside_the_first_and_names_what_differs(study: tuple[Path, Path]) -> None:
    path = study[1] / "predictions" / "oracle.jsonl"
    kept = path.read_text()
    try:
        path.write_text(kept.replace('"prediction": "', '"prediction": "not ', 1))
        done = run("rerun", study[1], "-q", code=1)
    finally:
        path.write_text(kept)
    *differing, last = done.stdout.splitlines()
    beside = study[1].with_name("run-rerun")
    assert last.endswith(f"the repeated run is in {beside}")
    assert all(line.startswith(("differs: ", "version: ")) for line in differing)
    assert any("predictions/oracle.jsonl" in line for line in differing)
    assert (beside / "predictions" / "oracle.jsonl").read_text() == kept
    nothing = run("rerun", study[1] / "compare", code=3)
    assert nothing.stderr.count("\n") == 1


def test_a_run_is_shown_with_its_link_and_its_port(
    study: tuple[Path, Path], phantoms: Path, questions: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    served: list[tuple[int, bool, int]] = []

    def serve(routes: Any, tokens: dict[str, str], bound: Any, say: Any, *, launch: bool = False) -> None:
        served.append((bound.getsockname()[1], launch, len(tokens)))
        bound.close()

    monkeypatch.setattr("medspatial.view.serve.serve_people", serve)
    count = len(read_records(questions, Question))
    done = run("view", phantoms, "--questions", questions, "--port", 0, "--no-browser")
    assert done.stdout.startswith(f"2 cases, {count} questions: ")
    assert run("view", study[1], "--port", 0).stdout.startswith("2 cases, ")
    assert [(launch, tokens) for _, launch, tokens in served] == [(False, 1), (True, 1)]
    missing = run("view", phantoms, "--questions", phantoms / "none.jsonl", "--no-browser", code=3)
    assert missing.stderr.count("\n") == 1
