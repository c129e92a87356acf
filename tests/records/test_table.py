"""Tables and objects in which one name stands twice, rows that do not fit their head, and long cells."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medspatial.compare.matrix import CorrectnessMatrix
from medspatial.datasets.formats.rows import read_rows
from medspatial.datasets.nested import read_nested
from medspatial.errors import InputError
from medspatial.records import Prediction, read_records
from medspatial.records.table import DoubledKey, csv_rows, json_value

PLACE = Path("rows.csv")


def rows(text: str) -> list[tuple[int, dict[str, str]]]:
    return list(csv_rows(text.splitlines(keepends=True), PLACE))


def test_rows_with_their_lines():
    assert rows('a,b\n1,2\n\n3,"4\n5"\n') == [(2, {"a": "1", "b": "2"}), (5, {"a": "3", "b": "4\n5"})]
    assert rows("") == []


@pytest.mark.parametrize("head", ["a,b,a", "a, a ,b", "b,a,c,a"])
def test_two_columns_of_one_name_are_refused(head):
    with pytest.raises(InputError, match=r"rows\.csv:1: column 'a' stands 2 times in the head"):
        rows(f"{head}\n")


@pytest.mark.parametrize(("line", "count"), [("1", 1), ("1,2,3", 3), (",,,", 4)])
def test_a_row_fits_its_head(line, count):
    with pytest.raises(InputError, match=rf"rows\.csv:3: a row needs 2 cells, .* got {count}"):
        rows(f"a,b\n1,2\n{line}\n")


@pytest.mark.parametrize("text", ['a,b\n1,"open\n2,3\n4,5\n', 'a,b\n1,"x" y\n', "a,b\n1,x\0y\n"])
def test_broken_text_is_refused_with_its_line(text):
    with pytest.raises(InputError, match=r"rows\.csv:\d: not valid CSV"):
        rows(text)


@given(st.text(alphabet="abc ,\"'\n", max_size=30))
def test_any_cell_comes_back(cell):
    quoted = '"' + cell.replace('"', '""') + '"'
    assert rows(f"a,b\nx,{quoted}\n")[0][1]["b"] == cell


@pytest.mark.parametrize(
    "text", ['{"a": 1, "a": 2}', '[{"b": {"a": 1, "a": 1}}]', '{"a": [], "b": 0, "a": null}']
)
def test_an_object_says_each_name_once(text):
    with pytest.raises(DoubledKey, match="field 'a' stands twice in one object"):
        json_value(text)
    assert json_value('{"a": {"a": 1}, "b": [{"a": 2}, {"a": 3}]}') == {
        "a": {"a": 1},
        "b": [{"a": 2}, {"a": 3}],
    }


ROW = {"case_id": "c1", "question": "Which side?", "answer": "left", "prediction": "left"}


def test_records_with_a_doubled_field_are_refused(tmp_path):
    file = tmp_path / "rows.jsonl"
    file.write_text(json.dumps(ROW)[:-1] + ', "prediction": "right"}\n')
    with pytest.raises(InputError, match=r"rows\.jsonl:1: field 'prediction': stands twice"):
        read_records(file, Prediction)
    table = tmp_path / "rows.csv"
    table.write_text("case_id,question,answer,prediction,prediction\nc1,Which side?,left,left,right\n")
    with pytest.raises(InputError, match=r"rows\.csv:1: column 'prediction' stands 2 times"):
        read_records(table, Prediction)


def test_long_cells_are_read(tmp_path):
    file = tmp_path / "rows.csv"
    file.write_text(f"case_id,question,answer,prediction\nc1,Which side?,left,left {'.' * 300_000}\n")
    assert len(read_records(file, Prediction).rows[0].prediction or "") == 300_005


def test_every_entrance_refuses_them(tmp_path):
    table = tmp_path / "matrix.csv"
    table.write_text("question_id,m1,m1\nc1::0,1,0\n")
    with pytest.raises(InputError, match="column 'm1' stands 2 times"):
        CorrectnessMatrix.read(table)
    lines = tmp_path / "import.jsonl"
    lines.write_text('{"question": "a", "question": "b"}\n')
    with pytest.raises(InputError, match="field 'question' stands twice"):
        list(read_rows(lines))
    nested = tmp_path / "nested.json"
    nested.write_text('{"v1": {"qa_pairs": []}, "v1": {"qa_pairs": []}}')
    with pytest.raises(InputError, match="field 'v1' stands twice"):
        read_nested(nested)
