"""Tables of label values and names in the forms that programs and people write."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medspatial.anatomy import load_label_map
from medspatial.anatomy.json_tables import plain_form
from medspatial.anatomy.labels import label_name, says_nothing
from medspatial.anatomy.tables import table_rows
from medspatial.errors import InputError

WANTED = {1: "liver", 2: "spleen", 3: "left kidney"}


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.csv", "id,name\n1,liver\n2,spleen\n3,left kidney\n"),
        ("a.csv", "Pixel Value;Structure Name\n1;liver\n2;spleen\n3;left kidney\n"),
        ("a.csv", "organ,label\nliver,1\nspleen,2\nleft kidney,3\n"),
        ("a.csv", "LabelValue,Name,Color_R\n0,Background,0\n1,liver,1\n2,spleen,2\n3,left kidney,3\n"),
        ("a.csv", "1,liver\n2,spleen\n3,left kidney\n"),
        ("a.tsv", "liver\t1\nspleen\t2\nleft kidney\t3\n"),
        ("a.tsv", "index\tname\tabbreviation\n1\tliver\tl\n2\tspleen\ts\n3\tleft kidney\tk\n"),
        ("a.txt", "1 liver\n2 spleen\n3 left kidney\n"),
        ("a.txt", "# made by hand\n1: liver\n2: spleen\n\n3: left kidney\n"),
        ("a.txt", "liver = 1\nspleen = 2\nleft kidney = 3\n"),
        ("a.txt", '"liver": 1,\n"spleen": 2,\n"left kidney": 3\n'),
        ("a.yaml", "---\nlabels:\n  1: liver\n  2: spleen\n  3: left kidney\n"),
        ("a.ctbl", "0 none 0 0 0 0\n1 liver 9 9 9 255\n2 spleen 9 9 9 255\n3 \"left kidney\" 9 9 9 255\n"),
        ("a.lut", "#No. Label R G B A\n1 liver 9 9 9 0\n2 spleen 9 9 9 0\n3 left kidney 9 9 9 0\n"),
        ("a.label", '1 9 9 9 1 1 1 "liver"\n2 9 9 9 1 1 0 "spleen"\n3 9 9 9 0.5 1 1 "left kidney"\n'),
    ],
)  # fmt: skip
def test_forms_of_text(tmp_path, name, text):
    assert table_rows(text, tmp_path / name) == WANTED


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.csv", "patient,label\np1,0\np2,1\n"),
        ("a.csv", "1,0.93\n2,0.91\n"),
        ("a.txt", "the liver is 1\n"),
        ("a.txt", "1 liver\nand nothing else\n"),
        ("a.txt", ""),
        ("a.yaml", "labels:\n"),
        ("a.txt", "1 " + "x" * 600 + "\n"),
        ("a.txt", "1234567890123 liver\n"),
    ],
)
def test_texts_of_something_else(tmp_path, name, text):
    assert table_rows(text, tmp_path / name) is None


def test_a_value_in_two_rows_is_refused(tmp_path):
    with pytest.raises(InputError, match=r"a\.txt: value 1 stands in two rows: 'liver' and 'spleen'"):
        table_rows("1: liver\n1: spleen\n", tmp_path / "a.txt")


@given(st.text(max_size=120), st.sampled_from(["a.csv", "a.txt", "a.yaml", "a.lut"]))
def test_any_text_is_a_table_or_none_or_refused_in_one_line(tmp_path_factory, text, name):
    path = tmp_path_factory.getbasetemp() / name
    try:
        rows = table_rows(text, path)
    except InputError:
        return
    assert rows is None or all(value > 0 and said for value, said in rows.items())


ROWS = [{"id": 1, "name": "liver"}, {"id": 2, "name": "spleen"}, {"id": 3, "name": "left kidney"}]


@pytest.mark.parametrize(
    "data",
    [
        ROWS,
        {"labels": ROWS, "description": "x"},
        {"categories": [{"id": 0, "name": "background"}, *ROWS]},
        {"segments": [{"labelValue": str(row["id"]), "label": row["name"]} for row in ROWS]},
        {"segmentAttributes": [[{"labelID": row["id"], "SegmentLabel": row["name"]}] for row in ROWS]},
        {"labels": {row["name"]: {"value": row["id"], "color": [1, 2, 3]} for row in ROWS}},
        {str(row["id"]): {"name": row["name"]} for row in ROWS},
        {"label_names": ["background", *(row["name"] for row in ROWS)]},
        {"classes": {str(row["id"]): row["name"] for row in ROWS}},
        {"label_map": {row["name"]: row["id"] for row in ROWS}},
    ],
)
def test_forms_of_json(tmp_path, data):
    path = tmp_path / "map.json"
    path.write_text(json.dumps(data))
    assert load_label_map(path).labels == {1: "liver", 2: "spleen", 3: "kidney_left"}


@pytest.mark.parametrize(
    "data",
    [
        [1, 2],
        ["liver", "spleen"],  # from 0 or from 1?
        [{"id": 1}],
        [{"id": 1, "name": "liver"}, {"id": 1, "name": "spleen"}],
        {"labels": {"liver": {"color": [1]}}},
        {"liver": {"volume": 3.0}, "spleen": {"volume": 1.0}},
        {},
    ],
)
def test_json_that_is_no_table_stays_as_it_is(data):
    assert plain_form(data) == data


@pytest.mark.parametrize("name", ["Segment_1", "segment 2", "Label-3", "ROI4", "mask", "12", "Object_7", ""])
def test_names_that_programs_give(name):
    assert says_nothing(name)
    assert label_name(name) == name


@pytest.mark.parametrize("name", ["liver segment 1", "Segment IV", "maskable", "rib 7", "label of liver"])
def test_names_that_people_give(name):
    assert not says_nothing(name)
