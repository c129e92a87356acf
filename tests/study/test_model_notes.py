"""What a study tells its page about a model, from the model itself."""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest

from medspatial.cases import write_phantoms
from medspatial.inputs import InputContract, PictureSettings, Wording
from medspatial.models import Answer, Model, create_model
from medspatial.questions import build_questions
from medspatial.records import Case, Question
from medspatial.study.loading import CaseLoader
from medspatial.study.model_notes import model_note, seconds_per_stage, sections


class Looking(Model):
    """Answers by looking at slices.

    Nothing else is said here.
    """

    name = "looking"

    def __init__(self) -> None:
        self.settings = PictureSettings(count=5)
        self.contract = self.settings.contract()
        self.wording = Wording("Look. {question}")

    def answer(self, encoded: Any, queries: Any) -> list[Answer]:
        return [Answer("left") for _ in queries]


class Measuring(Model):
    name = "measuring"
    takes_arrays: ClassVar[bool] = True
    contract = InputContract(axes="SPL")

    def prepare(self, volume: Any) -> Any:
        return np.linspace(-1, 1, 4 * 6 * 8, dtype=np.float32).reshape(1, 4, 6, 8)

    def answer(self, encoded: Any, queries: Any) -> list[Answer]:
        return [Answer("left") for _ in queries]


@pytest.fixture(scope="module")
def cases(tmp_path_factory: pytest.TempPathFactory) -> tuple[list[Case], Path]:
    root = tmp_path_factory.mktemp("phantoms")
    return write_phantoms(root, count=1, seed=3, spacing=12.0), root


@pytest.fixture(scope="module")
def questions(cases: tuple[list[Case], Path], tmp_path_factory: pytest.TempPathFactory) -> list[Question]:
    folder = tmp_path_factory.mktemp("by_case")
    found = [
        question
        for result in build_questions(*cases, subtypes=["laterality"], folder=folder)
        for question in result.questions
    ]
    assert found
    return found


def test_pictures_words_and_contract_of_a_model_that_is_shown_slices(cases, questions) -> None:
    note = model_note(Looking(), "looking", ["standard", "mirrored"], questions, CaseLoader(*cases))
    assert (note.kind, note.summary) == ("", "Answers by looking at slices.")
    assert len(note.pictures) == note.shown == 5
    assert note.request == f"Look. {questions[0].question}"
    assert set(note.requests) >= {(question.id, "standard") for question in questions}
    assert any(arm == "mirrored" for _, arm in note.requests)
    assert dict(note.contract)["representation"] == "slices"
    assert questions[0].case_id in note.sample


def test_sections_of_a_model_that_takes_voxels(cases, questions) -> None:
    note = model_note(Measuring(), "measuring", ["standard"], questions, CaseLoader(*cases))
    assert [pixels.shape for pixels, _ in note.pictures] == [(6, 8), (4, 8), (4, 6)]
    assert "rows grow to P, columns to L; black is -1, white 1" in note.pictures[0][1]
    assert note.request is None
    assert note.requests == {}


def test_a_case_that_cannot_be_read_is_said_and_stops_nothing(cases, questions) -> None:
    lost = [questions[0].model_copy(update={"case_id": "lost"})]
    note = model_note(Looking(), "looking", ["standard"], lost, CaseLoader(*cases))
    assert note.pictures == ()
    assert note.absent.startswith("No sample: case 'lost'")


@pytest.mark.parametrize(
    ("name", "kind"), [("oracle", "baseline, told the answers"), ("random", "baseline"), ("echo", "baseline")]
)
def test_baselines_are_called_so(name: str, kind: str, cases, questions) -> None:
    note = model_note(create_model(name), name, ["standard"], questions, CaseLoader(*cases))
    assert note.kind == kind
    assert note.summary


def test_a_constant_array_is_black() -> None:
    assert all((pixels == 0).all() for pixels, _ in sections(np.ones((2, 3, 4, 5)), "SPL"))


def test_seconds_add_up_over_volumes_and_sessions() -> None:
    rows = [{"case_id": "a", "encode_s": 1.5, "answer_s": 1}, {"case_id": "b", "encode_s": 0.5, "error": "x"}]
    assert seconds_per_stage(iter(rows)) == {"encode_s": 2.0, "answer_s": 1.0}
