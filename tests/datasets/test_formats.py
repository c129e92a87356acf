from __future__ import annotations

import csv
import json

import pytest

from medspatial.cli import exchange
from medspatial.datasets.formats import FORMATS, export_questions, import_questions
from medspatial.datasets.formats.mapping import Mapped
from medspatial.errors import InputError
from medspatial.records import Question


def _questions():
    side = {"options": ("left", "right"), "answer_type": "choice"}
    size = {"answer_type": "number", "value": 5, "unit": "mm"}
    return [
        Question(case_id="valid_1_a_1", question="Which side?", answer="left", **side),
        Question(case_id="valid_2_a_1", question="How large?", answer="5 mm", **size),
    ]


def _write_csv(path, rows):
    with path.open("w", newline="") as stream:
        writer = csv.DictWriter(stream, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return path


@pytest.mark.parametrize(
    "name", ["3d-rad", "m3d", "deep-tumor", "ct-spatialvqa", "medspatial", "huggingface"]
)
def test_export_then_import_keeps_the_core(name, tmp_path):
    suffix = {"ct-spatialvqa": "x.json", "medspatial": "x.jsonl", "huggingface": "x"}.get(name, "x.csv")
    path = export_questions(tmp_path / suffix, _questions(), name)
    back = list(import_questions(path, name))
    assert [(q.question, q.answer) for q in back] == [(q.question, q.answer) for q in _questions()]
    if name not in ("m3d", "ct-spatialvqa"):
        assert [q.case_id for q in back] == ["valid_1_a_1", "valid_2_a_1"]
    if name not in ("ct-spatialvqa",):
        assert back[0].options == ("left", "right")
    if name == "huggingface":
        assert [q.to_json() for q in back] == [q.to_json() for q in _questions()]


def test_three_d_rad_names_are_ct_rates(tmp_path):
    row = {
           "Task": 2, "Subtask": 2, "VolumeName": "test_968_a_2.nii.gz", "Question": "Which lung?",
           "Answer": "Left",
           "QuestionType": "Open", "AnswerChoice": "-"} | {f"Choice {c}": "-" for c in "ABCD"}  # fmt: skip
    path = _write_csv(tmp_path / "r.csv", [row])
    (one,) = import_questions(path, "3d-rad", image_root="root")
    assert (one.case_id, one.patient_id) == ("valid_968_a_2", "valid_968")
    assert one.image_path == "root/dataset/valid_fixed/valid_968/valid_968_a/valid_968_a_2.nii.gz"
    assert (one.options, one.subtype) == ((), "3D-RAD 2.2")


def test_m3d_letter_must_fit(tmp_path):
    row = {"Image Path": "M3D_Cap/ct_case/000006/Axial.npy", "Question Type": 3, "Question": "Where?",
           "Choice A": "Lung",
           "Choice B": "Liver", "Choice C": "Colon", "Choice D": "Spleen",
           "Answer": "Liver", "Answer Choice": "B"}  # fmt: skip
    (one,) = import_questions(_write_csv(tmp_path / "m.csv", [row]), "m3d")
    assert (one.case_id, one.answer, len(one.options)) == ("ct_case_000006_Axial", "Liver", 4)
    with pytest.raises(InputError, match=r"m.csv:2: field 'Answer Choice': 'C' is not the choice 'Liver'"):
        list(import_questions(_write_csv(tmp_path / "m.csv", [row | {"Answer Choice": "C"}]), "m3d"))


def test_deep_tumor_typed_answers(tmp_path):
    base = {
        "BDMAP ID": "BDMAP_1",
        "Question Type": "measurement",
        "Question Subtype": "lesion size",
        "Question": "Q?",
    }
    rows = [
        base | {"Answer": "12.5 mm"},
        base | {"Answer": "yes", "Question": "R?"},
        base | {"Answer": "B", "Question": "S?", "options": ["liver", "spleen"]},
        base | {"Answer": "cystic", "Question": "T?"},
    ]
    path = tmp_path / "d.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    found = list(import_questions(path, "deep-tumor"))
    assert [q.answer_type for q in found] == ["number", "yes_no", "choice", "free"]
    assert (found[0].value, found[0].unit, found[2].answer) == (12.5, "mm", "spleen")
    again = export_questions(tmp_path / "again.jsonl", found, "deep-tumor")
    assert again.read_text() == path.read_text()
    path.write_text(json.dumps(base | {"Answer": "kidney", "options": ["liver", "spleen"]}))
    with pytest.raises(InputError, match=r"d.jsonl:1: field 'Answer': must be a letter or one of"):
        list(import_questions(path, "deep-tumor"))


def test_any_jsonl_with_named_fields(tmp_path):
    path = tmp_path / "x.jsonl"
    path.write_text('{"prompt": "Where?", "gold": "left", "scan": "a/b.nii.gz", "kind": ["x"]}\n')
    fields = Mapped.parse(["question=prompt", "answer=gold", "image=scan", "category=kind"])
    (one,) = import_questions(path, "jsonl", fields=fields)
    assert (one.case_id, one.tags, one.metadata["row"]["gold"]) == ("b", ("x",), "left")
    with pytest.raises(InputError, match=r"x.jsonl:1: field 'answer' is required"):
        list(import_questions(path, "jsonl", fields=Mapped(question="prompt", image="scan")))
    with pytest.raises(InputError, match="--field: must be OURS=THEIRS"):
        Mapped.parse(["nonsense=x"])


def test_reading_is_lazy(tmp_path):
    path = tmp_path / "x.jsonl"
    path.write_text('{"case_id": "c", "question": "Where?", "answer": "left"}\nnot json\n')
    rows = import_questions(path, "jsonl")
    assert next(rows).answer == "left"
    with pytest.raises(InputError, match=r"x.jsonl:2: not JSON"):
        next(rows)


def test_hugging_face_splits(tmp_path):
    datasets = pytest.importorskip("datasets")
    rows = [{"question": "Where?", "answer": "left", "case_id": "c"}]
    whole = datasets.DatasetDict({name: datasets.Dataset.from_list(rows) for name in ("train", "test")})
    whole.save_to_disk(str(tmp_path / "d"))
    (one,) = import_questions(tmp_path / "d", "huggingface", split="test")
    assert one.answer == "left"
    with pytest.raises(InputError, match="holds the splits train, test; name one"):
        list(import_questions(tmp_path / "d", "huggingface"))
    with pytest.raises(InputError, match="has no split 'x'"):
        list(import_questions(tmp_path / "d", "huggingface", split="x"))
    with pytest.raises(InputError, match=r"not a folder of datasets.save_to_disk"):
        list(import_questions(tmp_path, "huggingface"))


def test_unknown_format_and_too_many_options(tmp_path):
    with pytest.raises(InputError, match="unknown dataset format 'x'; known: medspatial"):
        import_questions(tmp_path, "x")
    many = Question(case_id="c", question="q", answer="1", options=tuple("12345"))
    with pytest.raises(InputError, match="5 options, this format holds 4"):
        export_questions(tmp_path / "x.csv", [many], "m3d")
    assert f"{', '.join(FORMATS)}." == exchange.FORMATS  # what the help says


def test_real_rows_come_out_as_they_were(shared, tmp_path):
    source = shared / "data" / "three_d_rad_sample.jsonl"
    rows = list(import_questions(source, "3d-rad"))
    assert len(rows) == 400
    assert len({one.patient_id for one in rows}) == 278
    again = export_questions(tmp_path / "again.jsonl", rows, "3d-rad")
    assert [json.loads(a) for a in again.read_text().splitlines()] == [
        json.loads(b) for b in source.read_text().splitlines()
    ]
