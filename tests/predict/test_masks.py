"""Masks for models that are shown some: read for these only, following the volume through the arms."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from medspatial.errors import InputError
from medspatial.inputs import Query
from medspatial.models import Answer, Model, create_model
from medspatial.predict import Cases, predict, read_predictions
from medspatial.records import Question
from medspatial.volume import Affine, MaskSet, Volume

AFFINE = Affine(np.diag([2.0, 2.0, 2.0, 1.0]))
QUESTIONS = [Question(case_id=c, patient_id=c, question="Which side?", answer="left") for c in "ab"]


def volume(case_id: str) -> Volume:
    voxels = np.zeros((6, 4, 4), np.int16)
    voxels[ord(case_id) - ord("a")] = 100
    return Volume(voxels, AFFINE, "HU")


def masks(case_id: str) -> MaskSet:
    return MaskSet.from_masks({"kidney_left": volume(case_id).voxels > 0}, AFFINE)


class Outlined(Model):
    """Answers with the names of its masks, and whether they cover what is bright."""

    def __init__(self, needs_masks: bool = True) -> None:
        self.name = "outlined"
        self.needs_masks = needs_masks

    def prepare(self, volume: Volume | None) -> str:
        return "no masks"

    def prepare_with_masks(self, volume: Volume | None, masks: MaskSet | None) -> str:
        if volume is None or masks is None:
            return f"volume {volume is not None}, masks {masks is not None}"
        fitting = all(np.array_equal(mask, volume.voxels > 0) for mask in map(masks.mask, masks.names))
        return f"{', '.join(masks.names)} {'fits' if fitting else 'does not fit'}"

    def answer(self, encoded: str, queries: Sequence[Query]) -> list[Answer]:
        return [Answer(encoded) for _ in queries]


def run(folder: Path, model: Model, name: str = "standard") -> set[str | None]:
    done = predict(
        model,
        QUESTIONS,
        folder / f"{name}.jsonl",
        cases=Cases(volume, masks),
        arm=name,
    )
    assert done.failed == 0
    return {row.prediction for row in read_predictions(done.path)}


@pytest.mark.parametrize(
    ("name", "seen"),
    [
        ("standard", "kidney_left fits"),
        ("wrong_patient", "kidney_left fits"),
        ("mirrored", "kidney_right fits"),
        ("shuffled_slices", "kidney_left fits"),
        ("blank", "volume True, masks False"),
        ("text_only", "volume False, masks False"),
    ],
)
def test_masks_follow_the_volume_through_the_arms(name: str, seen: str, tmp_path: Path) -> None:
    assert run(tmp_path, Outlined(), name) == {seen}


def test_masks_are_not_read_for_other_models(tmp_path: Path) -> None:
    def never(case_id: str) -> MaskSet:
        raise AssertionError("masks were read")

    for model in (Outlined(needs_masks=False), create_model("random")):
        done = predict(model, QUESTIONS, tmp_path / f"{model.name}.jsonl", cases=Cases(volume, never))
        assert (done.answered, done.failed) == (2, 0)


def test_by_default_a_model_with_masks_prepares_the_volume_alone(tmp_path: Path) -> None:
    class Plain(Outlined):
        prepare_with_masks: Any = Model.prepare_with_masks

    assert run(tmp_path, Plain()) == {"no masks"}


def test_without_a_loader_the_run_does_not_begin(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="'outlined' is shown segmented structures, which needs masks"):
        predict(Outlined(), QUESTIONS, tmp_path / "p.jsonl", cases=volume)


def test_a_case_without_masks_fails_and_the_others_do_not(tmp_path: Path) -> None:
    def some(case_id: str) -> MaskSet:
        if case_id == "a":
            raise InputError("case 'a' has no masks to draw")
        return masks(case_id)

    done = predict(Outlined(), QUESTIONS, tmp_path / "p.jsonl", cases=Cases(volume, some))
    assert (done.answered, done.failed) == (1, 1)
    assert {row.error for row in read_predictions(done.path)} == {
        None,
        "load: InputError: case 'a' has no masks to draw",
    }
