"""A whole study on phantoms: every stage's files, resume, refusal of a foreign folder."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner

from medspatial.cases import CaseData, load_case, write_phantoms
from medspatial.cases.kept_volumes import KeptVolumes
from medspatial.cli.app import app
from medspatial.errors import InputError
from medspatial.files import locked
from medspatial.records import Case, Prediction, Question, Score, read_records
from medspatial.study import StudyConfig, StudyRun, loading, run_study
from medspatial.volume import read_volume, write_volume


def files(folder: Path) -> dict[str, bytes]:
    """Everything that must not depend on when or how often the study was run."""
    kept = [p for p in folder.rglob("*.jsonl") if not p.name.endswith(".volumes.jsonl")]
    return {str(path.relative_to(folder)): path.read_bytes() for path in kept}


def test_every_stage_leaves_its_files(small_run: StudyRun) -> None:
    folder = small_run.folder
    questions = read_records(folder / "questions" / "questions.jsonl", Question).rows
    assert small_run.questions == len(questions) > 40
    for model in ("random", "oracle", "echo", "prior"):
        answers = read_records(folder / "predictions" / f"{model}.jsonl", Prediction).rows
        assert sorted(row.id for row in answers) == sorted(question.id for question in questions)
        scores = read_records(folder / "scores" / "structured" / f"{model}.jsonl", Score).rows
        assert len(scores) == len(questions)
    assert (folder / "compare" / "correctness_matrix.csv").exists()
    assert small_run.report.exists()


def test_the_oracle_is_always_right_and_echo_never_answers(small_run: StudyRun) -> None:
    oracle = small_run.comparison.result("oracle").overall
    echo = small_run.comparison.result("echo").overall
    assert oracle.accuracy == 1.0
    assert (echo.correct, echo.unanswered) == (0, echo.n)


@pytest.mark.parametrize("arm", ["mirrored", "permuted_options"])
def test_the_oracle_is_right_in_every_arm(small_run: StudyRun, arm: str) -> None:
    assert small_run.comparison.result("oracle", arm).overall.accuracy == 1.0


def test_random_is_at_chance_within_its_interval(small_run: StudyRun) -> None:
    closed = [
        accuracy
        for accuracy in small_run.comparison.result("random").by_subtype.values()
        if accuracy.closed == accuracy.n
    ]
    n = sum(accuracy.n for accuracy in closed)
    right = sum(accuracy.correct for accuracy in closed)
    chance = sum(accuracy.n * (accuracy.chance or 0) for accuracy in closed) / n
    assert abs(right / n - chance) < 4 * (chance * (1 - chance) / n) ** 0.5


def test_mirrored_questions_are_linked_to_their_twins(small_run: StudyRun) -> None:
    questions = read_records(small_run.folder / "questions" / "questions.jsonl", Question).rows
    mirrored = [question for question in questions if question.subtype == "L6"]
    assert mirrored
    pairs = {question.pair_id for question in questions if question.subtype != "L6" and question.pair_id}
    assert {question.pair_id for question in mirrored} & pairs


def test_the_same_study_again_changes_nothing(small_run: StudyRun, small_config: StudyConfig) -> None:
    before = files(small_run.folder)
    again = run_study(small_config, small_run.folder)
    assert files(small_run.folder) == before
    assert again.comparison == small_run.comparison
    sessions = json.loads((small_run.folder / "manifest.json").read_text())["sessions"]
    assert len(sessions) >= 2


def test_another_study_in_the_same_folder_is_refused(small_run: StudyRun, small_config: StudyConfig) -> None:
    other = small_config.model_copy(update={"title": "Another"})
    with pytest.raises(InputError, match=r"holds another study \(changed: title\)"):
        run_study(other, small_run.folder)


def test_killed_anywhere_and_resumed_it_ends_in_the_same_files(
    small_run: StudyRun, small_config: StudyConfig, tmp_path: Path
) -> None:
    code = (
        "import sys; from medspatial.study import StudyConfig, run_study\n"
        "config = StudyConfig.model_validate_json(sys.argv[1])\n"
        "print('ready', flush=True); run_study(config, sys.argv[2])"
    )
    command = [sys.executable, "-c", code, small_config.model_dump_json(), str(tmp_path)]
    for delay in (0.4, 1.5, 2.6):
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        assert process.stdout is not None
        process.stdout.readline()
        time.sleep(delay)
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        process.stdout.close()
    run_study(small_config, tmp_path)
    assert files(tmp_path) == files(small_run.folder)


def test_cases_without_masks_give_a_clear_error(tmp_path: Path) -> None:
    config = StudyConfig.model_validate(
        {"title": "T", "cases": {"path": str(tmp_path)}, "models": ["random"]}
    )
    with pytest.raises(InputError, match=str(tmp_path)):
        run_study(config, tmp_path / "out")


def test_a_patient_who_comes_later_costs_no_answer(tmp_path: Path) -> None:
    data, out = tmp_path / "data", tmp_path / "out"
    write_phantoms(data / "cases", 3, 5, spacing=(8.0, 8.0, 8.0))
    config = StudyConfig.model_validate(
        {
            "title": "Growing",
            "cases": {"path": str(data / "cases.jsonl")},
            "questions": {"subtypes": ["L1", "V1"], "balance": False},
            "models": ["random", "prior", "oracle"],
            "metrics": ["exact"],
            "compare": {"metric": "exact", "resamples": 50},
            "report": {"max_pictures": 0, "figures": []},
        }
    )
    rows = (data / "cases/cases.jsonl").read_text().splitlines(keepends=True)
    shutil.copytree(data / "cases", data, dirs_exist_ok=True)
    (data / "cases.jsonl").write_text("".join(rows[:2]))
    first = run_study(config, out)
    kept = (out / "predictions/random.jsonl").read_text()
    (data / "cases.jsonl").write_text("".join(rows))
    second = run_study(config, out)
    assert second.questions > first.questions
    assert (out / "predictions/random.jsonl").read_text().startswith(kept)
    assert second.comparison.result("oracle").overall.accuracy == 1.0
    (data / "cases.jsonl").write_text("".join(rows[1:]))
    third = run_study(config, out)
    answered = read_records(out / "predictions/random.jsonl", Prediction).rows
    assert len(answered) == third.questions
    aside = read_records(out / "predictions/random.unasked", Prediction).rows
    assert len(aside) == second.questions - third.questions


def test_cases_that_give_no_question_are_named_on_the_page(tmp_path: Path) -> None:
    data = tmp_path / "data"
    write_phantoms(data, 2, 5, spacing=(8.0, 8.0, 8.0))
    lines = (data / "cases.jsonl").read_text().splitlines()
    bare = {**json.loads(lines[1]), "masks": []}
    (data / "cases.jsonl").write_text(f"{lines[0]}\n{json.dumps(bare)}\n")
    done = CliRunner().invoke(app, ["run", str(data / "cases.jsonl"), "-o", str(tmp_path / "out")])
    assert done.exit_code == 1
    assert "1 cases gave no question; the report names them" in done.output
    page = (tmp_path / "out/report/index.html").read_text()
    assert "Cases that gave no question (1)" in page
    assert bare["case_id"] in page
    assert "the case has no masks" in page


@pytest.fixture
def on_files(tmp_path: Path) -> StudyConfig:
    """A study on three phantoms in a folder of their own."""
    write_phantoms(tmp_path / "data", 3, spacing=6.0)
    (tmp_path / "data" / "cases.jsonl").unlink()
    (tmp_path / "data" / "empty").mkdir()
    return StudyConfig.model_validate(
        {
            "title": "T",
            "cases": {"path": str(tmp_path / "data"), "label_map": "phantom"},
            "questions": {"subtypes": ["L1", "V3"], "balance": False},
            "models": ["random", "oracle", "prior"],
            "arms": ["wrong_patient"],
            "compare": {"resamples": 50},
            "report": {"max_pictures": 0, "figures": []},
        }
    )


def test_a_walk_after_a_repair_asks_again_what_changed(on_files: StudyConfig, tmp_path: Path) -> None:
    path = tmp_path / "data" / "phantom_00001" / "seg.nii.gz"
    labels = read_volume(path, unit="label")
    write_volume(replace(labels, voxels=np.zeros_like(labels.voxels)), path)
    said: list[str] = []
    warned: list[str] = []
    out = tmp_path / "out"
    first = run_study(on_files, out, said.append, warned.append)
    assert said[0] == f"cases: 3 of 3 patients in {tmp_path / 'data'}"
    assert warned == [
        "no case: empty: is empty",
        "3 other files are no CT or masks: 3 .json",
        "case phantom_00001 gives none: refused: its masks show no structure; seg.nii.gz: all voxels are 0",
    ]
    kept = (out / "predictions" / "random.jsonl").read_text()

    write_volume(labels, path)
    said.clear()
    second = run_study(on_files, out, said.append)
    assert second.questions > first.questions
    assert (out / "predictions" / "random.jsonl").read_text().startswith(kept)
    # prior learns from all questions, and the arm shows a patient the volume of another
    aside = {line.partition(":")[0] for line in said if "set aside" in line}
    arms = {f"{name} in arm wrong_patient" for name in ("random", "oracle", "prior")}
    assert aside == {"oracle", "prior", *arms}
    again = run_study(on_files, out)
    assert again.comparison == second.comparison
    for model in ("random", "prior"):
        rows = read_records(out / "predictions" / f"{model}.jsonl", Prediction).rows
        assert len(rows) == second.questions


LOOKER = """
from medspatial.models import Answer, Model
class Looker(Model):
    def __init__(self):
        self.name = "looker"
    def answer(self, encoded, queries):
        if any(query.id < "8" for query in queries):
            raise KeyError("x")
        return [Answer("left") for _ in queries]
"""


def test_a_changed_ct_leaves_the_arm_without_image_alone_and_failures_are_told(
    on_files: StudyConfig, tmp_path: Path, plugin_model: Callable[..., str]
) -> None:
    kind = plugin_model(LOOKER, "Looker")
    model = on_files.models[0].model_copy(update={"kind": kind, "name": kind})
    config = on_files.model_copy(update={"models": (model,), "arms": ("text_only",)})
    said: list[str] = []
    warned: list[str] = []
    run_study(config, tmp_path / "out", said.append, warned.append)
    failures = tmp_path / "out" / "predictions" / "toy.failures.jsonl"
    told = [line for line in warned if line.startswith("toy: ")]
    assert len(told) == 1
    assert "most often" in told[0]
    assert f"answer: KeyError: 'x'; each with its error: {failures}" in told[0]
    ct = sorted((tmp_path / "data").rglob("ct.nii.gz"))[0]
    os.utime(ct, ns=(0, ct.stat().st_mtime_ns + 10**9))
    said.clear()
    run_study(config, tmp_path / "out", said.append)
    assert [line.partition(":")[0] for line in said if "set aside" in line] == ["toy"]


def test_two_models_of_a_study_share_one_reading_of_each_volume(
    on_files: StudyConfig,
    tmp_path: Path,
    plugin_model: Callable[..., str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    kind = plugin_model(LOOKER.replace("if any", "if False and any"), "Looker")
    models = tuple(
        on_files.models[0].model_copy(update={"kind": kind, "name": name, "options": {}}) for name in "ab"
    )
    config = on_files.model_copy(update={"models": models, "arms": ("standard",)})
    read: list[str] = []

    def counted(case: Case, root: Path, **how: Any) -> CaseData:
        if not how.get("with_masks", True):
            read.append(case.case_id)
        return load_case(case, root, **how)

    monkeypatch.setattr(loading, "load_case", counted)
    run = run_study(config, tmp_path / "out", kept=KeptVolumes.below(tmp_path / "cache", 1 << 30))
    assert run.failed == 0
    assert len(read) == len(set(read)) == 3


def test_a_second_run_on_a_folder_is_refused_and_says_who_holds_it(
    small_config: StudyConfig, tmp_path: Path
) -> None:
    with (
        locked(tmp_path),
        pytest.raises(InputError, match=rf"writing this folder \(process {os.getpid()} on "),
    ):
        run_study(small_config, tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == [".lock"]
