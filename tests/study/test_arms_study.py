"""Control arms on phantoms, from voxels to verdict: who reads the image, mirrored, or not at all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest

from medspatial.cases import make_phantom
from medspatial.compare import Comparison, Grounding, compare
from medspatial.inputs import Query
from medspatial.models import Answer, Model, create_model
from medspatial.predict import predict, read_predictions
from medspatial.records import Question, Score, content_hash
from medspatial.report.tables import comparison_tables
from medspatial.score import metric
from medspatial.study import StudyRun, builtin_study
from medspatial.volume import AXIS_CODES, Volume

PATIENTS = 20
CLIP_HU = 3000
ARM_NAMES = (
    "standard",
    "text_only",
    "blank",
    "wrong_patient",
    "mirrored",
    "shuffled_slices",
    "permuted_options",
)
SIDES, HALVES = ("left", "right"), ("upper", "lower")


@cache
def truth(number: int) -> tuple[str, str]:
    """Side and half of the clip of a patient."""
    rng = np.random.default_rng([7, number])
    return SIDES[rng.integers(2)], HALVES[rng.integers(2)]


@cache
def with_clip(case_id: str) -> Volume:
    """A coarse phantom, stored in a way of its own, with one metal clip inside the body."""
    number = int(case_id)
    side, half = truth(number)
    ct = make_phantom(number, spacing=12.0, axcodes=AXIS_CODES[number % 48], lesions=False).ct
    world = ct.affine.apply(np.argwhere(ct.voxels > -300))  # the body, RAS mm
    low, high = world.min(axis=0), world.max(axis=0)
    wanted = (low + high) / 2
    wanted[0] += {"left": -0.25, "right": 0.25}[side] * (high - low)[0]
    wanted[2] += {"lower": -0.25, "upper": 0.25}[half] * (high - low)[2]
    voxel = np.rint(ct.affine.inverse().apply(wanted)).astype(int)
    hu = ct.voxels.copy()
    hu[tuple(voxel)] = CLIP_HU
    return replace(ct, voxels=hu)


def questions() -> list[Question]:
    found = []
    for number in range(1, PATIENTS + 1):
        side, half = truth(number)
        for kind, options, answer in (("side", SIDES, side), ("anatomy", HALVES, half)):
            where = "On which side of the patient" if kind == "side" else "In which half of the scan"
            turn = int(content_hash("turn", kind, number), 16) % 2
            found.append(
                Question(
                    id=f"{number}-{kind}",
                    case_id=str(number),
                    question=f"{where} is the metal clip?",
                    answer=answer,
                    options=options[turn:] + options[:turn],
                    answer_type=kind,
                    category="laterality" if kind == "side" else "localisation",
                )
            )
    return found


class Seer(Model):
    """Looks for the brightest voxel and says where it lies in patient space; guesses where there is none."""

    needs_volume: ClassVar[bool] = True

    def __init__(self, name: str = "seer") -> None:
        self.name = name

    def encode(self, prepared: Volume | None) -> Any:
        if prepared is None or prepared.voxels.max() < CLIP_HU:
            return None
        middle = (np.array(prepared.shape) - 1) / 2
        clip = np.argwhere(prepared.voxels == CLIP_HU).mean(axis=0)
        return prepared.affine.apply(clip) - prepared.affine.apply(middle)

    def answer(self, encoded: Any, queries: Sequence[Query]) -> list[Answer]:
        return [Answer(self._say(encoded, query)) for query in queries]

    def _say(self, offset: Any, query: Query) -> str:
        if offset is None:
            return query.options[int(content_hash("guess", query.id), 16) % 2]
        if "side" in query.text:
            return "left" if offset[0] < 0 else "right"
        return "upper" if offset[2] > 0 else "lower"


class MirroredSeer(Seer):
    """The same reader, but it takes the volume's left for its right."""

    def encode(self, prepared: Volume | None) -> Any:
        offset = super().encode(prepared)
        return offset if offset is None else offset * (-1, 1, 1)


class Habit(Model):
    """Never looks: always the first option it is offered."""

    needs_volume: ClassVar[bool] = False

    def __init__(self) -> None:
        self.name = "first option"

    def answer(self, encoded: Any, queries: Sequence[Query]) -> list[Answer]:
        return [Answer(query.options[0]) for query in queries]


@dataclass(frozen=True)
class Found:
    comparison: Comparison
    scores: list[Score]

    def grounding(self, model: str) -> Grounding:
        return next(one for one in self.comparison.grounding if one.model == model)

    def consistency(self, model: str, arm: str, kind: str) -> Any:
        rows = self.comparison.consistency
        return next(one for one in rows if (one.model, one.arm, one.kind) == (model, arm, kind))


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Found:
    folder: Path = tmp_path_factory.mktemp("arms")
    asked, judge = questions(), metric("structured")
    models = [Seer(), MirroredSeer("mirrored seer"), Habit(), create_model("random"), create_model("oracle")]
    scores: list[Score] = []
    for model in models:
        for name in ARM_NAMES:
            path = folder / f"{model.name}@{name}.jsonl"
            predict(model, asked, path, cases=with_clip, arm=name)
            scores += judge.score(read_predictions(path))
    return Found(compare(scores, questions=asked, resamples=500), scores)


def test_the_seer_really_sees(found: Found) -> None:
    assert found.comparison.result("seer").overall.accuracy == 1
    assert found.comparison.result("seer", "mirrored").overall.accuracy == 1
    blind = found.comparison.result("seer", "text_only").overall
    assert blind.interval is not None
    assert blind.interval.low < 0.5 < blind.interval.high
    assert blind.guess == 0.5


def test_grounding_of_reader_and_oracle_is_one(found: Found) -> None:
    for model in ("seer", "oracle"):
        one = found.grounding(model)
        assert one.value == pytest.approx(1)
        assert one.turning == 1
        assert one.interval.low > 0.6
        assert one.verdict == "grounded"


def test_who_reads_mirrored_is_found_out(found: Found) -> None:
    one = found.grounding("mirrored seer")
    assert one.turning == -1
    assert one.turning_interval is not None
    assert one.turning_interval.high < 0
    assert one.verdict == "mirrored"
    assert one.gain == pytest.approx(1), "half of the scan is read rightly: only sides are exchanged"
    turning = found.consistency("mirrored seer", "mirrored", "turning")
    assert (turning.inverted, turning.both_right, turning.same_answer) == (1, 0, 0)
    assert found.consistency("seer", "mirrored", "turning").both_right == 1


def test_accuracy_alone_does_not_show_it(found: Found) -> None:
    mirrored = found.comparison.result("mirrored seer").overall
    habit = found.comparison.result("first option").overall
    assert mirrored.interval is not None
    assert habit.accuracy is not None
    assert mirrored.interval.low < habit.accuracy < mirrored.interval.high


@pytest.mark.parametrize("model", ["first option", "random"])
def test_who_ignores_the_image_has_zero_within_the_interval(found: Found, model: str) -> None:
    one = found.grounding(model)
    assert one.interval.low <= 0 <= one.interval.high
    assert one.turning_interval is not None
    assert one.turning_interval.low <= 0 <= one.turning_interval.high
    assert one.verdict == "not shown"
    assert found.consistency(model, "mirrored", "turning").same_answer == 1


def test_order_of_options(found: Found) -> None:
    seer = found.consistency("seer", "permuted_options", "standing")
    assert (seer.consistent, seer.same_answer) == (1, 1)
    habit = found.consistency("first option", "permuted_options", "standing")
    assert (habit.consistent, habit.same_answer) == (0, 0), "with two options turned, the first is the other"


def test_gain_over_seeing_nothing(found: Found) -> None:
    gain = {(one.model, one.arm): one for one in found.comparison.contrasts}
    for arm in ("text_only", "blank", "wrong_patient"):
        assert gain["seer", arm].gain > 0.2
        assert gain["seer", arm].p_holm < 0.05
        assert gain["first option", arm].gain == 0
    assert gain["seer", "mirrored"].gain == 0


def test_shuffled_slices_cost_the_half_not_the_side(found: Found) -> None:
    shuffled = found.comparison.result("seer", "shuffled_slices").by_category
    assert shuffled["laterality"].accuracy == 1
    assert shuffled["localisation"].accuracy is not None
    assert shuffled["localisation"].accuracy < 0.9


def test_an_exchanged_side_is_named_as_such(found: Found) -> None:
    sides = [
        one for one in found.comparison.failures if one.model == "mirrored seer" and one.arm == "standard"
    ]
    assert {one.failure for one in sides if one.category is None} == {"side_exchanged"}


def test_tables_show_all_of_it(found: Found) -> None:
    tables = {table.name: table for table in comparison_tables(found.comparison)}
    assert {"arms", "consistency", "grounding", "accuracy_mirrored"} <= set(tables)
    assert len(tables["arms"].rows) == 5 * (len(ARM_NAMES) - 1)
    assert [row[-1].main for row in tables["grounding"].rows if row[0].main == "mirrored seer"] == [
        "mirrored"
    ]
    with_order = [row for row in tables["consistency"].rows if row[1].main == "permuted_options"]
    assert len(with_order) == 5


def test_cases_mirrored_in_the_data_set_are_compared_with_their_originals(small_run: StudyRun) -> None:
    rows = [one for one in small_run.comparison.consistency if one.arm == "mirrored_case"]
    oracle = {one.kind: one for one in rows if one.model == "oracle"}
    assert oracle["turning"].n >= 4
    assert (oracle["turning"].both_right, oracle["turning"].same_answer) == (1, 0)
    echo = {one.kind: one for one in rows if one.model == "echo"}
    assert echo["turning"].neither == 1


def test_the_shipped_study_runs_every_arm_that_the_proof_needs() -> None:
    study = builtin_study("arms")
    assert set(study.all_arms()) == set(ARM_NAMES)
    assert study.cases.mirrored
    assert {model.kind for model in study.models} == {"oracle", "random", "echo"}
