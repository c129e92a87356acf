"""Rows that name only their image, told apart by the whole path where its file name does not do it."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medspatial.errors import InputError
from medspatial.records import Prediction, Question, read_records
from medspatial.records.identity import normal_path, same_path, shared_names


def write(tmp_path, images, **more):
    file = tmp_path / "rows.jsonl"
    rows = [{"image_path": image, "question": "Which side?", "answer": "left", **more} for image in images]
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return file


@pytest.mark.parametrize(
    ("images", "cases"),
    [
        (["a/ct.nii.gz", "b/ct.nii.gz", "a/ct.nii.gz"], ["a_ct", "b_ct", "a_ct"]),
        (["x/1/image.nii", "x/2/image.nii", "x/2/other.nii"], ["x_1_image", "x_2_image", "other"]),
        (["images/p1.nii.gz", "images/p2.nii.gz"], ["p1", "p2"]),
        (["ct.nii.gz", "./ct.nii.gz"], ["ct", "ct"]),
        (["a\\ct.nii.gz", "b/ct.nii.gz"], ["a_ct", "b_ct"]),
        (["valid_1/valid_1_a/valid_1_a_1.nii.gz", "valid_2_a_1.nii.gz"], ["valid_1_a_1", "valid_2_a_1"]),
    ],
)
def test_cases_of_paths(tmp_path, images, cases):
    rows = read_records(write(tmp_path, images), Question).rows
    assert [row.case_id for row in rows] == cases
    assert len({row.patient_id for row in rows}) == len(set(cases))


def test_tables_have_the_same_cases(tmp_path):
    file = tmp_path / "rows.csv"
    lines = [
        "image_path,question,answer,prediction",
        "a/ct.nii.gz,Side?,left,left",
        "b/ct.nii.gz,Side?,left,left",
    ]
    file.write_text("\n".join(lines) + "\n")
    loaded = read_records(file, Prediction)
    assert [row.case_id for row in loaded] == ["a_ct", "b_ct"]
    assert loaded.repeats == []


def test_two_images_of_one_case_are_refused(tmp_path):
    file = write(tmp_path, ["a/ct.nii.gz", "b/ct.nii.gz"], case_id="p1")
    with pytest.raises(
        InputError, match=r"rows\.jsonl:2: field 'image_path': case 'p1' has another image in line 1"
    ):
        read_records(file, Question)
    assert (
        len(read_records(write(tmp_path, ["a/ct.nii.gz", "/data/a/ct.nii.gz"], case_id="p1"), Question)) == 2
    )


def test_one_ct_rate_name_at_two_places_is_refused(tmp_path):
    file = write(tmp_path, ["one/valid_1_a_1.nii.gz", "two/valid_1_a_1.nii.gz"])
    with pytest.raises(InputError, match="case 'valid_1_a_1' has another image in line 1: one/valid_1_a_1"):
        read_records(file, Question)


def test_paths_that_even_as_a_whole_are_alike(tmp_path):
    with pytest.raises(InputError, match=r"rows\.jsonl: .* cannot be told apart: give them a 'case_id'"):
        read_records(
            write(tmp_path, ["a_b/ct.nii.gz", "a/b_ct.nii.gz", "c/b_ct.nii.gz", "d/ct.nii.gz"]), Question
        )


names = st.text(alphabet="ab1", min_size=1, max_size=2)


@given(st.lists(st.tuples(names, names), min_size=1, max_size=6))
def test_different_paths_have_different_cases(parts):
    paths = [f"{folder}/{name}.nii.gz" for folder, name in parts]
    found = shared_names(paths)
    ids = {normal_path(path): found.get(normal_path(path), path.split("/")[-1][:-7]) for path in paths}
    assert len(set(ids.values())) == len(ids)


def test_same_paths():
    assert same_path("a/b.nii", "/x/a/b.nii")
    assert same_path("C:/x/a/b.nii", "a/b.nii")
    assert not same_path("a/b.nii", "x/a/b.nii")
    assert not same_path("ct.nii.gz", "b/ct.nii.gz")
    assert same_path("a\\b.nii", "a/b.nii")
    assert not same_path("a/b.nii", "xa/b.nii")
    assert not same_path("a/b.nii", "c/b.nii")
