"""A study is repeated from its manifest, and what differs is found."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from medspatial.cli.app import app
from medspatial.errors import InputError
from medspatial.study import StudyConfig, compare_runs, rerun_study, run_study, study_of

CONFIG = {
    "title": "Twice",
    "cases": {"phantom": {"count": 2, "seed": 3, "spacing": 6}},
    "questions": {"subtypes": ["L1", "V1", "D1"]},
    "models": [{"kind": "random"}, {"kind": "oracle"}],
    "metrics": [{"name": "exact"}],
    "compare": {"metric": "exact", "resamples": 100},
    "report": {"max_pictures": 0, "figures": []},
}


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("rerun") / "run"
    run_study(StudyConfig.model_validate(CONFIG), folder)
    return folder


@pytest.fixture
def run(finished: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(finished, tmp_path / "run"))


def edit(path: Path, row: int, **fields: Any) -> str:
    """Change fields of one row of a file; return its id."""
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    rows[row].update(fields)
    path.write_text("".join(json.dumps(one) + "\n" for one in rows))
    return str(rows[row]["id"])


def test_the_same_study_gives_the_same_rows_and_versions_that_changed_are_named(
    run: Path, tmp_path: Path
) -> None:
    path = run / "manifest.json"
    manifest = json.loads(path.read_text())
    manifest["sessions"][-1]["versions"]["numpy"] = "1.0"
    path.write_text(json.dumps(manifest))
    found = rerun_study(run, tmp_path / "again")
    assert found.same
    assert {name: then for name, (then, _) in found.versions.items()} == {"numpy": "1.0"}
    questions = found.compared["questions/questions.jsonl"]
    assert questions > 3
    assert found.compared == {
        "questions/questions.jsonl": questions,
        "predictions/oracle.jsonl": questions,
        "predictions/random.jsonl": questions,
        "scores/exact/oracle.jsonl": questions,
        "scores/exact/random.jsonl": questions,
    }


def test_another_answer_of_the_first_run_is_found(run: Path, finished: Path) -> None:
    changed = edit(run / "predictions/random.jsonl", 1, prediction="something else")
    _, (difference,) = compare_runs(run, finished)
    assert (difference.file, difference.changed) == ("predictions/random.jsonl", 1)
    assert changed in str(difference)
    assert '"something else" before' in str(difference)


def test_another_verdict_is_found(run: Path, finished: Path) -> None:
    edit(run / "scores/exact/oracle.jsonl", 0, score=0.0, correct=False)
    _, (difference,) = compare_runs(run, finished)
    assert (difference.file, difference.changed) == ("scores/exact/oracle.jsonl", 1)


def test_rows_that_came_or_went_are_counted(run: Path, finished: Path) -> None:
    path = run / "predictions/random.jsonl"
    first, *rest = path.read_text().splitlines(keepends=True)
    path.write_text("".join(rest))
    _, (difference,) = compare_runs(run, finished)
    assert (difference.changed, difference.only_before, difference.only_now) == (0, 0, 1)
    path.write_text("".join([first, *rest, first.replace(json.loads(first)["id"], "another")]))
    _, (difference,) = compare_runs(run, finished)
    assert (difference.only_before, difference.only_now) == (1, 0)


def test_rows_of_several_models_in_one_file_are_all_compared(run: Path, finished: Path) -> None:
    rows = [json.loads(line) for line in (run / "scores/exact/random.jsonl").read_text().splitlines()]
    for folder, last in ((run, 0.0), (finished.parent / "read", 1.0)):
        shutil.copytree(finished, folder, dirs_exist_ok=True)
        both = [{**rows[0], "model": name, "score": 1.0, "correct": True} for name in ("ann", "ben")]
        both[0] |= {"score": last, "correct": bool(last)}
        text = "".join(json.dumps(one) + "\n" for one in both)
        (folder / "scores/exact/several.jsonl").write_text(text)
    compared, (difference,) = compare_runs(run, finished.parent / "read")
    assert compared["scores/exact/several.jsonl"] == 2
    assert (difference.file, difference.changed) == ("scores/exact/several.jsonl", 1)
    assert "of ann" in difference.example


def test_a_file_that_one_run_has_alone_is_named(run: Path, finished: Path) -> None:
    (run / "scores/exact/random.jsonl").unlink()
    _, (difference,) = compare_runs(run, finished)
    assert (difference.file, difference.rows) == ("scores/exact/random.jsonl", 0)
    assert difference.only_now > 3


def test_the_order_of_rows_and_seconds_do_not_count(run: Path, finished: Path) -> None:
    path = run / "predictions/random.jsonl"
    path.write_text("".join(reversed(path.read_text().splitlines(keepends=True))))
    edit(path, 0, metadata={"seconds": 99})
    assert compare_runs(run, finished)[1] == []


def test_a_failed_answer_is_compared_too(run: Path, finished: Path) -> None:
    path = run / "predictions/random.jsonl"
    first, *rest = path.read_text().splitlines(keepends=True)
    path.write_text("".join(rest))
    failed = {**json.loads(first), "prediction": None, "status": "failed", "error": "out of memory"}
    path.with_name("random.failures.jsonl").write_text(json.dumps(failed) + "\n")
    _, (difference,) = compare_runs(run, finished)
    assert (difference.changed, difference.only_now) == (1, 0)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (None, "not found; a folder that `medspatial run` wrote is needed"),
        ("{", "not a manifest of this program"),
        ('{"stage": "predict"}', "the manifest of the stage 'predict', not of a study"),
        (
            '{"stage": "study", "configuration": {"models": ["random"]}}',
            "configuration: field 'cases': Field required",
        ),
    ],
)
def test_a_folder_without_a_study_is_refused(tmp_path: Path, text: str | None, said: str) -> None:
    if text is not None:
        (tmp_path / "manifest.json").write_text(text)
    with pytest.raises(InputError, match=said):
        study_of(tmp_path)


def test_the_run_itself_is_never_written(run: Path) -> None:
    with pytest.raises(InputError, match="is the run itself"):
        rerun_study(run, run.parent / "x" / ".." / "run")


def test_folders_without_results_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="holds no questions, predictions or scores"):
        compare_runs(tmp_path, tmp_path)


def test_the_command_says_what_differs_and_ends_with_one(run: Path) -> None:
    same = CliRunner().invoke(app, ["rerun", str(run), "-q"])
    assert same.exit_code == 0, same.output
    assert "the same: " in same.stdout
    edit(run / "predictions/oracle.jsonl", 0, prediction="never said")
    other = CliRunner().invoke(app, ["rerun", str(run), "-q"])
    assert other.exit_code == 1
    assert "differs: predictions/oracle.jsonl: 1 of" in other.stdout
