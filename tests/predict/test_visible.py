"""Visible shares: of the evidence's points, in the metadata, known or absent, the same after a resume."""

from __future__ import annotations

import gc
import json
import weakref
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from medspatial.errors import MissingPackageError, RunStopped
from medspatial.inputs import Query
from medspatial.models import Answer, Model, Point
from medspatial.predict import PredictOptions, failure_lines, predict, read_predictions
from medspatial.records import Evidence, EvidencePoint, Question
from medspatial.score import metric
from medspatial.volume import Affine, Volume

LEFT, RIGHT, FAR = (-8.0, 5.0, 5.0), (6.0, 5.0, 5.0), (-9.0, 1.0, 2.0)


def volume(case_id: str) -> Volume:
    """Ten voxels of 2 mm along each axis, x from -9 to 9 mm."""
    affine = np.diag([2.0, 2.0, 2.0, 1.0])
    affine[0, 3] = -9
    return Volume(np.zeros((10, 10, 10), np.int16), Affine(affine), "HU")


def question(name: str, *points: Point, case: str = "a") -> Question:
    evidence = Evidence(points=tuple(EvidencePoint(name="p", xyz=point) for point in points))
    return Question(
        id=name, case_id=case, patient_id=case, question="Which side?", answer="left", evidence=evidence
    )


QUESTIONS = [
    question("both", LEFT, RIGHT),
    question("left", LEFT),
    question("third", LEFT, FAR, RIGHT),
    question("none"),
    Question(id="bare", case_id="a", patient_id="a", question="Why?", answer="x"),
    question("right", RIGHT, case="b"),
]


class RightHalf(Model):
    """Sees what lies on the patient's right; notes when it is asked what."""

    def __init__(self) -> None:
        self.name = "right half"
        self.calls: list[Any] = []

    def prepare(self, volume: Volume | None) -> str:
        return "prepared"

    def answer(self, encoded: Any, queries: Sequence[Query]) -> list[Answer]:
        self.calls.append("answer")
        return [Answer("right", {"own": 1}) for _ in queries]

    def visible(self, volume: Volume, points: Sequence[Point]) -> Sequence[float] | None:
        self.calls.append(list(points))
        return [0.9 if x > 0 else 0.1 for x, _, _ in points]


def shares(path: Path) -> dict[str, Any]:
    return {row.id: row.visible_share for row in read_predictions(path)}


def run(path: Path, model: Model, name: str = "standard", **options: Any) -> dict[str, Any]:
    predict(model, QUESTIONS, path, cases=volume, arm=name, options=PredictOptions(**options))
    return shares(path)


def test_the_least_visible_point_is_noted_where_there_are_points(tmp_path: Path) -> None:
    found = run(tmp_path / "p.jsonl", RightHalf())
    assert found == {"both": 0.1, "left": 0.1, "third": 0.1, "none": None, "bare": None, "right": 0.9}
    assert all(row.metadata["own"] == 1 for row in read_predictions(tmp_path / "p.jsonl"))


def test_the_model_gets_sorted_points_without_doubles_once_and_after_an_answer(tmp_path: Path) -> None:
    model = RightHalf()
    run(tmp_path / "p.jsonl", model, batch_size=2)
    assert model.calls == ["answer", sorted([LEFT, RIGHT, FAR]), "answer", "answer", "answer", [RIGHT]]


def test_comparisons_read_it(tmp_path: Path) -> None:
    run(tmp_path / "p.jsonl", RightHalf())
    rows = read_predictions(tmp_path / "p.jsonl")
    scores = metric("exact").score(rows)
    assert {score.id: score.visible_share for score in scores}["third"] == 0.1


def test_in_the_mirrored_arm_points_are_mirrored_with_the_volume(tmp_path: Path) -> None:
    model = RightHalf()
    found = run(tmp_path / "p.jsonl", model, "mirrored")
    assert (found["left"], found["right"], found["third"]) == (0.9, 0.1, 0.1)
    np.testing.assert_allclose(model.calls[1][-1], (-6.0, 5.0, 5.0), atol=1e-9)


@pytest.mark.parametrize("name", ["text_only", "blank", "wrong_patient", "shuffled_slices"])
def test_where_the_patient_is_not_shown_nothing_is_known(name: str, tmp_path: Path) -> None:
    model = RightHalf()
    assert set(run(tmp_path / "p.jsonl", model, name).values()) == {None}
    assert set(model.calls) == {"answer"}


def test_a_model_that_does_not_say_leaves_no_trace(tmp_path: Path) -> None:
    class Silent(RightHalf):
        def visible(self, volume: Volume, points: Sequence[Point]) -> None:
            return None

    assert set(run(tmp_path / "p.jsonl", Silent()).values()) == {None}


def test_a_resumed_file_has_the_same_bytes(tmp_path: Path) -> None:
    run(tmp_path / "whole.jsonl", RightHalf(), batch_size=1)
    whole = (tmp_path / "whole.jsonl").read_bytes()
    path = tmp_path / "again.jsonl"
    run(path, RightHalf(), batch_size=1)
    for kept in range(len(QUESTIONS)):
        path.write_bytes(b"".join(whole.splitlines(keepends=True)[:kept]))
        run(path, RightHalf())
        assert path.read_bytes() == whole


@pytest.mark.parametrize("figures", [[1.0], [1.0, 2.0, 0.0], [float("nan")] * 3])
def test_wrong_figures_cost_the_shares_alone_and_say_why(figures: list[float], tmp_path: Path) -> None:
    class Wrong(RightHalf):
        def visible(self, volume: Volume, points: Sequence[Point]) -> Sequence[float]:
            return figures

    asked = [q for q in QUESTIONS if q.case_id == "a"]
    done = predict(Wrong(), asked, tmp_path / "p.jsonl", cases=volume)
    assert (done.answered, done.failed) == (len(asked), 0)
    assert set(shares(done.path).values()) == {None}
    (fault,) = done.unseen
    assert "must give 3 figures from 0 to 1" in fault


@pytest.mark.parametrize("error", [KeyError("x"), RunStopped("no more"), MissingPackageError("no torch")])
def test_an_error_of_the_hook_costs_no_answer_and_is_told_once(error: Exception, tmp_path: Path) -> None:
    class Broken(RightHalf):
        def visible(self, volume: Volume, points: Sequence[Point]) -> Sequence[float]:
            self.calls.append("visible")
            raise error

    model, path = Broken(), tmp_path / "p.jsonl"
    done = predict(model, QUESTIONS, path, cases=volume, options=PredictOptions(batch_size=2))
    assert (done.answered, done.failed) == (len(QUESTIONS), 0)
    assert model.calls.count("answer") == 4  # 3 batches of one volume, 1 of the other: none asked again
    assert model.calls.count("visible") == 2
    said = f"visible: {type(error).__name__}: {error}"
    assert done.unseen == {said: 2}
    facts = [json.loads(line) for line in (tmp_path / "p.volumes.jsonl").read_text().splitlines()]
    assert [fact["visible_error"] for fact in facts] == [said, said]
    (line,) = failure_lines(done)
    assert line.startswith("no visible shares for 2 volumes")
    assert said in line
    assert "p.volumes.jsonl" in line
    again = predict(model, QUESTIONS, path, cases=volume)
    assert (again.resumed, again.answered, failure_lines(again)) == (len(QUESTIONS), 0, [])


def test_volumes_are_kept_no_longer_than_they_are_needed(tmp_path: Path) -> None:
    loaded: list[weakref.ref[Volume]] = []
    alive: list[int] = []

    def load(case_id: str) -> Volume:
        made = volume(case_id)
        loaded.append(weakref.ref(made))
        return made

    class Counting(RightHalf):
        def answer(self, encoded: Any, queries: Sequence[Query]) -> list[Answer]:
            gc.collect()
            alive.append(sum(one() is not None for one in loaded))
            return super().answer(encoded, queries)

    asked = [question(f"{case}{number}", LEFT, case=case) for case in "abcdef" for number in range(2)]
    gc.freeze()  # what is there already need not be walked through at each answer
    predict(Counting(), asked, tmp_path / "p.jsonl", cases=load, options=PredictOptions(batch_size=1))
    assert len(loaded) == 6
    assert max(alive) <= 3  # this one, and the next two that may be read ahead
    assert alive[-1] == 0  # the last question of the last volume: its points are worked out
