"""Which files beside a mask are about its values, and what they state."""

from __future__ import annotations

import pytest

from medspatial.cases.label_tables import table_files, tables_beside, unread_tables
from medspatial.errors import InputError

TEXT = "1: liver\n2: spleen\n"


@pytest.mark.parametrize(
    ("file", "about"),
    [
        ("labels.txt", True),
        ("p7_seg.txt", True),
        ("p7_seg_labels.yaml", True),
        ("p7 LabelMap.yml", True),
        ("p7_seg_ColorTable.lut", True),
        ("dseg.yaml", True),
        ("anything.txt", True),  # what is in it decides
        ("p8_labels.yaml", False),
        ("metadata.yaml", False),
        (".labels.txt", False),
    ],
)
def test_a_table_is_about_a_mask_by_its_name(tmp_path, file, about):
    (tmp_path / "p7_seg.nii.gz").write_bytes(b"")
    (tmp_path / file).write_text(TEXT)
    found = tables_beside(tmp_path / "p7_seg.nii.gz", tmp_path)
    assert [one.label_map.labels for one in found] == ([{1: "liver", 2: "spleen"}] if about else [])


def test_tables_of_names_that_nobody_knows_count_by_strong_names_alone(tmp_path):
    mask, text = tmp_path / "seg.nii.gz", "1: foo\n2: bar\n"
    for file, states in (("notes.txt", False), ("classes.yaml", False), ("colours.ctbl", True)):
        (tmp_path / file).write_text(text)
        assert bool(tables_beside(mask, tmp_path)) is states
        (tmp_path / file).unlink()
    (tmp_path / "labels.csv").write_text("value,name\n1,foo\n2,bar\n")
    assert tables_beside(mask, tmp_path)[0].label_map.labels == {1: "foo", 2: "bar"}


def test_files_that_are_meant_as_tables_and_state_nothing(tmp_path):
    mask = tmp_path / "a/seg.nii.gz"
    mask.parent.mkdir()
    for file in ("a/labels.xlsx", "a/seg.json", "label_map.xml", "notes.txt", "metadata.csv", "a/facts.json"):
        (tmp_path / file).write_text("{}")
    assert [one.name for one in unread_tables(mask, tmp_path)] == ["labels.xlsx", "seg.json", "label_map.xml"]


def test_broken_tables_of_a_format_of_their_own_are_refused(tmp_path):
    (tmp_path / "x.ctbl").write_text("1 liver 0 0 0 255\n1 spleen 0 0 0 255\n")
    with pytest.raises(InputError, match=r"x\.ctbl: value 1 stands in two rows"):
        tables_beside(tmp_path / "seg.nii.gz", tmp_path)
    (tmp_path / "x.ctbl").rename(tmp_path / "x.txt")
    assert tables_beside(tmp_path / "seg.nii.gz", tmp_path) == []


def test_large_texts_are_not_read(tmp_path):
    (tmp_path / "log.txt").write_text(TEXT + "# " + "x" * 1_000_000)
    assert tables_beside(tmp_path / "seg.nii.gz", tmp_path) == []
    assert table_files(tmp_path / "seg.nii.gz", None) == [tmp_path / "log.txt"]
