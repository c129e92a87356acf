"""The releases of other sets: their published fields, and what contradicts itself in them."""

from __future__ import annotations

import csv
import json

import pytest

from medspatial.datasets.formats import detect_format, export_questions, import_questions
from medspatial.datasets.formats.deep_tumor import split_options
from medspatial.errors import InputError
from medspatial.records import Question, read_records, write_records

TUMOR = {
    "qid": "bench_1",
    "image_id": "BDMAP_00000017",
    "spacing": "[0.8 0.8 5.0]",
    "shape": "(512, 512, 116)",
    "question": "How would you grade the size of the spleen by its volume?",
    "answer": "Normal (no enlargement)",
    "mc_question": "How would you grade the size of the spleen by its volume? A: Normal B: Mild C: Severe",
    "correct_option": "B",
    "organ": "spleen",
    "question_type": "medical reasoning",
    "question_subtype": "splenomegaly grading",
}
MIRP = {
    "filename": "amos_img3_slice15.png",
    "question_answer": [
        {
            "object1_name": "right iliopsoas", "object2_name": "prostate",
            "object1_center_x": 359.1, "object1_center_y": 226.5, "object2_center_x": 257.2,
            "object2_center_y": 293.3, "question": "Is the right iliopsoas below the prostate?", "answer": 0,
        }
    ],
}  # fmt: skip
TALK = {
    "image": "valid_7_a_1.nii.gz",
    "conversations": [
        {"from": "human", "value": "<image>\nWhere is the nodule?<short_answer>"},
        {"from": "gpt", "value": "Left upper lobe"},
        {"from": "human", "value": "Which side? (a) left (b) right <multiple_choice>"},
        {"from": "gpt", "value": "(a) left"},
    ],
}


def _json(path, data):
    path.write_text(json.dumps(data), encoding="utf-8")
    return path


def _csv(path, rows):
    with path.open("w", newline="") as stream:
        writer = csv.DictWriter(stream, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return path


def test_version_2_of_deep_tumor(tmp_path):
    path = _json(tmp_path / "test_qa.json", {"version": "2.0", "num_questions": 1, "questions": [TUMOR]})
    assert detect_format(path) == "deep-tumor"
    (one,) = import_questions(path, "deep-tumor", image_root="ct")
    assert (one.id, one.case_id) == ("bench_1", "BDMAP_00000017")
    assert one.image_path == "ct/BDMAP_00000017/ct.nii.gz"
    assert (one.question, one.answer) == (TUMOR["question"], "Mild")
    assert (one.options, one.subtype) == (("Normal", "Mild", "Severe"), "splenomegaly grading")
    assert one.metadata["row"]["spacing"] == "[0.8 0.8 5.0]"


def test_version_1_of_deep_tumor_and_lines(tmp_path):
    first = {name: value for name, value in TUMOR.items() if name not in ("mc_question", "qid")}
    first |= {"question_id": 0, "multiple_choice_question": TUMOR["mc_question"]}
    path = tmp_path / "v1.jsonl"
    path.write_text(json.dumps(first) + "\n" + json.dumps(TUMOR) + "\n")
    assert detect_format(path) == "deep-tumor"
    one, two = import_questions(path, "deep-tumor")
    assert one.options == two.options
    again = export_questions(tmp_path / "again.jsonl", [one, two], "deep-tumor")
    assert [json.loads(line) for line in again.read_text().splitlines()] == [first, TUMOR]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"correct_option": "D"}, "field 'correct_option': must be one of A, B, C, got 'D'"),
        ({"correct_option": None}, "field 'correct_option': must be one of A, B, C, got None"),
        ({"mc_question": "What is it?"}, "field 'mc_question': holds no options"),
        ({"image_id": ""}, "field 'image_id' is required"),
    ],
)
def test_a_letter_that_does_not_fit(tmp_path, change, message):
    path = _json(tmp_path / "test_qa.json", {"questions": [TUMOR | change]})
    with pytest.raises(InputError, match=r"test_qa.json: questions\[0\]: " + message):
        list(import_questions(path, "deep-tumor"))


@pytest.mark.parametrize(
    ("text", "stem", "options"),
    [
        ("Which? A: liver B: left kidney C: spleen", "Which?", ("liver", "left kidney", "spleen")),
        ("Which?\n(A) liver\n(B) spleen", "Which?", ("liver", "spleen")),
        ("Is it type B: yes?", "Is it type B: yes?", ()),
        ("Which vitamin? A: A. B: B12", "Which vitamin?", ("A.", "B12")),
    ],
)
def test_options_behind_the_question(text, stem, options):
    assert split_options(text) == (stem, options)


def test_mirp_keeps_its_centres_and_its_frame(tmp_path):
    path = _json(tmp_path / "qa.json", [MIRP])
    assert detect_format(path) == "mirp"
    (one,) = import_questions(path, "mirp", image_root="images")
    assert (one.answer, one.options, one.tags) == ("no", ("yes", "no"), ("in_picture",))
    assert (one.case_id, one.patient_id) == ("amos_img3_slice15", "amos_img3")
    assert (one.evidence.value, one.evidence.unit) == (pytest.approx(-66.8), "px")
    again = export_questions(tmp_path / "again.json", [one], "mirp")
    assert json.loads(again.read_text()) == [MIRP]


def test_mirp_answers_are_held_against_the_centres(tmp_path):
    wrong = {**MIRP, "question_answer": [MIRP["question_answer"][0] | {"answer": 1}]}
    with pytest.raises(
        InputError, match=r"entry 0, question 0: answer 'yes' contradicts the centres, -66.8 px"
    ):
        list(import_questions(_json(tmp_path / "qa.json", [wrong]), "mirp"))
    with pytest.raises(InputError, match="not from MIRP"):
        export_questions(tmp_path / "x.json", [Question(case_id="c", question="?", answer="it")], "mirp")


def test_conversations_of_ct_rate(tmp_path):
    path = _json(tmp_path / "valid_vqa.json", [TALK])
    assert detect_format(path) == "ct-rate-vqa"
    short, choice = import_questions(path, "ct-rate-vqa")
    assert (short.question, short.answer) == ("Where is the nodule?", "Left upper lobe")
    assert (short.subtype, short.patient_id) == ("CT-RATE short_answer", "valid_7")
    assert (choice.question, choice.answer, choice.options) == ("Which side?", "left", ("left", "right"))
    back = export_questions(tmp_path / "back.json", [short, choice], "ct-rate-vqa")
    assert [one.to_json() for one in import_questions(back, "ct-rate-vqa")] == [
        one.to_json() for one in (short, choice)
    ]


def test_turns_that_do_not_alternate(tmp_path):
    broken = {**TALK, "conversations": TALK["conversations"][:3]}
    with pytest.raises(InputError, match=r"entry 0: field 'from': turns must be human, gpt"):
        list(import_questions(_json(tmp_path / "v.json", [broken]), "ct-rate-vqa"))


@pytest.mark.parametrize(
    ("name", "row", "question", "answer", "kind"),
    [
        ("abnormality", {"Abnormality": "cyst"}, "What does the scan show in the left lung?", "cyst", "free"),
        ("location", {"Abnormality": "cyst"}, "Where does the scan show cyst?", "left lung", "free"),
        (
            "presence",
            {"Finding": "cyst", "Presence": "No."},
            "Does the scan show cyst in the left lung?",
            "no",
            "yes_no",
        ),
        (
            "size",
            {"Abnormality": "cyst", "Size": "2 cm"},
            "How large is the cyst in the left lung?",
            "2 cm",
            "number",
        ),
    ],
)
def test_tables_of_radgenome(tmp_path, name, row, question, answer, kind):
    row = {"Volumename": "train_430_a_1.nii.gz", "Anatomy": "lung/lung/left lung", **row}
    path = _csv(tmp_path / f"{name}.csv", [row])
    assert detect_format(path) == "radgenome"
    (one,) = import_questions(path, "radgenome")
    assert (one.question, one.answer, one.answer_type) == (question, answer, kind)
    assert one.metadata["worded_by"] == "medspatial"
    again = export_questions(tmp_path / f"again_{name}.csv", [one], "radgenome")
    assert again.read_bytes() == path.read_bytes().replace(b"\r\n", b"\n")


def test_rows_that_repeat_are_told_apart_and_a_folder_is_read_whole(tmp_path):
    head = {
        "Task": 3,
        "Subtask": 1,
        "VolumeName": "test_7_a_1.nii.gz",
        "Question": "How large?",
        "Answer": "2 cm",
    }
    row = head | {"QuestionType": "Open", "AnswerChoice": "-"} | {f"Choice {c}": "-" for c in "ABCD"}
    (tmp_path / "3DRAD" / "Task3").mkdir(parents=True)
    _csv(tmp_path / "3DRAD" / "Task3" / "Size.csv", [row, row])
    _csv(tmp_path / "3DRAD" / "Other.csv", [row])
    rows = list(import_questions(tmp_path / "3DRAD", "3d-rad"))
    assert [one.id for one in rows] == [rows[0].id, f"{rows[0].id}-2", f"{rows[0].id}-3"]
    written = write_records(tmp_path / "q.jsonl", rows)
    assert len(read_records(written, Question)) == 3
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match=r"holds no .csv"):
        list(import_questions(tmp_path / "empty", "3d-rad"))
