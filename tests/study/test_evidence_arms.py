"""A study with evidence arms and inputs: one line per arm, costs said first, resumed, shown."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from medspatial.records import Sight, read_records
from medspatial.study import StudyConfig, run_study
from medspatial.study.check import check_study
from medspatial.view.library import open_library

CONFIG = {
    "title": "Causes",
    "cases": {"phantom": {"count": 2, "seed": 1, "spacing": 5.0}},
    "questions": {"subtypes": ["L3", "V1", "A5"], "per_subtype": 1, "forms": ["choice"]},
    "models": ["oracle", "random"],
    "arms": ["evidence_removed", "irrelevant_removed", "false_premise", "abstain_offered"],
    "compare": {"resamples": 100, "inputs": ["8_slices"]},
    "report": {"max_pictures": 0, "figures": []},
}


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory):
    folder: Path = tmp_path_factory.mktemp("causes")
    said: list[str] = []
    return run_study(StudyConfig.model_validate(CONFIG), folder, said.append), said


def test_costs_are_said_before_the_first_answer(ran) -> None:
    _, said = ran
    first_answer = next(n for n, line in enumerate(said) if "answered now" in line)
    costs = [line for line in said[:first_answer] if line.startswith("arm")]
    assert any(line.startswith("arm evidence_removed: ") for line in costs)
    assert "changed volumes to show to each model that looks" in costs[0]
    assert costs[-1].startswith("arms: ")
    assert costs[-1].endswith("volumes to encode per model that looks, 2 without these arms")


def test_every_arm_is_asked_and_who_knows_by_heart_has_no_grounding(ran) -> None:
    run, _ = ran
    assert run.stopped == {}
    causes = run.comparison.causes
    assert causes is not None
    oracle = next(one for one in causes.grounding if one.model == "oracle" and one.category is None)
    assert (oracle.accuracy, oracle.accuracy_without, oracle.grounding.value) == (1.0, 1.0, 0.0)
    found = {(one.model, one.kind): set(one.ids) for one in causes.cases}
    ids = {json.loads(line)["id"] for line in _lines(run, "oracle@evidence_removed")}
    assert found["oracle", "right_without_evidence"] == ids
    assert set(causes.ungrounded) == ids & found.get(("random", "right_without_evidence"), set())
    asked = {json.loads(line)["id"] for line in _lines(run, "random@false_premise")}
    assert found["random", "false_answer"] <= asked


def test_inputs_stand_beside_the_models_and_on_the_page(ran) -> None:
    run, _ = ran
    sights = read_records(run.folder / "compare" / "sights" / "8_slices.jsonl", Sight).rows
    assert len(sights) == run.questions
    overall = run.comparison.inputs[0]
    assert overall.lost == sum(one.lost for one in sights) > 0
    page = run.report.read_text()
    assert "What inputs hold of the questions" in page
    assert "Why answers are right" in page
    assert "Right for the wrong reason" in page or not run.comparison.causes.ungrounded


def test_a_second_run_asks_nothing_and_looks_into_nothing_again(ran) -> None:
    run, _ = ran
    path = run.folder / "compare" / "sights" / "8_slices.jsonl"
    before = path.stat().st_mtime_ns
    said: list[str] = []
    again = run_study(StudyConfig.model_validate(CONFIG), run.folder, said.append)
    assert path.stat().st_mtime_ns == before
    assert again.comparison == run.comparison
    assert all(" 0 answered now" in f" {line.partition(': ')[2]}" for line in said if "answered now" in line)


def test_the_viewer_names_the_faults_of_a_question(ran) -> None:
    run, _ = ran
    library = open_library(run.folder)
    cases = next(one for one in run.comparison.causes.cases if one.model == "oracle")
    assert ("oracle", "right, also without the evidence") in library.faults[cases.ids[0]]
    sights = read_records(run.folder / "compare" / "sights" / "8_slices.jsonl", Sight).rows
    lost = next(one for one in sights if one.lost)
    assert any(who == "input 8_slices" for who, _ in library.faults[lost.id])


def test_an_unknown_input_is_told_before_anything_is_computed() -> None:
    wrong = {**CONFIG, "compare": {"inputs": ["9_slices"]}}
    (found,) = check_study(StudyConfig.model_validate(wrong)).of("wrong")
    assert found.part == "compare.inputs"
    assert "no input '9_slices' without weights; there are: whole_volume" in found.message


def _lines(run, stem: str) -> list[str]:
    return (run.folder / "predictions" / f"{stem}.jsonl").read_text().splitlines()
