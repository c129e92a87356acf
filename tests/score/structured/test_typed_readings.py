"""What the structured match records of an answer, beside its words."""

from __future__ import annotations

import pytest

from medspatial.records import Prediction, Reading, Score, read_records, write_records
from medspatial.score import metric

STRUCTURED = metric("structured")


def scored(prediction: str, **fields: object) -> Score:
    row = {"case_id": "c", "question": "On which side is the effusion?", "answer": "left", **fields}
    return STRUCTURED.score([Prediction.model_validate({**row, "prediction": prediction})])[0]


SIDE = {"answer_type": "side"}
CHOICE = {"answer_type": "choice", "answer": "left kidney", "options": ("liver", "left kidney")}
FIGURE = {"answer_type": "number", "question": "How large?", "answer": "45 mm", "value": 45, "unit": "mm"}
PLACE = {"answer_type": "anatomy", "question": "Where is it?", "answer": "right lower lobe"}
POLAR = {"answer_type": "yes_no", "question": "Is there an effusion?", "answer": "Yes"}


@pytest.mark.parametrize(
    ("reply", "fields", "reading"),
    [
        ("It is on the left.", SIDE, Reading(standing="committed", side="left")),
        ("Both sides.", SIDE, Reading(standing="committed", side="both")),
        ("Left or right.", SIDE, Reading(standing="several")),
        ("I cannot tell.", SIDE, Reading(standing="refused")),
        ("Hello.", SIDE, Reading(standing="none")),
        ("Left is more likely, it may be the right.", SIDE, Reading(standing="hedged", side="left")),
        (
            "B",
            CHOICE,
            Reading(standing="committed", side="left", option="left kidney", structures=("kidney_left",)),
        ),
        ("4.5 cm", FIGURE, Reading(standing="committed", figure=45.0, unit="mm")),
        ("RLL", PLACE, Reading(standing="committed", side="right", structures=("lung_lower_lobe_right",))),
        ("No.", POLAR, Reading(standing="committed", polarity=False)),
    ],
)
def test_readings(reply, fields, reading):
    assert scored(reply, **fields).reading == reading


def test_readings_survive_the_file(tmp_path):
    score = scored("Left or right.", **SIDE)
    write_records(tmp_path / "scores.jsonl", [score])
    assert '"reading": {"standing": "several"}' in (tmp_path / "scores.jsonl").read_text()
    assert list(read_records(tmp_path / "scores.jsonl", Score)) == [score]


def test_files_of_earlier_versions_have_no_reading(tmp_path):
    old = scored("left", **SIDE).model_copy(update={"reading": None})
    write_records(tmp_path / "scores.jsonl", [old])
    assert "reading" not in (tmp_path / "scores.jsonl").read_text()
    assert next(iter(read_records(tmp_path / "scores.jsonl", Score))).reading is None


def test_a_compared_figure_keeps_the_chosen_side():
    fields = {"answer_type": "number", "answer": "the right one is larger", "value": 2.0}
    options = ("the left one is larger", "the right one is larger")
    reading = scored("A", **fields, options=options).reading
    assert (reading.option, reading.side) == ("the left one is larger", "left")
