"""Label maps: built in, from files, and the messages for bad ones."""

import json

import pytest

from medspatial.anatomy import canonical_name, label_map_names, load_label_map, structure
from medspatial.errors import InputError

WHOLLY_KNOWN = (
    "totalsegmentator_v2",
    "vista3d",
    "phantom",
    "kits19",
    "kits23",
    "btcv",
    "flare22",
    "word",
    "lits",
)


def write(folder, data):
    path = folder / "map.json"
    path.write_text(data if isinstance(data, str) else json.dumps(data), encoding="utf-8")
    return path


def test_built_in_names():
    needed = {"totalsegmentator_v2", "kits19", "kits23", "phantom", "nodules", "effusion"}
    assert needed <= set(label_map_names())


@pytest.mark.parametrize("name", label_map_names())
def test_every_built_in_map_names_known_structures(name):
    label_map = load_label_map(name)
    assert label_map.description
    for label in label_map.labels.values():
        assert canonical_name(label) == label
        assert name not in WHOLLY_KNOWN or structure(label).name == label


def test_totalsegmentator_values():
    labels = load_label_map("totalsegmentator_v2").labels
    assert len(labels) == 117
    assert (labels[1], labels[2], labels[5], labels[117]) == (
        "spleen",
        "kidney_right",
        "liver",
        "costal_cartilages",
    )


def test_totalsegmentator_agrees_with_the_reference(shared):
    reference = json.loads((shared / "data/real_ct/totalsegmentator_v2_labels.json").read_text())["labels"]
    labels = load_label_map("totalsegmentator_v2").labels
    assert labels == {int(value): row["name"] for value, row in reference.items()}
    assert all(structure(row["name"]).side == row["side"] for row in reference.values())


def test_kits_maps_split_the_kidney():
    assert load_label_map("kits19").split_sides == ("kidney",)
    assert load_label_map("kits23").labels[3] == "kidney_cyst"


def test_task_maps_leave_the_lung_out():
    assert load_label_map("nodules").labels == {2: "nodule"}
    assert load_label_map("effusion").ignored == (1,)


def test_plain_and_full_files(tmp_path):
    plain = load_label_map(write(tmp_path, {"1": "Spleen", "2": "Left Kidney", "3": "my_organ_left"}))
    assert plain.labels == {1: "spleen", 2: "kidney_left", 3: "my_organ_left"}
    full = load_label_map(
        write(tmp_path, {"labels": {"4": "kidney"}, "split_sides": ["kidney"], "ignored": [9]})
    )
    assert (full.name, full.split_sides, full.ignored) == ("map", ("kidney",), (9,))


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ("{", r"map\.json:1: not JSON"),
        ([1], "must be an object .* got list"),
        ({}, "at least one value"),
        ({"zero": "liver"}, "field 'zero': a label must be a whole number from 1 to 65535"),
        ({"0": "liver"}, "field '0'"),
        ({"70000": "liver"}, "field '70000'"),
        ({"1": 5}, "field '1': the structure's name must be text, got 5"),
        ({"1": "liver", "2": "Liver"}, "'liver' already names another value"),
        ({"labels": {"1": "liver"}, "split_sides": ["kidney"]}, "must name one of the labels, got 'kidney'"),
    ],
)
def test_bad_files_say_what_is_wrong(tmp_path, data, message):
    with pytest.raises(InputError, match=message):
        load_label_map(write(tmp_path, data))


def test_unknown_names_and_missing_files(tmp_path):
    with pytest.raises(InputError, match=r"unknown label map 'kits99'; built in: .*effusion.*kits19"):
        load_label_map("kits99")
    with pytest.raises(InputError, match="no such label map file"):
        load_label_map(tmp_path / "none.json")
    (tmp_path / "folder.json").mkdir()
    with pytest.raises(InputError, match="is a folder"):
        load_label_map(tmp_path / "folder.json")
