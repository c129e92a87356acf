from __future__ import annotations

import gzip
import json

import numpy as np
import pytest

from medspatial.compare import matrix_from_reports
from medspatial.compare.reports import model_name
from medspatial.errors import InputError
from medspatial.records import Question, write_records


def _row(case, question, correct, **fields):
    return {
        "image_path": f"data/{case}.nii.gz",
        "question": question,
        "answer": "x",
        "correct": correct,
        **fields,
    }


def test_files_of_the_field_are_joined_by_volume_and_question(tmp_path):
    (tmp_path / "m3d_eval.json").write_text(json.dumps([_row("a", "one", True), _row("a", "two", False)]))
    rows = [_row("a", "two", True), {**_row("a", "one", None), "image_path": "other/place/a.npy"}]
    (tmp_path / "radfm_eval.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    gpt = {"results": [{"case_id": "a.nii.gz", "question": "one", "answer": "x", "is_correct": False}]}
    (tmp_path / "gpt_eval.json.gz").write_bytes(gzip.compress(json.dumps(gpt).encode()))
    (tmp_path / "notes.txt").write_text("no result file")
    matrix = matrix_from_reports(tmp_path, "*_eval.json*")
    assert dict(zip(matrix.columns, matrix.values.T.tolist(), strict=True)).keys() == {
        "gpt_eval",
        "m3d_eval",
        "radfm_eval",
    }
    by_question = {row.question: number for number, row in enumerate(matrix.rows)}
    m3d = matrix.values[:, matrix.columns.index("m3d_eval")]
    radfm = matrix.values[:, matrix.columns.index("radfm_eval")]
    gpt_values = matrix.values[:, matrix.columns.index("gpt_eval")]
    assert (m3d[by_question["one"]], m3d[by_question["two"]]) == (1, 0)
    assert np.isnan(radfm[by_question["one"]])
    assert radfm[by_question["two"]] == 1
    assert gpt_values[by_question["one"]] == 0
    assert np.isnan(gpt_values[by_question["two"]])
    assert len(matrix.rows) == 2


def test_scores_of_this_project(make_scores, tmp_path):
    write_records(tmp_path / "scores.jsonl", make_scores({"m": [1, 0], "k": [1, 1]}))
    write_records(tmp_path / "more.jsonl", make_scores({"m": [0, 1]}, arm="blank"))
    matrix = matrix_from_reports(tmp_path, "*.jsonl")
    assert matrix.columns == ("m", "k", "m@blank")


def test_questions_keep_their_place_in_the_matrix(tmp_path):
    (tmp_path / "m.json").write_text(json.dumps([_row("a", "one", True)]))
    questions = [
        Question(id=str(n), case_id="a", question=q, answer="x") for n, q in enumerate(("two", "one"))
    ]
    matrix = matrix_from_reports(tmp_path, "*.json", questions=questions)
    assert [row.id for row in matrix.rows] == ["0", "1"]
    assert np.array_equal(matrix.values, [[np.nan], [1]], equal_nan=True)


@pytest.mark.parametrize(
    ("name", "pattern", "expected"),
    [
        ("m3d_gpt_eval.json.gz", "*_gpt_eval.json.gz", "m3d"),
        ("m3d.jsonl", "*", "m3d"),
        ("run-7.json", "run-?.json", "run-7"),
        ("m3d.json", "m3d.json", "m3d"),
        ("eval_m3d.json", "eval_*", "m3d"),
    ],
)
def test_model_from_file_name(name, pattern, expected):
    assert model_name(name, pattern) == expected


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ([{"question": "q", "is_correct": True, "case_id": None}], r"m.json:1: needs 'case_id'"),
        ([{"case_id": "a", "is_correct": True}], r"m.json:1: field 'question': is required"),
        ([_row("a", "q", "yes")], r"m.json:1: field 'correct': must be true, false or null; got 'yes'"),
        ([{"case_id": "a", "question": "q"}], r"m.json:1: needs a verdict"),
        (["text"], r"m.json:1: a row must be an object"),
        ([_row("a", "q", True), _row("a", "q", False)], r"scored twice for model 'm'"),
        ([{"metric": "exact", "question": "q"}], r"m.json:1: field 'answer'"),
    ],
)
def test_bad_rows(tmp_path, content, message):
    (tmp_path / "m.json").write_text(json.dumps(content))
    with pytest.raises(InputError, match=message):
        matrix_from_reports(tmp_path, "m.json")


def test_bad_folders_and_files(tmp_path):
    with pytest.raises(InputError, match="no such folder"):
        matrix_from_reports(tmp_path / "no", "*")
    with pytest.raises(InputError, match=r"no file matches '\*\.json'"):
        matrix_from_reports(tmp_path, "*.json")
    (tmp_path / "m.json").write_text("[{")
    with pytest.raises(InputError, match=r"m\.json:1: not valid JSON"):
        matrix_from_reports(tmp_path, "*.json")
    (tmp_path / "m.json.gz").write_bytes(gzip.compress(b"[]" * 500)[:-9])
    with pytest.raises(InputError, match=r"m\.json\.gz: cannot be read"):
        matrix_from_reports(tmp_path, "*.gz")


def test_a_question_scored_twice_names_its_files_and_the_remedy(make_scores, tmp_path):
    write_records(tmp_path / "a.jsonl", make_scores({"unknown": [1, 0]}))
    write_records(tmp_path / "b.jsonl", make_scores({"unknown": [1]}))
    with pytest.raises(
        InputError, match=r"a\.jsonl and .*b\.jsonl: .*twice for model 'unknown'.*--model-name"
    ):
        matrix_from_reports(tmp_path, "*.jsonl")
    write_records(tmp_path / "b.jsonl", make_scores({"unknown": [1]}, metric="bleu"))
    write_records(tmp_path / "c.jsonl", make_scores({"unknown": [1]}, metric="bleu"))
    assert matrix_from_reports(tmp_path, "*.jsonl", metric="exact").columns == ("unknown",)
    with pytest.raises(InputError, match=r"b\.jsonl and .*c\.jsonl"):
        matrix_from_reports(tmp_path, "*.jsonl", metric="bleu")


def test_files_of_windows_are_read_and_other_encodings_named(tmp_path):
    text = json.dumps([_row("a", "q", True)])
    (tmp_path / "m.json").write_bytes(text.encode("utf-8-sig"))
    (tmp_path / "k.csv").write_bytes("question_id,k\na.nii.gz::0,1.00\n".encode("utf-8-sig"))
    assert matrix_from_reports(tmp_path, "m.json").columns == ("m",)
    assert matrix_from_reports(tmp_path, "k.csv").columns == ("k",)
    (tmp_path / "m.json").write_bytes(text.encode("utf-16"))
    with pytest.raises(InputError, match=r"m\.json: not UTF-8 text but UTF-16; save it as UTF-8"):
        matrix_from_reports(tmp_path, "m.json")


def test_a_matrix_among_the_files_is_read_as_one(tmp_path):
    (tmp_path / "avg.csv").write_text(
        "question_id,m,k\nvalid_1_a_1.nii.gz::0,0.66,0.33\nvalid_1_a_1.nii.gz::1,,1.00\n"
    )
    matrix = matrix_from_reports(tmp_path, "*.csv")
    assert matrix.columns == ("m", "k")
    assert matrix.values[0].tolist() == [1, 0], "two of three judges decide"
    assert np.isnan(matrix.values[1, 0])
    assert matrix.rows[0].patient_id == "valid_1"
