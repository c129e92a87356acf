"""A whole study on phantoms: every stage's files, resume, refusal of a foreign folder."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from medspatial.errors import InputError
from medspatial.records import Prediction, Question, Score, read_records
from medspatial.study import StudyConfig, StudyRun, run_study


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
