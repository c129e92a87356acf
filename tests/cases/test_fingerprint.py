"""The state of a case's files."""

import os

import pytest

from medspatial.cases import case_fingerprint
from medspatial.records import Case, MaskSource


@pytest.fixture
def case(tmp_path):
    for name in ("ct/1.dcm", "masks/liver.nii.gz", "seg.mhd", "seg.raw", "map.json", "other.raw"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("as it was")
    masks = (MaskSource(path="masks"), MaskSource(path="seg.mhd", label_map="map.json"))
    return Case(case_id="a", patient_id="a", image_path="ct", masks=masks)


def rewritten(path):
    path.write_text("repaired!")  # of the same length


def touched(path):
    os.utime(path, ns=(1, 1))


def made(path):
    path.with_name(f"new{path.suffix}").write_text("")


@pytest.mark.parametrize("change", [rewritten, touched, os.remove])
@pytest.mark.parametrize("name", ["ct/1.dcm", "masks/liver.nii.gz", "seg.mhd", "seg.raw", "map.json"])
def test_every_file_counts(case, tmp_path, name, change):
    before = case_fingerprint(case, tmp_path)
    assert case_fingerprint(case, tmp_path) == before
    change(tmp_path / name)
    assert case_fingerprint(case, tmp_path) != before


@pytest.mark.parametrize("name", ["ct/1.dcm", "masks/liver.nii.gz"])
def test_a_new_file_of_a_folder_counts(case, tmp_path, name):
    before = case_fingerprint(case, tmp_path)
    made(tmp_path / name)
    assert case_fingerprint(case, tmp_path) != before


def test_other_files_and_missing_ones(case, tmp_path):
    before = case_fingerprint(case, tmp_path)
    rewritten(tmp_path / "other.raw")
    (tmp_path / "masks" / "deeper").mkdir()
    assert case_fingerprint(case, tmp_path) == before
    nowhere = Case(case_id="b", patient_id="b", image_path="none/ct.nii.gz")
    first = case_fingerprint(nowhere, tmp_path)
    (tmp_path / "none").mkdir()
    (tmp_path / "none" / "ct.nii.gz").write_text("")
    assert case_fingerprint(nowhere, tmp_path) != first


def test_a_label_map_at_its_own_path_counts(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine.json").write_text("{}")
    case = Case(case_id="a", patient_id="a", masks=(MaskSource(path="m", label_map="mine.json"),))
    before = case_fingerprint(case, tmp_path / "data")
    touched(tmp_path / "mine.json")
    assert case_fingerprint(case, tmp_path / "data") != before
