"""Volumes kept as they were read: the same in all, read once, and again when file or reading changed."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from medspatial.cases.kept_volumes import KeptVolumes
from medspatial.cases.load import load_case
from medspatial.records import Case
from medspatial.volume import Affine, Step, Volume, write_volume

GIB = 1 << 30


class Reader:
    """Reads a case, and counts."""

    def __init__(self, case: Case, root: Path) -> None:
        self.case, self.root, self.times = case, root, 0

    def __call__(self) -> Volume:
        self.times += 1
        found = load_case(self.case, self.root, with_masks=False).ct
        assert found is not None
        return found


@pytest.fixture
def case(tmp_path: Path) -> Case:
    write(tmp_path / "ct.nii.gz", 0)
    return Case(case_id="a", patient_id="a", image_path="ct.nii.gz")


def write(path: Path, add: int) -> None:
    voxels = np.random.default_rng(0).integers(-1000, 1000, (6, 5, 4)).astype(np.int16) + np.int16(add)
    affine = Affine([[-0.7, 0.1, 0, 11.3], [0.1, 0.9, 0, -4.2], [0, 0, 2.5, 7.77], [0, 0, 0, 1]])
    write_volume(Volume(voxels, affine, unit="HU"), path)


def kept(root: Path) -> KeptVolumes:
    return KeptVolumes.below(root / "cache", GIB)


@pytest.mark.parametrize("transform", [(), ("mirror_left_right",)])
def test_a_volume_is_read_once_and_comes_back_the_same(
    case: Case, tmp_path: Path, transform: tuple[str, ...]
) -> None:
    case = case.model_copy(update={"transform": transform})
    read = Reader(case, tmp_path)
    first, again = (kept(tmp_path).volume(case, tmp_path, None, read) for _ in range(2))
    assert read.times == 1
    assert np.array_equal(first.voxels, again.voxels)
    assert first.voxels.dtype == again.voxels.dtype
    assert np.array_equal(first.affine.matrix, again.affine.matrix)
    assert (first.unit, first.history, first.source) == (again.unit, again.history, again.source)
    whole = Volume(again.voxels, again.affine, again.unit, again.history)
    assert first.fingerprint == again.fingerprint == whole.fingerprint  # the kept one is that of the voxels
    assert np.array_equal(first.oriented("LPS").voxels, again.oriented("LPS").voxels)


def test_a_changed_file_transform_or_axis_code_is_read_again(case: Case, tmp_path: Path) -> None:
    read, store = Reader(case, tmp_path), kept(tmp_path)
    store.volume(case, tmp_path, None, read)
    store.volume(case, tmp_path, "LPS", read)
    assert read.times == 2
    mirrored = case.model_copy(update={"transform": ("mirror_left_right",)})
    store.volume(mirrored, tmp_path, None, Reader(mirrored, tmp_path))
    write(tmp_path / "ct.nii.gz", 1)
    os.utime(tmp_path / "ct.nii.gz", ns=(1, 1))
    changed = store.volume(case, tmp_path, None, read)
    assert read.times == 3
    assert np.array_equal(changed.voxels, read().voxels)
    assert len(list((tmp_path / "cache" / "volumes").iterdir())) == 4


def test_files_of_one_name_in_two_folders_are_two(case: Case, tmp_path: Path) -> None:
    for folder, add in (("x", 0), ("y", 5)):
        (tmp_path / folder).mkdir()
        write(tmp_path / folder / "ct.nii", add)
        os.utime(tmp_path / folder / "ct.nii", ns=(1, 1))
    one, other = (
        kept(tmp_path).volume(same, tmp_path / folder, None, Reader(same, tmp_path / folder))
        for folder in ("x", "y")
        for same in (case.model_copy(update={"image_path": "ct.nii"}),)
    )
    assert not np.array_equal(one.voxels, other.voxels)


def test_a_damaged_entry_is_said_and_read_again_and_never_wrong(
    case: Case, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    read = Reader(case, tmp_path)
    first = kept(tmp_path).volume(case, tmp_path, None, read)
    (entry,) = (tmp_path / "cache" / "volumes").iterdir()
    whole, damaged = entry.read_bytes(), 0
    for place in range(0, len(whole), 5):
        entry.write_bytes(whole[:place] + bytes([whole[place] ^ 0x55]) + whole[place + 1 :])
        before = read.times
        again = kept(tmp_path).volume(case, tmp_path, None, read)
        assert np.array_equal(first.voxels, again.voxels)
        assert (first.fingerprint, first.history) == (again.fingerprint, again.history)
        told = f"{entry}: a damaged entry of the cache is made again" in capsys.readouterr().err
        assert told == (read.times > before)
        damaged += told
    assert damaged > 0.7 * len(whole) / 5  # a few bytes of the container say nothing that is read


def test_a_history_that_json_would_change_is_not_kept(case: Case, tmp_path: Path) -> None:
    volume = Volume(np.zeros((2, 2, 2)), Affine(np.eye(4)), history=(Step("cropped", {"start": (0, 1)}),))
    for _ in range(2):
        assert kept(tmp_path).volume(case, tmp_path, None, lambda: volume) is volume


def test_a_header_whose_voxels_may_lie_beside_is_read_each_time(tmp_path: Path) -> None:
    write(tmp_path / "ct.nii", 0)
    whole = load_case(Case(case_id="a", patient_id="a", image_path="ct.nii"), tmp_path, with_masks=False).ct
    assert whole is not None
    whole.voxels.astype(np.int16).ravel(order="F").tofile(tmp_path / "voxels.raw")
    fields = {
        "NDims": "3", "DimSize": "6 5 4", "ElementType": "MET_SHORT", "ElementSpacing": "0.7 0.9 2.5",
        "Offset": "3 4 5", "ElementDataFile": "voxels.raw",
    }  # fmt: skip
    (tmp_path / "ct.mhd").write_text("".join(f"{name} = {value}\n" for name, value in fields.items()))
    case = Case(case_id="a", patient_id="a", image_path="ct.mhd")
    read = Reader(case, tmp_path)
    kept(tmp_path).volume(case, tmp_path, None, read)
    changed = np.fromfile(tmp_path / "voxels.raw", dtype=np.int16)
    changed[0] = 77
    changed.tofile(tmp_path / "voxels.raw")
    assert kept(tmp_path).volume(case, tmp_path, None, read).voxels[0, 0, 0] == 77
    assert read.times == 2
