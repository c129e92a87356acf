"""Predictions of other harnesses in tables of many shapes."""

import csv
import gzip
import json

import pytest

from medspatial.compare import compare
from medspatial.errors import InputError
from medspatial.exchange import read_results
from medspatial.exchange.results import NO_PATIENT
from medspatial.score import metric, score_stream

VLMEVALKIT = [
    {"index": 1, "question": "Which side?", "A": "left", "B": "right", "answer": "A", "prediction": "A. left",
     "category": "laterality", "patient_id": "p1", "hit": 1},
    {"index": 2, "question": "Which lobe?", "A": "upper", "B": "middle", "C": "lower", "answer": "C",
     "prediction": "B", "category": "location", "patient_id": "p2", "hit": 0},
]  # fmt: skip


def write(path, rows, delimiter=","):
    names = list(dict.fromkeys(name for row in rows for name in row))
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, names, delimiter=delimiter, restval="")
        writer.writeheader()
        writer.writerows(rows)
    return path


@pytest.mark.parametrize(("suffix", "delimiter"), [(".csv", ","), (".tsv", "\t"), (".csv", ";")])
def test_vlmevalkits_columns_are_options(tmp_path, suffix, delimiter):
    found = read_results(write(tmp_path / f"m3d{suffix}", VLMEVALKIT, delimiter))
    assert [one.options for one in found.predictions] == [("left", "right"), ("upper", "middle", "lower")]
    assert [one.answer for one in found.predictions] == ["left", "lower"]
    assert {one.model for one in found.predictions} == {"m3d"}
    assert [one.correct for one in found.scores] == [True, False]
    assert [one.patient_id for one in found.predictions] == ["p1", "p2"]
    assert not found.notes
    own = list(score_stream(found.predictions, [metric("structured")]))
    assert [one.correct for one in own] == [True, False]
    assert compare(found.scores, resamples=50).result("m3d").overall.accuracy == 0.5


def test_an_empty_prediction_is_an_answer_of_nothing(tmp_path):
    rows = [{**VLMEVALKIT[0], "prediction": ""}, VLMEVALKIT[1]]
    found = read_results(write(tmp_path / "m3d.csv", rows))
    assert [one.prediction for one in found.predictions] == ["", "B"]
    assert found.notes == {"a prediction is empty: counted as not answered": 1}
    (score, _) = score_stream(found.predictions, [metric("structured")])
    assert (score.status, score.correct) == ("unanswered", False)
    (tmp_path / "null.json").write_text(json.dumps([{**VLMEVALKIT[0], "prediction": None}]))
    with pytest.raises(InputError, match=r"row 1: has no prediction \(looked for prediction or"):
        read_results(tmp_path / "null.json")


@pytest.mark.parametrize("name", ["m3d.jsonl.gz", "m3d.csv.gz", "m3d.json.gz"])
def test_packed_tables_are_read_from_a_folder(tmp_path, name):
    rows = [{**row, "hit": bool(row["hit"])} for row in VLMEVALKIT]
    text = "\n".join(map(json.dumps, rows)) if "jsonl" in name else json.dumps(rows)
    if "csv" in name:
        text = write(tmp_path / "m3d.txt", rows).read_text()
        (tmp_path / "m3d.txt").unlink()
    (tmp_path / name).write_bytes(gzip.compress(text.encode()))
    found = read_results(tmp_path)
    assert [one.answer for one in found.predictions] == ["left", "lower"]
    assert {one.model for one in found.predictions} == {"m3d"}
    (tmp_path / name).write_bytes(gzip.compress(text.encode())[:-9])
    with pytest.raises(InputError, match=f"{name}: "):
        read_results(tmp_path)


def test_excel(tmp_path):
    openpyxl = pytest.importorskip("openpyxl")
    book = openpyxl.Workbook()
    names = list(dict.fromkeys(name for row in VLMEVALKIT for name in row))
    book.active.append(names)
    for row in VLMEVALKIT:
        book.active.append([row.get(name) for name in names])
    book.save(tmp_path / "m3d.xlsx")
    assert [one.answer for one in read_results(tmp_path / "m3d.xlsx").predictions] == ["left", "lower"]


ROW = {"Question": "Which side?", "Answer": "left", "Prediction": "right", "Case_ID": "c1"}


@pytest.mark.parametrize(
    "data",
    [[ROW], {"results": [ROW], "model": "x"}, {"q1": ROW}],
    ids=["list", "envelope", "by id"],
)
def test_json_lists_and_capitalised_names(tmp_path, data):
    (tmp_path / "a.json").write_text(json.dumps(data))
    (row,) = read_results(tmp_path / "a.json").predictions
    assert (row.question, row.answer, row.prediction, row.case_id) == ("Which side?", "left", "right", "c1")


def test_fields_of_any_name_can_be_named(tmp_path):
    row = {"frage": "Which side?", "soll": "left", "ist": "right", "person": "p7"}
    (tmp_path / "a.jsonl").write_text(json.dumps(row) + "\n")
    names = {"question": "frage", "answer": "soll", "prediction": "ist"}
    (got,) = read_results(tmp_path / "a.jsonl", fields=names, patient="person", model="x").predictions
    assert (got.question, got.answer, got.prediction, got.patient_id, got.model) == (
        "Which side?", "left", "right", "p7", "x",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("options", "answer", "expected"),
    [
        (["left", "right"], "B", "right"),
        ({"A": "left", "B": "right"}, "b", "right"),
        ("['left', 'it\\'s right']", "B", "it's right"),
        (["left", "right"], "right", "right"),
        (["left", "right"], "upwards", "upwards"),
        (["A", "B"], "B", "B"),
    ],
)
def test_options_in_every_form(tmp_path, options, answer, expected):
    row = {"question": "q?", "options": options, "answer": answer, "prediction": "x", "case_id": "c"}
    (tmp_path / "a.jsonl").write_text(json.dumps(row) + "\n")
    (got,) = read_results(tmp_path / "a.jsonl").predictions
    assert got.answer == expected
    assert (got.answer_type == "choice") == (expected != "upwards")


def test_what_is_missing_is_named_with_its_place(tmp_path):
    (tmp_path / "a.jsonl").write_text(json.dumps({"question": "q?", "answer": "x"}) + "\n")
    with pytest.raises(
        InputError, match=r"a\.jsonl:1: has no prediction \(looked for prediction or response"
    ):
        read_results(tmp_path / "a.jsonl")
    with pytest.raises(InputError, match="looked for ist"):
        read_results(tmp_path / "a.jsonl", fields={"prediction": "ist"})
    with pytest.raises(InputError, match="field must be one of"):
        read_results(tmp_path / "a.jsonl", fields={"praediction": "ist"})
    with pytest.raises(InputError, match="format must be one of"):
        read_results(tmp_path / "a.jsonl", "helm")


def test_verdicts_must_be_verdicts(tmp_path):
    row = {"question": "q?", "answer": "x", "prediction": "y", "correct": "maybe", "case_id": "c"}
    (tmp_path / "a.jsonl").write_text(json.dumps(row) + "\n")
    with pytest.raises(InputError, match="a verdict must be 0 or 1"):
        read_results(tmp_path / "a.jsonl")


def test_rows_without_patient_are_said(tmp_path):
    row = {"question": "q?", "answer": "x", "prediction": "y"}
    (tmp_path / "a.jsonl").write_text((json.dumps(row) + "\n") * 2)
    found = read_results(tmp_path / "a.jsonl")
    assert found.notes == {NO_PATIENT: 2}
    assert len({one.patient_id for one in found.predictions}) == 2
    with pytest.raises(InputError, match=r"'person' .* is missing"):
        read_results(tmp_path / "a.jsonl", patient="person")


def test_a_picture_in_a_cell_is_no_name_of_a_case(tmp_path):
    row = {"question": "q?", "answer": "x", "prediction": "y", "image": "iVBORw0K" * 1000, "patient_id": "p1"}
    (tmp_path / "a.jsonl").write_text(json.dumps(row) + "\n")
    (got,) = read_results(tmp_path / "a.jsonl").predictions
    assert (got.case_id, got.patient_id, got.image_path) == ("p1", "p1", None)


def test_what_is_no_text_is_refused(tmp_path):
    row = {"input": [{"role": "user"}], "target": "x", "response": "y", "case_id": "c"}
    (tmp_path / "a.jsonl").write_text(json.dumps(row) + "\n")
    with pytest.raises(InputError, match="question must be text, got list"):
        read_results(tmp_path / "a.jsonl")
