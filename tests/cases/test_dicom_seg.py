"""DICOM segmentations: named by code or label, placed by their frames, whole on the slices of their CT."""

from __future__ import annotations

import numpy as np
import pydicom
import pytest
from dicom_files import coded, item, write_ct_series, write_segmentation

from medspatial.cases.dicom_folders import dicom_facts, refers_to, sniffed
from medspatial.cases.dicom_seg import dicom_segmentation, read_dicom_segmentation
from medspatial.cases.notes import Assumption
from medspatial.cases.sources import MaskReader
from medspatial.errors import InputError
from medspatial.volume import read_volume

AFFINE = np.array([[-5.0, 0, 0, 70], [0, -5.0, 0, 60], [0, 0, 5.0, -40], [0, 0, 0, 1]])  # LPS
SHAPE = (24, 20, 16)
ORGAN = coded("SegmentedPropertyCategoryCodeSequence", "123037004", "Anatomical Structure")
MASS = coded("SegmentedPropertyCategoryCodeSequence", "49755003", "Morphologically Altered Structure")
MASS |= coded("SegmentedPropertyTypeCodeSequence", "4147007", "Mass")
LIVER = ORGAN | coded("SegmentedPropertyTypeCodeSequence", "10200004", "Liver")
KIDNEY = ORGAN | coded("SegmentedPropertyTypeCodeSequence", "64033007", "Kidney")
RIGHT = coded("SegmentedPropertyTypeModifierCodeSequence", "24028007", "Right")


def box(low, high):
    mask = np.zeros(SHAPE, np.bool_)
    mask[tuple(slice(a, b) for a, b in zip(low, high, strict=True))] = True
    return mask


LOW, HIGH = box((2, 3, 4), (9, 9, 8)), box((12, 5, 6), (18, 12, 12))


def read(path):
    return read_dicom_segmentation(path)


@pytest.mark.parametrize(
    ("label", "codes", "name"),
    [
        ("Liver", {}, "liver"),
        ("left kidney", {}, "kidney_left"),
        ("region of interest", LIVER, "liver"),
        ("Segment 1", LIVER, "liver"),
        ("", LIVER, "liver"),
        ("Kidney", KIDNEY | RIGHT, "kidney_right"),
        ("liver tumor", MASS, "liver_tumor"),
        ("my organ", {}, "my organ"),
    ],
)  # fmt: skip
def test_a_segment_is_named_by_its_code_or_its_label(tmp_path, label, codes, name):
    write_segmentation(tmp_path / "s.dcm", {label: LOW}, AFFINE, codes={label: codes})
    masks = read(tmp_path / "s.dcm")
    assert masks.names == (name,)
    assert masks.voxels(name) == LOW.sum()


@pytest.mark.parametrize(
    ("label", "codes", "message"),
    [
        ("Spleen", LIVER, r"segment 1: its label 'Spleen' and its code 10200004 \(liver\) contradict"),
        ("Left kidney", KIDNEY | RIGHT, r"'Left kidney' and its code 64033007 \(kidney_right\) contradict"),
        ("", {}, "segment 1: neither a label nor a code of a known structure"),
    ],
)
def test_names_that_contradict_themselves_or_are_missing_are_refused(tmp_path, label, codes, message):
    write_segmentation(tmp_path / "s.dcm", {label: LOW}, AFFINE, codes={label: codes})
    with pytest.raises(InputError, match=message):
        read(tmp_path / "s.dcm")


def test_two_segments_of_one_name_are_refused(tmp_path):
    write_segmentation(tmp_path / "s.dcm", {"liver": LOW, "Liver": HIGH}, AFFINE)
    with pytest.raises(InputError, match="segment 2: 'liver' already names another segment"):
        read(tmp_path / "s.dcm")
    write_segmentation(tmp_path / "m.dcm", {"liver": LOW}, AFFINE, kind="LABELMAP")
    with pytest.raises(InputError, match="SegmentationType must be BINARY or FRACTIONAL, got LABELMAP"):
        read(tmp_path / "m.dcm")


def test_fractional_segments_count_from_half_of_their_maximum_on_and_it_is_said(tmp_path):
    shares = np.where(LOW, 0.5, 0.0) + np.where(HIGH, 0.49, 0.0)
    write_segmentation(tmp_path / "f.dcm", {"liver": shares, "spleen": HIGH}, AFFINE, kind="FRACTIONAL")
    masks = read(tmp_path / "f.dcm")
    assert masks.voxels("liver") == LOW.sum()
    assert masks.voxels("spleen") == HIGH.sum()
    (said,) = masks.notes
    assert isinstance(said, Assumption)
    assert said == "f.dcm: fractional segments count from 50% of their maximum (200) on"
    data = pydicom.dcmread(tmp_path / "f.dcm")
    del data.MaximumFractionalValue
    data.save_as(tmp_path / "f.dcm")
    with pytest.raises(InputError, match="MaximumFractionalValue must be 1 to 255, got 0"):
        read(tmp_path / "f.dcm")


def test_frames_lie_where_they_say(tmp_path):
    write_segmentation(tmp_path / "s.dcm", {"liver": LOW, "spleen": HIGH}, AFFINE)
    masks = read(tmp_path / "s.dcm")
    for name, mask in (("liver", LOW), ("spleen", HIGH)):
        wanted = np.argwhere(mask).mean(axis=0) @ AFFINE[:3, :3].T + AFFINE[:3, 3]
        there = masks.affine.apply(np.argwhere(masks.mask(name)).mean(axis=0))
        assert there == pytest.approx(wanted, abs=1e-3)


def ct(tmp_path):
    hu = np.random.default_rng(1).integers(-1000, 900, SHAPE)
    write_ct_series(tmp_path / "ct", hu, AFFINE)
    return read_volume(tmp_path / "ct")


@pytest.mark.parametrize("codes", ["LPS", "RAS", "SAR"])
def test_frames_that_are_left_out_are_empty_slices_of_the_ct(tmp_path, codes):
    grid = ct(tmp_path).oriented(codes).grid
    write_segmentation(tmp_path / "s.dcm", {"liver": LOW}, AFFINE)
    masks = MaskReader(grid).read(tmp_path / "s.dcm", None)
    assert masks.grid == grid
    assert (masks.notes, masks.fields) == ((), {})
    assert masks.voxels("liver") == LOW.sum()
    assert masks.oriented("LPS").mask("liver").tolist() == LOW.tolist()


def test_frames_of_a_smaller_field_end_inside_the_ct(tmp_path):
    grid = ct(tmp_path).grid
    part = AFFINE.copy()
    part[:3, 3] = (AFFINE @ [2, 0, 0, 1])[:3]
    write_segmentation(tmp_path / "s.dcm", {"liver": LOW[2:]}, part)
    masks = MaskReader(grid).read(tmp_path / "s.dcm", None)
    assert any("ends inside the CT" in one for one in masks.notes)
    assert "liver" in masks.fields
    assert masks.voxels("liver") == LOW.sum()


def test_files_of_a_folder_are_told_apart_by_their_tags(tmp_path):
    ct(tmp_path)
    folder = tmp_path / "ct"
    write_segmentation(folder / "seg.dcm", {"liver": LOW}, AFFINE, series="9.8.7.6")
    plan = pydicom.dcmread(folder / "0001.dcm")
    plan.Modality = "RTSTRUCT"
    plan.save_as(folder / "plan.dcm")
    (folder / "notes.txt").write_text("x")
    found = sniffed(sorted(folder.iterdir()))
    assert len(found.files) == SHAPE[2]
    assert found.segmentations == [folder / "seg.dcm"]
    assert found.others == {folder / "plan.dcm": "RTSTRUCT"}
    assert refers_to(folder / "seg.dcm", "9.8.7.6")
    assert not refers_to(folder / "seg.dcm", "9.8.7")
    assert dicom_facts(folder / "notes.txt") is None
    assert read_volume(folder).shape == SHAPE  # the others are no slices


def test_one_segmentation_per_source(tmp_path):
    assert dicom_segmentation(tmp_path / "none") is None
    for name in ("a.dcm", "b.dcm"):
        write_segmentation(tmp_path / "two" / name, {"liver": LOW}, AFFINE)
    with pytest.raises(InputError, match=r"one DICOM segmentation per mask source, found 2: a\.dcm, b\.dcm"):
        dicom_segmentation(tmp_path / "two")


def test_a_broken_file_is_one_line(tmp_path):
    write_segmentation(tmp_path / "s.dcm", {"liver": LOW}, AFFINE)
    data = pydicom.dcmread(tmp_path / "s.dcm")
    data.PerFrameFunctionalGroupsSequence = [item()] * int(data.NumberOfFrames)
    data.save_as(tmp_path / "s.dcm")
    with pytest.raises(InputError, match=r"s\.dcm: frame 1 does not say its segment and position"):
        read(tmp_path / "s.dcm")
