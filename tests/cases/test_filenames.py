"""What a file's name says, and what it leaves open."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medspatial.cases.filenames import (
    carries_names,
    in_order,
    is_ct,
    is_label,
    is_mask,
    is_structure,
    key,
    stem,
    unread_format,
    voxel_files,
)

KINDS = {"label": is_label, "structure": is_structure, "mask": is_mask, "ct": is_ct}


@pytest.mark.parametrize(
    ("name", "kinds"),
    [
        ("ct.nii.gz", {"ct"}),
        ("CT_001.nii", {"ct"}),
        ("p7_ct.mha", {"ct"}),
        ("volume-12.nii", {"ct"}),
        ("case_3_0000.nii.gz", {"ct"}),
        ("imaging.nii.gz", {"ct"}),
        ("seg.nrrd", {"label", "mask"}),
        ("p7-label.nii.gz", {"label", "mask"}),
        ("x.seg.nrrd", {"label", "mask"}),
        ("ct_seg.nii.gz", {"label", "mask"}),
        ("segmentation-12.nii", {"label", "mask"}),
        ("liver.nii.gz", {"structure", "mask"}),
        ("kidney.nii.gz", {"mask"}),
        ("Left Kidney.nii.gz", {"structure", "mask"}),
        ("lung_nodule.nii.gz", {"structure", "mask"}),
        ("patient_17.nii.gz", set()),
        ("mri.nii.gz", set()),
        ("segment.nii.gz", set()),
        ("contract.nii.gz", set()),
    ],
)
def test_names_speak_for_what_they_are_and_for_nothing_else(name, kinds):
    assert {kind for kind, says in KINDS.items() if says(Path(name))} == kinds


@given(st.text("abct_-.0123456789", min_size=1, max_size=12).map(lambda text: Path(f"{text}.nii.gz")))
def test_no_file_is_both_a_ct_and_a_label_volume(path):
    assert not (is_ct(path) and is_label(path))


@pytest.mark.parametrize(
    ("ct", "mask"),
    [
        ("ct_001.nii.gz", "seg_001.nii.gz"),
        ("p-7_ct.nii.gz", "p-7_seg.nii.gz"),
        ("a_0000.nii.gz", "a.nii.gz"),
        ("volume-12.nii", "segmentation-12.nii"),
        ("scan01.nii", "mask01.nii"),
        ("Case 4 CT.nrrd", "case_4.seg.nrrd"),
    ],
)
def test_a_ct_and_its_mask_have_one_key(ct, mask):
    assert key(Path(ct)) == key(Path(mask)) != ""


@pytest.mark.parametrize(
    ("one", "other"), [("ct_1.nii", "ct_2.nii"), ("p1_seg.nii", "p2_seg.nii"), ("a1.nii", "a11.nii")]
)
def test_different_cases_have_different_keys(one, other):
    assert key(Path(one)) != key(Path(other))


def test_a_key_made_of_nothing_but_the_words_is_empty():
    assert [key(Path(name)) for name in ("ct.nii.gz", "seg.nrrd", "CT_seg.nii", "masks.nii")] == [""] * 4


def test_suffixes_of_two_parts_are_cut_whole():
    assert stem(Path("a.b.nii.gz")) == "a.b"
    assert carries_names(Path("x.SEG.nrrd"))
    assert not carries_names(Path("x_seg.nrrd"))


def test_the_plain_name_comes_first_then_nifti_then_the_alphabet():
    paths = [Path(name) for name in ("b.nii.gz", "scan.nii", "a.nrrd", "ct.mha", "ct.nii.gz", "a.nii.gz")]
    names = [path.name for path in in_order(paths, ("ct", "scan"))]
    assert names == ["ct.nii.gz", "ct.mha", "scan.nii", "a.nii.gz", "b.nii.gz", "a.nrrd"]


def test_a_header_takes_the_voxels_of_its_own_name_alone():
    beside = [Path(name) for name in ("A.IMG", "a.img.gz", "b.img", "a.raw", "a.hdr")]
    assert voxel_files(Path("a.hdr"), beside) == [Path("A.IMG"), Path("a.img.gz")]
    assert voxel_files(Path("a.mhd"), beside) == [Path("a.raw")]
    assert voxel_files(Path("a.nii"), beside) == []


@pytest.mark.parametrize(
    ("name", "suffix"),
    [
        ("a.npz", ".npz"),
        ("a.tar.gz", ".tar.gz"),
        ("A.ZIP", ".zip"),
        ("a.nii.bz2", ".nii.bz2"),
        ("a.nii.gz", ""),
        ("a.dcm", ""),
        ("notes.txt", ""),
    ],
)
def test_formats_that_are_not_read_are_named_by_their_whole_suffix(name, suffix):
    assert unread_format(Path(name)) == suffix
