"""Who says what a mask file's values mean, and what is assumed where nobody does."""

from __future__ import annotations

import json
import runpy
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from medspatial.anatomy import load_label_map
from medspatial.cases import case_fingerprint, load_case, named_by, read_cases
from medspatial.cases.label_tables import table_files
from medspatial.cases.naming import _label_table
from medspatial.errors import InputError
from medspatial.records import Case, MaskSource

labelled = SimpleNamespace(**runpy.run_path(str(Path(__file__).with_name("labelled.py"))))

NNUNET = {"background": 0, "liver": 1, "kidney": 2, "spleen": 3, "pancreas": 4}
SAID = [
    *[
        "spleen",
        "right kidney",
        "left kidney",
        "gall bladder",
        "esophagus",
        "liver",
        "stomach",
        "aorta",
        "postcava",
        "pancreas",
    ]
]
SAID += ["right adrenal gland", "left adrenal gland", "duodenum", "bladder", "prostate/uterus"]


def ml(masks, name):
    return masks.voxels(name) * masks.affine.voxel_volume_ml


def truth(name):
    return ml(labelled.phantom().masks, name)


def load(folder, **options):
    (case,) = read_cases(folder, **options)
    return load_case(case, folder)


def nnunet(folder, voxels, labels, **extra):
    labelled.write_nifti(
        folder / "imagesTr/Case_1_0000.nii.gz", np.asarray(labelled.phantom().ct.voxels).astype(np.int16)
    )
    path = labelled.write_nifti(folder / "labelsTr/Case_1.nii.gz", voxels)
    (folder / "dataset.json").write_text(json.dumps({"labels": labels} | extra))
    return path


def test_dataset_json_with_names_first(tmp_path):
    nnunet(tmp_path, labelled.voxels_of(labelled.numbered(labelled.PLAIN)), NNUNET)
    data = load(tmp_path)
    assert set(data.masks.names) == {"liver", "kidney_left", "kidney_right", "spleen", "pancreas"}
    assert ml(data.masks, "liver") == pytest.approx(truth("liver"))
    assert ml(data.masks, "kidney_left") == pytest.approx(truth("kidney_left"))
    assert data.assumptions == ()


def test_dataset_json_with_values_first_and_words_of_data_sets(tmp_path):
    nnunet(
        tmp_path,
        labelled.voxels_of(labelled.numbered(labelled.AMOS)),
        {"0": "background"} | labelled.numbered(SAID),
    )
    data = load(tmp_path)
    assert set(data.masks.names) == set(labelled.AMOS)
    for name in ("stomach", "liver", "inferior_vena_cava", "urinary_bladder"):
        assert ml(data.masks, name) == pytest.approx(truth(name)), name


def test_regions_of_several_values_are_unions(tmp_path):
    labels = {"background": 0, "abdominal_organs": [1, 2], "liver": 1, "spleen": [2], "ignore": 3}
    nnunet(
        tmp_path,
        labelled.voxels_of({1: "liver", 2: "spleen", 3: "stomach"}),
        labels,
        regions_class_order=[1, 2],
    )
    masks = load(tmp_path).masks
    assert set(masks.names) == {"liver", "spleen", "abdominal_organs"}
    assert masks.voxels("abdominal_organs") == masks.voxels("liver") + masks.voxels("spleen")


SNAP = '# ITK-SnAP Label Description File\n 0 0 0 0 0 0 0 "Clear Label"\n 1 255 0 0 1 1 1 "Liver"\n'
TABLES = {
    "labels.json": '{"1": "liver", "2": "spleen"}',
    "label_map.json": '{"liver": 1, "spleen": 2}',
    "labels.csv": "value;structure;colour\n1;Liver;red\n2;Spleen;blue\n",
    "label_map.csv": "label,name\n0,background\n1,liver\n2,spleen\n",
    "itksnap.txt": SNAP + ' 2 0 255 0 1 1 1 "Spleen"\n',
    "mine.label": SNAP + ' 2 0 255 0 1 1 1 "Spleen"\n',
    "colours.ctbl": "# Color table file\n# 3 values\n"
    "0 background 0 0 0 0\n1 liver 9 9 9 255\n2 spleen 8 8 8 255\n",
}


@pytest.mark.parametrize("name", TABLES)
@pytest.mark.parametrize("place", ["", "p", "p/s"])
def test_a_table_beside_the_masks_or_above_them_is_read(tmp_path, name, place):
    labelled.write_nifti(tmp_path / "p/s/seg.nii.gz", labelled.voxels_of({1: "liver", 2: "spleen"}))
    (tmp_path / place / name).write_text(TABLES[name])
    (tmp_path / "p/readme.txt").write_text("1 liver\nwhatever this is\n")
    data = load(tmp_path)
    assert ml(data.masks, "liver") == pytest.approx(truth("liver"))
    assert set(data.masks.names) == {"liver", "spleen"}
    assert named_by(tmp_path / "p/s/seg.nii.gz", tmp_path) == name


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("labels.csv", "patient,label\np1,0\np2,1\n"),
        ("labels.csv", "case,label,name\na,benign,x\n"),
        ("dataset.json", '{"name": "x", "training": []}'),
        ("labels.json", '{"p1": "benign", "p2": "malignant"}'),
        ("labels.json", "[1, 2]"),
        ("notes.txt", "the liver is 1"),
    ],
)
def test_files_of_something_else_state_nothing(tmp_path, name, text):
    path = labelled.write_nifti(tmp_path / "a/seg.nii.gz", labelled.by_map("totalsegmentator_v2"))
    (tmp_path / name).write_text(text)
    assert load(tmp_path).assumptions == ("label map totalsegmentator_v2 assumed",)
    assert named_by(path, tmp_path) == "not stated"


def test_tables_above_the_root_of_the_data_are_not_read(tmp_path):
    path = labelled.write_nifti(tmp_path / "data/a/seg.nii.gz", labelled.by_map("totalsegmentator_v2"))
    (tmp_path / "labels.json").write_text('{"1": "liver"}')
    assert table_files(path, tmp_path / "data") == []
    assert table_files(path, tmp_path) == [tmp_path / "labels.json"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"labels": {"1": "liver", "2": "Liver"}}', "already names another value"),
        ('{"labels": {"liver": 1, "spleen": "x"}}', "must be text, got 1"),
        ('{"labels": {"liver": -1}}', "field '-1': a label must be a whole number"),
        ('{"labels": {"liver": []}}', "needs at least one value"),
        ("{", "not JSON"),
    ],
)
def test_a_broken_dataset_json_is_refused_by_name(tmp_path, text, message):
    nnunet(tmp_path, labelled.voxels_of(labelled.numbered(labelled.PLAIN)), NNUNET)
    (tmp_path / "dataset.json").write_text(text)
    if message == "must be text, got 1":  # not a table either way round: it states nothing
        with pytest.raises(InputError, match="nothing states"):
            load_case(
                Case(case_id="a", patient_id="a", masks=(MaskSource(path="labelsTr/Case_1.nii.gz"),)),
                tmp_path,
            )
        return
    with pytest.raises(InputError, match=message):
        load(tmp_path)


def test_the_label_table_in_the_header_is_read(tmp_path):
    voxels = labelled.voxels_of({7: "liver", 9: ["kidney_left"], 11: "spleen"})
    path = labelled.write_nifti(
        tmp_path / "a/seg.nii.gz", voxels, labelled.label_table({7: "liver", 9: "kidney_left", 11: "spleen"})
    )
    data = load(tmp_path)
    assert set(data.masks.names) == {"liver", "kidney_left", "spleen"}
    assert ml(data.masks, "liver") == pytest.approx(truth("liver"))
    assert named_by(path, tmp_path) == "the label table in its header"


@given(st.text(max_size=200))
def test_any_text_in_the_header_is_a_table_or_none(text):
    assert _label_table(text) == {} or "<LabelTable" in text
    assert _label_table(f"<CaretExtension><LabelTable>{text}</LabelTable>") == {}


def test_names_in_the_file_against_a_table_beside_it_refuse_with_the_figures(tmp_path):
    table = labelled.label_table({1: "spleen", 2: "kidney_right", 3: "liver"})
    labelled.write_nifti(
        tmp_path / "a/seg.nii.gz", labelled.voxels_of({1: "spleen", 2: "kidney_right", 3: "liver"}), table
    )
    (tmp_path / "dataset.json").write_text('{"labels": {"liver": 1, "right kidney": 2, "spleen": 3}}')
    with pytest.raises(
        InputError, match=r"name 2 of 3 values differently: 1 is spleen \(liver\), 3 is liver"
    ):
        load(tmp_path)
    (tmp_path / "dataset.json").write_text(
        '{"labels": {"spleen": 1, "right kidney": 2, "liver": 3, "aorta": 9}}'
    )
    assert set(load(tmp_path).masks.names) == {"spleen", "kidney_right", "liver"}


def test_two_tables_that_disagree_refuse(tmp_path):
    labelled.write_nifti(tmp_path / "a/seg.nii.gz", labelled.voxels_of({1: "liver", 2: "spleen"}))
    (tmp_path / "labels.json").write_text('{"1": "spleen", "2": "liver"}')
    (tmp_path / "a/dataset.json").write_text('{"labels": {"liver": 1, "spleen": 2}}')
    with pytest.raises(InputError, match=r"dataset\.json.* and labels\.json name 2 of 2 values differently"):
        load(tmp_path)


def test_a_stated_map_wins_and_says_where_it_differs(tmp_path):
    nnunet(tmp_path, labelled.voxels_of(labelled.numbered(labelled.PLAIN)), NNUNET)
    data = load(tmp_path, label_map="totalsegmentator_v2")
    assert data.masks.voxels("spleen") == labelled.phantom().masks.voxels("liver")
    (note,) = data.misfits
    assert "label map totalsegmentator_v2 (as stated) and dataset.json name 4 of 4 values differently" in note
    assert "1 is spleen (liver)" in note
    (tmp_path / "mine.json").write_text(json.dumps({"labels": NNUNET}))
    assert load(tmp_path, label_map="mine.json").misfits == ()


@pytest.mark.parametrize(
    "name", ["totalsegmentator_v2", "totalsegmentator_v1", "vista3d", "flare22", "word", "abdomenatlas_1.1"]
)
def test_the_only_map_that_fits_the_anatomy_is_assumed_and_said(tmp_path, name):
    labelled.write_nifti(tmp_path / "a/seg.nii.gz", labelled.by_map(name))
    data = load(tmp_path)
    assert data.assumptions == (f"label map {name} assumed",)
    for structure in ("liver", "spleen", "pancreas", "aorta"):
        if structure in load_label_map(name).labels.values():
            assert ml(data.masks, structure) == pytest.approx(truth(structure)), structure


def test_version_one_is_not_taken_for_version_two(tmp_path):
    names = {1: "spleen", 2: "kidney_right", 3: "kidney_left", 4: "gallbladder", 5: "liver", 6: "stomach"}
    names |= {7: "aorta", 8: "inferior_vena_cava", 10: "pancreas"}
    labelled.write_nifti(tmp_path / "s1/seg.nii.gz", labelled.voxels_of(names))
    data = load(tmp_path)
    assert data.assumptions == ("label map totalsegmentator_v1 assumed",)
    assert ml(data.masks, "aorta") == pytest.approx(truth("aorta"))


@pytest.mark.parametrize(
    ("table", "message"),
    [
        (
            {1: ["kidney_left", "kidney_right"], 2: "gallbladder"},
            r"could be those of .*kits19 \(kidney; kidney_tumor\)",
        ),
        ({1: "liver", 2: "gallbladder"}, r"could be those of .*lits \(liver; liver_tumor\)"),
        (
            {1: "spleen", 2: "liver", 3: "kidney_left", 5: "stomach", 6: "aorta"},
            "contradict the anatomy: .* cannot",
        ),
        ({210: "liver", 240: "spleen"}, "no built-in label map knows all of them"),
    ],
)
def test_what_fits_several_maps_or_none_is_asked_about(tmp_path, table, message):
    labelled.write_nifti(tmp_path / "kits19_1/segmentation.nii.gz", labelled.voxels_of(table))
    with pytest.raises(InputError, match=rf"nothing states what its values .*{message}.*--label-map"):
        load(tmp_path)


def test_a_table_beside_the_masks_is_part_of_the_state(tmp_path):
    labelled.write_nifti(tmp_path / "a/seg.nii.gz", labelled.voxels_of({1: "liver", 2: "spleen"}))
    case = Case(case_id="a", patient_id="a", masks=(MaskSource(path="a/seg.nii.gz"),))
    before = case_fingerprint(case, tmp_path)
    (tmp_path / "labels.json").write_text('{"1": "liver", "2": "spleen"}')
    stated = case_fingerprint(case, tmp_path)
    (tmp_path / "labels.json").write_text('{"1": "liver", "2": "stomach"}')
    assert len({before, stated, case_fingerprint(case, tmp_path)}) == 3
