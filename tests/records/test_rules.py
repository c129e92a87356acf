"""Every rule of a row, in JSONL and in CSV: its error names file, line, field, rule and value."""

from __future__ import annotations

import csv
import gzip
import io
import json
import string
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medspatial.datasets.formats import import_questions
from medspatial.errors import InputError
from medspatial.records import Case, Prediction, Question, Score, Sight, read_records, write_records
from medspatial.records.base import Record, content_hash, lean

ASKED = {"case_id": "c", "question": "Which side?", "answer": "left"}


def rows_of(path: Path, *rows: object) -> Path:
    path.write_text("".join((r if isinstance(r, str) else json.dumps(r)) + "\n" for r in rows))
    return path


@pytest.mark.parametrize(
    ("kind", "row", "field", "words"),
    [
        (Question, {"case_id": "c", "answer": "left"}, "question", "is required"),
        (Question, {"case_id": "c", "question": "Which side?"}, "answer", "is required"),
        (Question, {**ASKED, "question": ""}, "question", "at least 1 character; got ''"),
        (Question, {**ASKED, "question": " \t"}, "question", "must not be blank"),
        (Question, {**ASKED, "answer": 3}, "answer", "should be a valid string; got 3"),
        (Question, {"question": "Q?", "answer": "a"}, "", "needs 'case_id' or 'image_path'"),
        (Question, {**ASKED, "options": ["left", "left"]}, "", "options must differ from each other"),
        (
            Question,
            {**ASKED, "options": ["right"]},
            "",
            "answer must be one of the options ['right'], got 'left'",
        ),
        (Question, {**ASKED, "options": "left"}, "options", "got 'left'"),
        (Question, {**ASKED, "answer_type": "sides"}, "answer_type", "got 'sides'"),
        (Question, {**ASKED, "answer_type": "number"}, "", "answer_type 'number' needs 'value' (and 'unit')"),
        (Question, {**ASKED, "tolerance": -1}, "tolerance", "greater than or equal to 0; got -1"),
        (Question, {**ASKED, "value": "much"}, "value", "got 'much'"),
        (Question, {**ASKED, "colour": "red"}, "colour", "unknown field; put further data under 'metadata'"),
        (Question, {**ASKED, "metadata": []}, "metadata", "got []"),
        (Question, {**ASKED, "evidence": {"quotes": "x"}}, "evidence.quotes", "unknown field"),
        (
            Question,
            {**ASKED, "evidence": {"points": [{"name": "a", "xyz": [1, 2]}]}},
            "evidence.points.0.xyz.2",
            "is required",
        ),
        (Prediction, {**ASKED, "status": "lost"}, "status", "got 'lost'"),
        (Prediction, {**ASKED, "prediction": "x", "visible_share": 2}, "visible_share", "got 2"),
        (Score, {**ASKED, "prediction": "x"}, "metric", "is required"),
        (Case, {"patient_id": "p"}, "case_id", "is required"),
        (Case, {"case_id": "", "patient_id": "p"}, "case_id", "at least 1 character; got ''"),
        (
            Case,
            {"case_id": "c", "patient_id": "p", "masks": '[{"path"'},
            "masks",
            "must be a path, or a JSON list",
        ),
        (
            Case,
            {"case_id": "c", "patient_id": "p", "masks": [{"label_map": "x"}]},
            "masks.0.path",
            "is required",
        ),
        (
            Case,
            {"case_id": "c", "patient_id": "p", "masks": [{"path": "a", "z": 1}]},
            "masks.0.z",
            "unknown field",
        ),
        (
            Sight,
            {"id": "q", "input": "i", "structure": "s", "d": -1, "seen": 0, "contrast": 0},
            "d",
            "got -1",
        ),
        (
            Sight,
            {"id": "q", "input": "i", "structure": "s", "d": 1, "seen": 2, "contrast": 0},
            "seen",
            "got 2",
        ),
    ],
)
def test_a_broken_rule_names_line_field_and_value(
    kind: type[Record], row: dict[str, Any], field: str, words: str, tmp_path: Path
) -> None:
    good: dict[type[Record], dict[str, Any]] = {
        Question: {**ASKED, "question": "Other?"},
        Prediction: {**ASKED, "question": "Other?", "prediction": "left"},
        Score: {**ASKED, "question": "Other?", "metric": "m", "correct": True},
        Case: {"case_id": "g", "patient_id": "p"},
        Sight: {"id": "g", "input": "i", "structure": "s", "d": 1, "seen": 1, "contrast": 1},
    }
    first = good[kind]
    path = rows_of(tmp_path / "x.jsonl", first, "", row)
    with pytest.raises(InputError) as told:
        read_records(path, kind)
    said = str(told.value)
    assert said.startswith(f"{path}:3: " + (f"field '{field}': " if field else ""))
    assert words in said
    assert "\n" not in said
    loaded = read_records(path, kind, keep_going=True)
    assert len(loaded) == 1
    (one,) = loaded.skipped
    assert (one.file, one.line, one.field) == (str(path), 3, field)


def test_infinite_figures_are_no_figures(tmp_path: Path) -> None:
    for text in ("NaN", "Infinity", "-Infinity", "1e999"):
        row = json.dumps(ASKED)[:-1] + f', "value": {text}}}'
        with pytest.raises(InputError, match=r"x\.jsonl:1: "):
            read_records(rows_of(tmp_path / "x.jsonl", row), Question)


@pytest.mark.parametrize(
    ("order", "told"),
    [
        (["plain", "given", "plain"], ["", "-2", "-3"]),
        (["plain", "plain", "plain"], ["", "-2", "-3"]),
        (["given", "plain", "plain"], ["-2", "", "-3"]),
    ],
)
def test_a_number_never_gives_a_row_the_id_of_another(
    order: list[str], told: list[str], tmp_path: Path
) -> None:
    name = Question.model_validate(ASKED).id
    rows = [ASKED if one == "plain" else {**ASKED, "id": f"{name}-2"} for one in order]
    found = [one.id for one in read_records(rows_of(tmp_path / "q.jsonl", *rows), Question)]
    assert found == [f"{name}{end}" for end in told]
    imported = [one.id for one in import_questions(tmp_path / "q.jsonl", "medspatial")]
    assert imported == found


def test_an_id_that_a_numbered_row_took_is_refused(tmp_path: Path) -> None:
    name = Question.model_validate(ASKED).id
    path = rows_of(tmp_path / "q.jsonl", ASKED, ASKED, {**ASKED, "id": f"{name}-2"})
    with pytest.raises(
        InputError, match=rf"q\.jsonl:3: field 'id': must be unique in its file; got '{name}-2'"
    ):
        read_records(path, Question)


@given(st.lists(st.sampled_from(["", "x", "x-2", "x-3"]), min_size=1, max_size=6))
def test_ids_of_a_file_differ_or_its_row_is_refused(tmp_path_factory: Any, names: list[str]) -> None:
    path = tmp_path_factory.mktemp("ids") / "q.jsonl"
    base = Question.model_validate(ASKED).id
    rows_of(path, *({**ASKED, **({"id": one.replace("x", base)} if one else {})} for one in names))
    loaded = read_records(path, Question, keep_going=True)
    assert len({one.id for one in loaded}) == len(loaded)
    assert {one.rule for one in loaded.skipped} <= {"must be unique in its file"}
    assert len(loaded) + len(loaded.skipped) == len(names)


def test_one_id_stands_for_each_model_arm_and_metric(tmp_path: Path) -> None:
    row = {**ASKED, "id": "q", "prediction": "left", "metric": "exact", "correct": True, "model": "a"}
    others = [row, {**row, "model": "b"}, {**row, "arm": "blank"}, {**row, "metric": "structured"}]
    assert [one.id for one in read_records(rows_of(tmp_path / "s.jsonl", *others), Score)] == ["q"] * 4
    with pytest.raises(InputError, match="must be unique"):
        read_records(rows_of(tmp_path / "s.jsonl", *others, row), Score)


def test_a_case_is_listed_once(tmp_path: Path) -> None:
    case = {"case_id": "c", "patient_id": "p"}
    path = rows_of(tmp_path / "c.jsonl", case, {**case, "case_id": "d"}, case)
    with pytest.raises(
        InputError, match=r"c\.jsonl:3: .*'case_id': must be unique in its file \(first in line 1\)"
    ):
        read_records(path, Case)


def test_masks_are_a_path_a_list_of_paths_or_of_sources(tmp_path: Path) -> None:
    forms = ["seg.nii.gz", ["seg.nii.gz"], [{"path": "seg.nii.gz"}]]
    rows = [{"case_id": str(n), "patient_id": "p", "masks": one} for n, one in enumerate(forms)]
    found = read_records(rows_of(tmp_path / "c.jsonl", *rows), Case).rows
    assert len({one.masks for one in found}) == 1
    text = (
        'case_id,patient_id,masks\na,p,seg.nii.gz\nb,p,"[{""path"": ""seg.nii.gz"", ""complete"": true}]"\n'
    )
    (tmp_path / "c.csv").write_text(text)
    first, second = read_records(tmp_path / "c.csv", Case).rows
    assert first.masks == found[0].masks
    assert (second.masks[0].path, second.masks[0].complete) == ("seg.nii.gz", True)


words = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=12)
cells = st.one_of(words, st.sampled_from(["a,b", 'say "x"', "two\nlines", "left; right", "[1]", "1e5"]))
questions = st.builds(
    lambda name, text, answer, others, value, unit: {
        "id": name,
        "case_id": f"c{name}",
        "patient_id": "p",
        "question": f"Q {text}",
        "answer": answer,
        **({"options": [answer, *(one for one in others if one != answer)]} if others else {}),
        **({"value": value, "unit": unit} if value is not None else {}),
    },
    st.text(string.ascii_lowercase, min_size=1, max_size=6),
    cells,
    cells,
    st.lists(cells, max_size=3, unique=True),
    st.one_of(st.none(), st.floats(-1e6, 1e6)),
    st.sampled_from(["mm", "ml"]),
)


@given(st.lists(questions, min_size=1, max_size=4, unique_by=lambda one: one["id"]), st.booleans())
def test_csv_and_jsonl_hold_the_same_rows_plain_and_packed(
    tmp_path_factory: Any, rows: list[dict[str, Any]], packed: bool
) -> None:
    folder = tmp_path_factory.mktemp("rows")
    made = [Question.model_validate(row) for row in rows]
    path = write_records(folder / "q.jsonl", made)
    assert read_records(path, Question).rows == made
    text = io.StringIO(newline="")
    names = list(dict.fromkeys(name for row in rows for name in row))
    table = csv.DictWriter(text, names)
    table.writeheader()
    for row in rows:
        table.writerow({k: json.dumps(v) if isinstance(v, list) else v for k, v in row.items()})
    data = text.getvalue().encode()
    other = folder / ("q.csv.gz" if packed else "q.csv")
    other.write_bytes(gzip.compress(data) if packed else data)
    assert read_records(other, Question).rows == made


@given(st.recursive(st.none() | st.booleans() | st.integers() | words, lambda one: st.lists(one, max_size=3)))
def test_hashes_depend_on_the_json_alone(value: Any) -> None:
    assert content_hash(value) == content_hash(json.loads(json.dumps(value)))
    assert len(content_hash(value)) == 16
    assert int(content_hash(value), 16) >= 0


def test_hashes_ignore_the_order_of_names_and_tell_parts_apart() -> None:
    assert content_hash({"a": 1, "b": 2}) == content_hash({"b": 2, "a": 1})
    assert content_hash("a", "b") != content_hash("ab")
    assert content_hash("a", "b") != content_hash("b", "a")
    assert content_hash(1) != content_hash("1")


def test_lines_leave_out_defaults_and_keep_the_order_of_fields() -> None:
    text = Question(answer="left", question="Which side?", case_id="c").to_json()
    assert list(json.loads(text)) == ["id", "case_id", "patient_id", "question", "answer"]
    assert "null" not in text
    assert '", "' in text


def test_lean_records_are_equal_and_share_what_was_given() -> None:
    def evidence(n: int) -> Question:
        return Question.model_validate({**ASKED, "question": f"{n}?", "evidence": {"quote": f"{n}"}})

    first, second = lean(evidence(1)), lean(evidence(2))
    assert first == evidence(1)
    assert first.model_fields_set is second.model_fields_set
    assert first.evidence is not None
    assert second.evidence is not None
    assert first.evidence.model_fields_set is second.evidence.model_fields_set
    assert first.to_json() == evidence(1).to_json()
    changed = first.model_copy(update={"category": "volume"})
    assert "category" not in second.model_fields_set
    assert changed.category == "volume"
