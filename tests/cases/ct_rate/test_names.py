from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medspatial.cases.ct_rate import (
    check_split,
    first_reconstructions,
    is_name,
    labels_path,
    metadata_path,
    parse_name,
    read_names,
    reports_path,
    scan_of,
)
from medspatial.errors import InputError


def test_paths_follow_the_naming_rule():
    name = parse_name("valid_53_a_1.nii.gz")
    assert name.volume_path() == "dataset/valid_fixed/valid_53/valid_53_a/valid_53_a_1.nii.gz"
    assert name.volume_path("valid") == "dataset/valid/valid_53/valid_53_a/valid_53_a_1.nii.gz"
    assert name.mask_path("ts_total") == (
        "dataset/ts_seg/ts_total/valid_fixed/valid_53/valid_53_a/valid_53_a_1.nii.gz"
    )
    with pytest.raises(InputError, match="'ts_brain'; known: ts_total"):
        name.mask_path("ts_brain")


def test_tables_spell_the_split_in_two_ways():
    assert reports_path("valid_fixed") == "dataset/radiology_text_reports/validation_reports.csv"
    assert metadata_path("valid_fixed") == "dataset/metadata/validation_metadata.csv"
    assert labels_path("valid_fixed") == "dataset/multi_abnormality_labels/valid_predicted_labels.csv"
    assert reports_path("train_fixed") == "dataset/radiology_text_reports/train_reports.csv"
    assert labels_path("train_fixed") == "dataset/multi_abnormality_labels/train_predicted_labels.csv"


@given(
    st.sampled_from(["train", "valid"]),
    st.integers(1, 99999),
    st.from_regex(r"[a-z]{1,2}", fullmatch=True),
    st.integers(1, 9),
)
def test_every_name_is_read_back(split, number, letter, reconstruction):
    text = f"{split}_{number}_{letter}_{reconstruction}"
    name = parse_name(f"some/folder/{text}.nii.gz")
    assert name.case_id == text
    assert parse_name(name.volume_path()) == name
    assert scan_of(text) == f"{split}_{number}_{letter}"


def test_three_d_rad_writes_test_for_valid():
    assert parse_name("test_968_a_2").case_id == "valid_968_a_2"


@pytest.mark.parametrize(
    "text", ["valid_53_1", "valid_a_a_1", "", "head_1_a_1", "valid_1_a_1_2", "valid_1_A_1"]
)
def test_other_names_are_refused(text):
    assert not is_name(text)
    with pytest.raises(InputError, match="CT-RATE volume name"):
        parse_name(text)


def test_one_reconstruction_per_scan_is_the_lowest():
    names = [
        parse_name(t) for t in ("valid_2_a_2", "valid_1_a_3", "valid_2_a_1", "valid_1_b_1", "valid_1_a_4")
    ]
    kept = [n.case_id for n in first_reconstructions(names)]
    assert kept == ["valid_2_a_1", "valid_1_a_3", "valid_1_b_1"]


def test_first_upload_is_refused_with_the_reason():
    with pytest.raises(InputError, match=r"no spacing, orientation or HU scaling.*use 'valid_fixed'"):
        check_split("valid")
    with pytest.raises(InputError, match="unknown CT-RATE split 'test'"):
        check_split("test")


def test_file_of_names(tmp_path):
    path = tmp_path / "names.txt"
    path.write_text("VolumeName\n# a comment\nvalid_1_a_1.nii.gz\n\nvalid_1_a_1\nvalid_2_a_2,x\n")
    assert [n.case_id for n in read_names(path)] == ["valid_1_a_1", "valid_2_a_2"]
    path.write_text("valid_1_a_1\nnonsense\n")
    with pytest.raises(InputError, match=r"names.txt:2: CT-RATE volume name 'nonsense'"):
        read_names(path)
    path.write_text("\n")
    with pytest.raises(InputError, match="holds no volume names"):
        read_names(path)
    with pytest.raises(InputError, match="no such file of names"):
        read_names(tmp_path / "absent.txt")
