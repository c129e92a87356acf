"""Reading and writing of records: plain rows, ids, errors with their place, CSV, round trips."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medspatial.errors import InputError
from medspatial.records import (
    Case,
    Prediction,
    Question,
    RecordAppender,
    Score,
    iter_records,
    read_records,
    write_records,
)

PLAIN = {"image_path": "d/valid_7_a_2.nii.gz", "question": "Which kidney is larger?", "answer": "left"}


def write_lines(path: Path, *rows: object) -> Path:
    path.write_text("".join((r if isinstance(r, str) else json.dumps(r)) + "\n" for r in rows))
    return path


def test_plain_row_gets_case_patient_and_stable_id(tmp_path: Path) -> None:
    (row,) = read_records(write_lines(tmp_path / "q.jsonl", PLAIN), Question)
    assert (row.case_id, row.patient_id) == ("valid_7_a_2", "valid_7")
    assert row.id == Question(**PLAIN).id == "3616324f5b6a49a4"


def test_id_ignores_the_folder_but_not_the_words() -> None:
    elsewhere = Question(**{**PLAIN, "image_path": "/other/valid_7_a_2.npy"})
    assert elsewhere.id == Question(**PLAIN).id
    assert Question(**{**PLAIN, "question": "Which kidney is smaller?"}).id != elsewhere.id


def test_id_ignores_the_suffix_of_a_case_but_not_its_folder() -> None:
    plain = {"case_id": "valid_7_a_2", "question": "Which kidney is larger?", "answer": "left"}
    suffixed = Question(**{**plain, "case_id": "valid_7_a_2.nii.gz"})
    assert suffixed.id == Question(**PLAIN).id == Question(**plain).id
    assert (suffixed.case_id, suffixed.patient_id) == ("valid_7_a_2.nii.gz", "valid_7")
    folders = [Question(**{**plain, "case_id": f"{site}/case_2"}).id for site in ("a", "b")]
    assert folders[0] != folders[1]


def test_plain_prediction_and_score_rows_are_valid(tmp_path: Path) -> None:
    rows = read_records(write_lines(tmp_path / "p.jsonl", {**PLAIN, "prediction": "Left."}), Prediction)
    assert rows.rows[0].prediction == "Left."
    score = Score(**{**PLAIN, "prediction": "Left.", "correct": True, "metric": "exact"})
    assert json.loads(score.to_json()).items() >= {**PLAIN, "prediction": "Left.", "correct": True}.items()


def test_repeated_plain_rows_are_kept_apart(tmp_path: Path) -> None:
    rows = read_records(write_lines(tmp_path / "q.jsonl", PLAIN, PLAIN, PLAIN), Question).rows
    base = rows[0].id
    assert [row.id for row in rows] == [base, f"{base}-2", f"{base}-3"]


def test_repeated_rows_are_listed_with_both_places(tmp_path: Path) -> None:
    other = {**PLAIN, "question": "Where?"}
    path = write_lines(tmp_path / "q.jsonl", PLAIN, "", {**PLAIN, "answer": 1}, other, PLAIN, other, PLAIN)
    loaded = read_records(path, Question, keep_going=True)
    places = [(one.line, one.row, one.first_line, one.first_row) for one in loaded.repeats]
    assert places == [(5, 2, 1, 0), (6, 3, 4, 1), (7, 4, 1, 0)]


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ("{bad json", ["q.jsonl:2", "JSON"]),
        ({**PLAIN, "answer_type": "sidee"}, ["q.jsonl:2", "'answer_type'", "'sidee'"]),
        ({"question": "Why?", "answer": "x"}, ["q.jsonl:2", "'case_id' or 'image_path'"]),
        ({"image_path": "a.nii", "answer": "x"}, ["q.jsonl:2", "'question'", "required"]),
        ({**PLAIN, "qestion": "typo"}, ["q.jsonl:2", "'qestion'", "unknown field", "'typo'"]),
        ({**PLAIN, "question": "  "}, ["q.jsonl:2", "'question'", "must not be blank"]),
        ({**PLAIN, "options": ["right", "both"]}, ["q.jsonl:2", "one of the options", "'left'"]),
        ({**PLAIN, "options": ["left", "left"]}, ["q.jsonl:2", "differ"]),
        ({**PLAIN, "answer_type": "number"}, ["q.jsonl:2", "needs 'value'"]),
        ({**PLAIN, "tolerance": -1}, ["q.jsonl:2", "'tolerance'", "-1"]),
        ({**PLAIN, "value": "NaN"}, ["q.jsonl:2", "'value'"]),
        ("[1, 2]", ["q.jsonl:2"]),
    ],
)
def test_a_bad_row_is_named_with_file_line_field_and_value(
    tmp_path: Path, row: object, words: list[str]
) -> None:
    path = write_lines(tmp_path / "q.jsonl", PLAIN, row)
    with pytest.raises(InputError) as caught:
        read_records(path, Question)
    for word in words:
        assert word in str(caught.value)
    loaded = read_records(path, Question, keep_going=True)
    assert (len(loaded), len(loaded.skipped)) == (1, 1)
    assert str(loaded.skipped[0]) == str(caught.value)


def test_given_ids_must_be_unique(tmp_path: Path) -> None:
    path = write_lines(tmp_path / "q.jsonl", {**PLAIN, "id": "a"}, {**PLAIN, "id": "a"})
    with pytest.raises(InputError, match=r"q.jsonl:2: field 'id': must be unique.*'a'"):
        read_records(path, Question)


@pytest.mark.parametrize("name", ["absent.jsonl", "absent.csv"])
def test_missing_file(tmp_path: Path, name: str) -> None:
    with pytest.raises(InputError, match=f"{name}: no such file"):
        read_records(tmp_path / name, Question)


def test_folder_and_binary_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="is a folder"):
        read_records(tmp_path, Question)
    with pytest.raises(InputError, match="is a folder, the name of a file is needed"):
        write_records(tmp_path, [Question(**PLAIN)])
    (tmp_path / "b.jsonl").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(InputError, match="not UTF-8"):
        read_records(tmp_path / "b.jsonl", Question)


def test_csv_with_lists_and_empty_cells(tmp_path: Path) -> None:
    path = tmp_path / "q.csv"
    path.write_text(
        "image_path,question,answer,options,value,category\n"
        'a.nii.gz,Which?,left,"[""left"", ""right""]",,laterality\n'
        "a.nii.gz,How far?,12 mm,,12.5,distance\n"
    )
    first, second = read_records(path, Question)
    assert first.options == ("left", "right")
    assert first.value is None
    assert (second.value, second.category) == (12.5, "distance")


def test_csv_error_names_its_line(tmp_path: Path) -> None:
    path = tmp_path / "q.csv"
    path.write_text("image_path,question,answer,options\na.nii.gz,Which?,left,not a list\n")
    with pytest.raises(InputError, match=r"q.csv:2: field 'options'.*'not a list'"):
        read_records(path, Question)


def test_appender_writes_lines_that_are_read_at_once(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "p.jsonl"
    with RecordAppender(path) as file:
        file.append(Question(**PLAIN))
        assert len(read_records(path, Question)) == 1


def test_write_is_whole_or_nothing(tmp_path: Path) -> None:
    path = write_records(tmp_path / "c.jsonl", [Case(case_id="a", patient_id="a")])

    def broken():  # type: ignore[no-untyped-def]
        yield Case(case_id="b", patient_id="b")
        raise RuntimeError("disk full")

    with pytest.raises(RuntimeError):
        write_records(path, broken())
    assert [case.case_id for case in read_records(path, Case)] == ["a"]


TEXT = st.text(min_size=1).filter(lambda text: bool(text.strip()))


@given(
    question=TEXT,
    answer=st.text(),
    case=TEXT,
    value=st.none() | st.floats(allow_nan=False, allow_infinity=False),
)
def test_any_text_survives_a_round_trip(question: str, answer: str, case: str, value: float | None) -> None:
    row = Question(case_id=case, question=question, answer=answer, value=value)
    line = row.to_json()
    assert "\n" not in line
    assert Question.model_validate_json(line) == row


def test_rows_can_be_read_one_by_one(tmp_path: Path) -> None:
    path = write_lines(tmp_path / "p.jsonl", {**PLAIN, "prediction": "b"}, "", {**PLAIN, "colour": 1})
    reader = iter_records(path, Prediction)
    assert next(reader).case_id == "valid_7_a_2"
    with pytest.raises(InputError, match=r"p\.jsonl:3: field 'colour'"):
        next(reader)


def test_other_words_of_earlier_files_move_from_the_metadata(tmp_path: Path) -> None:
    path = tmp_path / "q.jsonl"
    row = {"case_id": "c", "question": "q?", "answer": "a", "metadata": {"reworded": "r?", "kind": "x"}}
    path.write_text(json.dumps(row))
    (question,) = read_records(path, Question).rows
    assert (question.reworded, question.metadata) == ("r?", {"kind": "x"})
    write_records(path, [question])
    assert read_records(path, Question).rows == [question]


@pytest.mark.parametrize("source", ["masks", "rules:1"])
def test_form_and_balance_of_earlier_files_are_read_as_fields(source: str) -> None:
    metadata = {"form": "largest", "kind": "left", "fact": "f"}
    row = {"case_id": "c", "question": "q?", "answer": "a", "source": source, "metadata": metadata}
    question = Question.model_validate(row)
    assert (question.form, question.balance_kind, question.metadata) == ("largest", "left", {"fact": "f"})
    assert Question.model_validate(question.model_dump()) == question


@pytest.mark.parametrize("source", [None, "masks of somebody", "vqa-rad"])
def test_the_metadata_of_other_sets_stay_where_they_are(source: str | None) -> None:
    metadata = {"form": "largest", "kind": "left"}
    row = {"case_id": "c", "question": "q?", "answer": "a", "source": source, "metadata": metadata}
    question = Question.model_validate(row)
    assert (question.form, question.balance_kind, question.metadata) == (None, None, metadata)


def test_a_field_is_never_overwritten_by_the_place_it_had_in_earlier_files() -> None:
    row = {"case_id": "c", "question": "q?", "answer": "a", "source": "masks", "form": "largest"}
    question = Question.model_validate({**row, "metadata": {"form": "smallest"}})
    assert (question.form, question.metadata) == ("largest", {"form": "smallest"})


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.jsonl", "[" * 100_000),
        ("a.jsonl", '{"image_path": "a", "metadata": ' + "[" * 100_000 + "]" * 100_000 + "}"),
        ("a.jsonl", '{"case_id": "a", "metadata": {"a": ' + "9" * 5000 + "}}"),
        ("a.jsonl", '{"case_id": "a", "' + "x" * 100_000 + '": 1}'),
        ("a.jsonl", "\0\0"),
        ("a.jsonl", b'{"case_id": "\xff"}'),
        ("a.csv", "case_id,metadata\na," + '"' + '{""a"":' * 500 + "1" + "}" * 500 + '"'),
        ("a.csv", "case_id,metadata\na," + "[" * 100_000),
        ("a.csv", "case_id,metadata\na,\0"),
        ("a.csv", b"case_id\n\xff"),
    ],
)
def test_hostile_rows_are_one_short_line(tmp_path, name, text):
    path = tmp_path / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    for kind in (Case, Question, Prediction):
        with pytest.raises(InputError, match=name) as caught:
            read_records(path, kind)
        assert "\n" not in str(caught.value)
        assert len(str(caught.value)) < 1000


def test_pipes_devices_and_names_without_end_are_refused_at_once(tmp_path):
    os.mkfifo(tmp_path / "a.jsonl")
    for path, fault in (
        (tmp_path / "a.jsonl", "is a pipe"),
        ("/dev/zero", "is a device"),
        (tmp_path / ("n" * 5000), "cannot be opened"),
        ("a\0b", "cannot be opened"),
    ):
        with pytest.raises(InputError, match=fault):
            read_records(path, Question)
