"""The state of a case's files."""

import os

import nibabel as nib
import numpy as np
import pytest

from medspatial.cases import case_fingerprint
from medspatial.records import Case, MaskSource
from medspatial.volume import read_volume


@pytest.fixture
def case(tmp_path):
    for name in ("ct/1.dcm", "masks/liver.nii.gz", "seg.raw", "map.json", "other.raw"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("as it was")
    (tmp_path / "seg.mhd").write_text(
        "NDims = 3\nDimSize = 3 3 1\nElementType = MET_UCHAR\nElementDataFile = seg.raw\n"
    )
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


SIZES = (2, 3, 4)
VOXELS = np.arange(24, dtype=np.int16).reshape(SIZES, order="F")


def nrrd_header(path, data):
    path.write_text(
        "NRRD0004\ntype: short\ndimension: 3\nsizes: 2 3 4\nendian: little\nencoding: raw\n"
        "space: left-posterior-superior\nspace directions: (1,0,0) (0,1,0) (0,0,2)\nspace origin: (1,2,3)\n"
        f"data file: {data}\n"
    )


def metaimage_header(path, data):
    path.write_text(
        "NDims = 3\nDimSize = 2 3 4\nElementType = MET_SHORT\nElementSpacing = 1 1 2\nOffset = 1 2 3\n"
        f"ElementDataFile = {data}\n"
    )


def slices(folder):
    """Write a file per slice; the last one in a folder of its own."""
    (folder / "last").mkdir()
    names = ["z0.bin", "z1.bin", "z2.bin", "last/z3.bin"]
    for name, one in zip(names, np.moveaxis(VOXELS, 2, 0), strict=True):
        one.ravel(order="F").tofile(folder / name)
    return names


def one_file(folder, name, header):
    VOXELS.ravel(order="F").tofile(folder / "voxels.bin")
    header(folder / name, "voxels.bin")
    return folder / name, folder / "voxels.bin"


def listed(folder, name, header):
    names = slices(folder)
    header(folder / name, "\n".join(["LIST", *names]))
    return folder / name, folder / names[-1]


def numbered(folder, name, header):
    slices(folder)
    (folder / "last" / "z3.bin").rename(folder / "z3.bin")
    header(folder / name, "z%d.bin 0 3 1")
    return folder / name, folder / "z3.bin"


def pair(folder, name, kind):
    nib.save(kind(VOXELS, np.diag([-1.0, -1, 2, 1])), folder / name)
    return folder / name, folder / "a.img"


BESIDE = pytest.mark.parametrize(
    ("write", "name", "how"),
    [
        *((write, "a.nhdr", nrrd_header) for write in (one_file, listed, numbered)),
        (one_file, "a.nrrd", nrrd_header),
        *((write, "a.mhd", metaimage_header) for write in (one_file, listed, numbered)),
        (one_file, "a.mha", metaimage_header),
        (pair, "a.hdr", nib.Nifti1Pair),
        (pair, "a.hdr", nib.Spm99AnalyzeImage),
    ],
)


def changed_voxel(header, data):
    """Change the last voxel in its file, and nothing else; return what reading then gives."""
    before = read_volume(header, assume_axes="LPS").voxels
    content = bytearray(data.read_bytes())
    content[-2] ^= 1
    data.write_bytes(content)
    os.utime(data, ns=(1, 1))
    after = read_volume(header, assume_axes="LPS").voxels
    assert not np.array_equal(before, after)
    return after


@BESIDE
@pytest.mark.parametrize("use", ["image", "mask", "folder of masks"])
def test_voxels_beside_a_header_count(tmp_path, write, name, how, use):
    (tmp_path / "it").mkdir()
    header, data = write(tmp_path / "it", name, how)
    place = f"it/{name}"
    case = {
        "image": Case(case_id="a", patient_id="a", image_path=place),
        "mask": Case(case_id="a", patient_id="a", masks=(MaskSource(path=place),)),
        "folder of masks": Case(case_id="a", patient_id="a", masks=(MaskSource(path="it"),)),
    }[use]
    before = case_fingerprint(case, tmp_path)
    (tmp_path / "it" / "last").mkdir(exist_ok=True)
    assert case_fingerprint(case, tmp_path) == before
    changed_voxel(header, data)
    after = case_fingerprint(case, tmp_path)
    assert after != before
    data.unlink()
    assert case_fingerprint(case, tmp_path) not in (before, after)


def test_layers_of_segments_beside_their_header_count(tmp_path):
    np.zeros(48, np.uint8).tofile(tmp_path / "layers.bin")
    (tmp_path / "a.seg.nhdr").write_text(
        "NRRD0004\ntype: uchar\ndimension: 4\nsizes: 2 2 3 4\nencoding: raw\n"
        "kinds: list domain domain domain\n"
        "space: left-posterior-superior\nspace directions: none (1,0,0) (0,1,0) (0,0,2)\n"
        "space origin: (1,2,3)\ndata file: layers.bin\n"
    )
    case = Case(case_id="a", patient_id="a", masks=(MaskSource(path="a.seg.nhdr"),))
    before = case_fingerprint(case, tmp_path)
    os.utime(tmp_path / "layers.bin", ns=(1, 1))
    assert case_fingerprint(case, tmp_path) != before
