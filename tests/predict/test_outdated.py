"""Answers that no longer hold are set aside and asked again, the others stay."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from medspatial.arms import Arm
from medspatial.inputs import Query
from medspatial.models import Answer, Model, create_model
from medspatial.predict import Cases, PredictionRun, predict
from medspatial.records import Case, Prediction, Question, read_records
from medspatial.study.loading import CaseLoader

STATES = {"a": "1", "b": "1"}
TOGETHER = Arm("standard", "each answer rests on all cases", each_alone=False)


class Looker(Model):
    """Looks at volumes and says what it was asked."""

    name = "looker"

    def prepare(self, volume: Any) -> Any:
        return None

    def answer(self, encoded: Any, queries: Sequence[Query]) -> list[Answer]:
        return [Answer(query.text) for query in queries]


class FakeVolume:
    fingerprint = "print"

    def __init__(self, case_id: str) -> None:
        self.case_id = case_id


def asked(**answers: str) -> list[Question]:
    return [
        Question(case_id=case, question="Which side?", answer=answer, options=("left", "right"))
        for case, answer in answers.items()
    ]


BOTH = asked(a="left", b="right")


def run(path: Path, questions: Sequence[Question], states: dict[str, str], **more: Any) -> PredictionRun:
    return predict(Looker(), questions, path, cases=Cases(FakeVolume, states=states), **more)  # type: ignore[arg-type]


def answered(path: Path) -> list[str]:
    return [row.case_id for row in read_records(path, Prediction)]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "looker.jsonl"
    run(path, BOTH, STATES)
    return path


def test_where_nothing_changed_nothing_is_asked(path: Path) -> None:
    before = path.read_bytes()
    again = run(path, BOTH, STATES)
    assert (again.resumed, again.answered, again.outdated) == (2, 0, 0)
    assert path.read_bytes() == before
    assert not path.with_suffix(".outdated").exists()


def test_a_case_whose_files_changed_is_asked_again(path: Path) -> None:
    changed = run(path, BOTH, {**STATES, "b": "2"})
    assert (changed.resumed, changed.answered, changed.outdated) == (1, 1, 1)
    aside = [json.loads(line)["case_id"] for line in path.with_suffix(".outdated").read_text().splitlines()]
    assert aside == ["b"]
    assert run(path, BOTH, {**STATES, "b": "2"}).outdated == 0


def test_a_call_that_does_not_know_the_files_leaves_answers_alone(path: Path) -> None:
    unknown = predict(Looker(), BOTH, path, cases=FakeVolume)  # type: ignore[arg-type]
    assert (unknown.resumed, unknown.outdated) == (2, 0)
    assert run(path, BOTH, {**STATES, "b": "2"}).outdated == 1  # what was known before stays known


def test_a_model_that_does_not_look_does_not_mind_files(tmp_path: Path) -> None:
    for states in (STATES, {**STATES, "b": "2"}):
        assert (
            predict(create_model("echo"), BOTH, tmp_path / "echo.jsonl", cases=Cases(states=states)).outdated
            == 0
        )


def test_where_cases_depend_on_each_other_all_are_asked_again(path: Path) -> None:
    changed = run(path, BOTH, {**STATES, "b": "2"}, arm=TOGETHER)
    assert (changed.answered, changed.outdated) == (2, 2)


def test_a_case_that_no_question_concerns_may_come_and_go(tmp_path: Path) -> None:
    path = tmp_path / "looker.jsonl"
    run(path, BOTH, {**STATES, "idle": "1"}, arm=TOGETHER)
    for states in ({**STATES, "idle": "2"}, STATES, {**STATES, "other": "1"}):
        again = run(path, BOTH, states, arm=TOGETHER)
        assert (again.resumed, again.outdated) == (2, 0)


def test_killed_before_the_end_it_comes_to_the_same(path: Path) -> None:
    states = path.with_name("looker.cases.json")
    before, manifest = states.read_bytes(), path.with_name("looker.manifest.json").read_bytes()
    with path.open("a") as file:
        file.write('{"id": "torn')
    for _ in range(2):
        states.write_bytes(before)  # written behind the answers
        path.with_name("looker.manifest.json").write_bytes(manifest)
        run(path, BOTH, {**STATES, "b": "2"})
        assert sorted(answered(path)) == ["a", "b"]
    assert json.loads(states.read_text()) == {**STATES, "b": "2"}


def test_a_case_that_changed_while_it_was_not_asked_is_asked_again(path: Path) -> None:
    only = asked(a="left")
    assert run(path, only, STATES).outdated == 0
    back = run(path, BOTH, {**STATES, "b": "2"})
    assert (back.resumed, back.answered, back.outdated) == (1, 1, 1)
    assert run(path, only, STATES).outdated == 0
    same = run(path, BOTH, {**STATES, "b": "2"})
    assert (same.resumed, same.answered) == (2, 0)


def test_killed_while_answers_are_taken_back_none_is_lost(path: Path) -> None:
    whole = path.read_bytes()
    run(path, asked(a="left"), STATES)
    path.with_suffix(".unasked").write_bytes(whole)  # as it stands before the answers are written
    again = run(path, BOTH, STATES)
    assert (again.resumed, again.answered) == (2, 0)


def test_voxels_that_change_beside_their_header_set_answers_aside(tmp_path: Path) -> None:
    header = (
        "NRRD0004\ntype: short\ndimension: 3\nsizes: 4 4 4\nendian: little\nencoding: raw\n"
        "space: left-posterior-superior\nspace directions: (1,0,0) (0,1,0) (0,0,2)\nspace origin: (1,2,3)\n"
    )
    voxels = np.linspace(-1000, 1000, 64).astype("<i2")
    for case_id in STATES:
        voxels.tofile(tmp_path / f"voxels_{case_id}.raw")
        (tmp_path / f"{case_id}.nhdr").write_text(f"{header}data file: voxels_{case_id}.raw\n")

    def ask() -> PredictionRun:
        cases = [Case(case_id=one, patient_id=one, image_path=f"{one}.nhdr") for one in STATES]
        loader = CaseLoader(cases, tmp_path)
        shown = Cases(loader.volume, states=loader.states)
        return predict(Looker(), BOTH, tmp_path / "looker.jsonl", cases=shown)

    assert ask().answered == 2
    assert (again := ask()).resumed == 2
    assert again.outdated == 0
    voxels[7] += 1
    voxels.tofile(tmp_path / "voxels_b.raw")
    os.utime(tmp_path / "voxels_b.raw", ns=(1, 1))
    changed = ask()
    assert (changed.resumed, changed.answered, changed.outdated) == (1, 1, 1)
