"""Evidence arms from voxels to verdict: readers whose reasons are known must be seen for what they are."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from medspatial.arms import ARMS
from medspatial.cases import CaseData
from medspatial.compare import CausalGrounding, Comparison, compare, only_grounded
from medspatial.errors import InputError
from medspatial.inputs import Query
from medspatial.models import Answer, Model
from medspatial.predict import Cases, predict, read_predictions
from medspatial.records import Case, Evidence, Question, Score, content_hash
from medspatial.report.charts import cause_panels, charts
from medspatial.report.tables import comparison_tables
from medspatial.score import metric
from medspatial.volume import AXIS_CODES, Affine, MaskSet, Volume

PATIENTS = 24
SHAPE = (44, 34, 40)
NODULE_HU, CLIP_HU = 300, 2500
NAMES = (
    "standard",
    "evidence_removed",
    "irrelevant_removed",
    "evidence_alone",
    "abstain_offered",
    "false_premise",
    "unanswerable_crop",
)
SIDES = ("left", "right")


def ball(centre: Sequence[float], radius: float) -> np.ndarray:
    grid = np.indices(SHAPE)
    return sum((g - c) ** 2 for g, c in zip(grid, centre, strict=True)) <= radius**2


def sides(number: int) -> tuple[int, int]:
    """Side (-1 left, 1 right, as x grows) of the nodule and of an unlabelled clip."""
    rng = np.random.default_rng([3, number])
    return int(rng.choice([-1, 1])), int(rng.choice([-1, 1]))


@cache
def case(case_id: str) -> CaseData:
    """A body with a nodule, which has a mask, and a clip, which has none; stored in any orientation."""
    number = int(case_id)
    nodule, clip = sides(number)
    rng = np.random.default_rng(number)
    hu = np.where(ball((22, 17, 20), 60), -1000, -1000).astype(np.int16)
    hu[4:40, 4:30, 1:39] = rng.normal(40, 10, (36, 26, 38)).astype(np.int16)
    middle = 21.5
    lesion = ball((middle + 9 * nodule, 15, 8), 2.5)
    hu[lesion] = NODULE_HU
    hu[ball((middle + 9 * clip, 19, 32), 1.0)] = CLIP_HU
    affine = Affine(np.diag([3.0, 3.0, 3.0, 1.0]))
    codes = AXIS_CODES[number % 48]
    masks = MaskSet.from_masks({"nodule": lesion}, affine).oriented(codes)
    record = Case(case_id=case_id, patient_id=case_id)
    return CaseData(record, Volume(hu, affine, "HU").oriented(codes), masks)


def questions() -> list[Question]:
    return [
        Question(
            id=f"{number}-{words}",
            case_id=str(number),
            question=f"On which side {words} is the nodule? The spleen is not asked about.",
            answer="left" if sides(number)[0] < 0 else "right",
            options=SIDES,
            answer_type="side",
            category="laterality",
            subtype="L1",
            evidence=Evidence(structures=("nodule#1",)),
        )
        for number in range(1, PATIENTS + 1)
        for words in ("of the patient", "of the body")
    ]


class Reader(Model):
    """Says on which side something bright lies, and that it cannot tell where nothing is bright."""

    def __init__(self, name: str, low: float, high: float, sign: int = 1) -> None:
        self.name, self.low, self.high, self.sign = name, low, high, sign

    def encode(self, prepared: Volume) -> Any:
        voxels = prepared.oriented("RAS").voxels
        there = np.argwhere((voxels >= self.low) & (voxels <= self.high))
        return None if len(there) < 3 else self.sign * (there.mean(axis=0)[0] - (voxels.shape[0] - 1) / 2)

    def answer(self, encoded: Any, queries: Sequence[Query]) -> list[Answer]:
        return [Answer(self.say(encoded, query)) for query in queries]

    def say(self, offset: Any, query: Query) -> str:
        declines = [option for option in query.options if option not in SIDES]
        if offset is None or "right spleen" in query.text:
            return declines[0] if declines else "I cannot tell."
        return "left" if offset < 0 else "right"


class Habit(Model):
    """Reads only the words."""

    needs_volume = False
    name = "words"

    def answer(self, encoded: Any, queries: Sequence[Query]) -> list[Answer]:
        return [Answer(SIDES[int(content_hash(query.id), 16) % 2]) for query in queries]


class Oracle(Habit):
    """Knows the answers by heart, whatever is shown."""

    name = "by heart"

    def answer(self, encoded: Any, queries: Sequence[Query]) -> list[Answer]:
        return [
            Answer("left" if sides(int(query.id.partition("-")[0]))[0] < 0 else "right") for query in queries
        ]


@pytest.fixture(scope="module")
def scores(tmp_path_factory: pytest.TempPathFactory) -> list[Score]:
    folder: Path = tmp_path_factory.mktemp("evidence")
    judge = metric("structured")
    models = [
        Reader("measures", NODULE_HU, NODULE_HU),
        Reader("mirrored", NODULE_HU, NODULE_HU, -1),
        Reader("wrong place", CLIP_HU, CLIP_HU),
        Habit(),
        Oracle(),
    ]
    found: list[Score] = []
    for model in models:
        for name in NAMES:
            arm = ARMS[name]
            run = predict(
                model,
                questions(),
                folder / f"{model.name}@{name}.jsonl",
                cases=Cases(lambda case_id: case(case_id).ct, data=case),
                arm=arm,
            )
            assert run.failed == 0
            found += judge.score(read_predictions(run.path))
    return found


@pytest.fixture(scope="module")
def found(scores: list[Score]) -> Comparison:
    return compare(scores, questions=questions(), resamples=200)


def grounding(found: Comparison, model: str) -> CausalGrounding:
    assert found.causes is not None
    return next(one for one in found.causes.grounding if one.model == model and one.category is None)


def test_who_measures_the_voxels_is_grounded_and_loses_nothing_to_the_irrelevant(found: Comparison) -> None:
    one = grounding(found, "measures")
    assert (one.evidence.value, one.irrelevant.value, one.grounding.value) == (1.0, 0.0, 1.0)
    assert one.verdict == "grounded"
    assert (one.n, one.clusters) == (2 * PATIENTS, PATIENTS)
    assert found.result("measures", "evidence_alone").overall.accuracy == 1.0


@pytest.mark.parametrize("model", ["words", "by heart", "wrong place", "mirrored"])
def test_who_does_not_read_the_evidence_has_no_grounding(found: Comparison, model: str) -> None:
    one = grounding(found, model)
    assert one.grounding.value == 0.0
    assert one.grounding.interval.low < 0 < one.grounding.interval.high
    assert one.verdict == "not shown"


def test_a_mirrored_reader_is_told_from_one_that_does_not_look_by_its_changed_answers(found) -> None:
    mirrored, words = grounding(found, "mirrored"), grounding(found, "words")
    assert (mirrored.accuracy, mirrored.changed_evidence, mirrored.changed_irrelevant) == (0.0, 1.0, 0.0)
    assert (words.changed_evidence, words.changed_irrelevant) == (0.0, 0.0)


def test_declining_is_right_where_nobody_could_know_and_only_there(found: Comparison) -> None:
    assert found.causes is not None
    rows = {(one.model, one.arm): one for one in found.causes.abstention if one.category is None}
    assert {arm for _, arm in rows} == {"false_premise", "unanswerable_crop"}
    for arm in ("false_premise", "unanswerable_crop"):
        sees, guesses = rows["measures", arm], rows["words", arm]
        assert (sees.declined.value, sees.needless.value, sees.told_apart.value) == (1.0, 0.0, 1.0)
        assert (guesses.declined.value, guesses.told_apart.value) == (0.0, 0.0)


def test_what_every_model_knows_without_the_evidence_is_left_out_on_request(scores, found) -> None:
    assert found.causes is not None
    assert found.causes.ungrounded == ()  # one model reads the evidence
    blind = [s for s in scores if s.model in ("words", "by heart")]
    kept, asked, out = only_grounded(blind, questions())
    assert asked is not None
    knows = {s.id for s in blind if s.arm == "standard" and s.model == "words" and s.correct}
    assert set(out) == knows
    assert not {s.id for s in kept} & knows
    assert len(asked) == 2 * PATIENTS - len(knows)
    with pytest.raises(InputError, match="no scores of arm 'evidence_removed'"):
        only_grounded([s for s in blind if s.arm == "standard"], questions())


def test_table_and_figure_show_it(found: Comparison) -> None:
    tables = {table.name: table for table in comparison_tables(found)}
    assert [cell.text for cell in tables["causes"].rows[0][:2]] == ["measures", "All"]
    assert len(tables["causes"].rows) == 2 * 5
    assert len(tables["abstention"].rows) == 2 * 2 * 5
    assert [panel.title for panel in cause_panels(found)][-1] == "Causal grounding"
    assert {"causes", "abstention"} <= {chart.name for chart in charts(found, [])}
