import nibabel as nib
import numpy as np
import pytest
import SimpleITK as sitk

from medspatial.errors import InputError
from medspatial.volume import AXIS_CODES, Affine, Volume, read_volume, write_volume

RNG = np.random.default_rng(4)


def volume(codes="LPS", kind=np.int16, tilt=0.0):
    matrix = Affine.from_axcodes(codes, (0.7, 0.8, 2.5), origin=(120.5, -33.25, 7)).matrix.copy()
    c, s = np.cos(tilt), np.sin(tilt)
    matrix[:3] = np.array([[1, 0, 0], [0, c, -s], [0, s, c]]) @ matrix[:3]
    return Volume(RNG.integers(0, 120, (4, 5, 6)).astype(kind), Affine(matrix))


@pytest.mark.parametrize("suffix", [".nii", ".nii.gz", ".nrrd", ".mha"])
@pytest.mark.parametrize("tilt", [0.0, 0.3])
def test_what_is_written_is_read_back(tmp_path, suffix, tilt):
    before = volume(tilt=tilt)
    path = write_volume(before, tmp_path / "new" / f"a{suffix}")
    after = read_volume(path)
    assert np.array_equal(after.voxels, before.voxels)
    assert after.voxels.dtype == np.int16
    assert after.affine == before.affine
    assert after.fingerprint == before.fingerprint
    assert [p.name for p in path.parent.iterdir()] == [path.name]


@pytest.mark.parametrize("codes", AXIS_CODES)
def test_every_storage_order_survives_every_format(tmp_path, codes):
    before = volume().oriented(codes)
    prints = {read_volume(write_volume(before, tmp_path / f"a{s}")).fingerprint for s in (".nii", ".nrrd")}
    assert prints == {before.fingerprint}


def test_other_programs_see_the_same_world_positions(tmp_path):
    before = volume("PIR", tilt=0.2)
    path = write_volume(before, tmp_path / "a.nii.gz")
    assert nib.load(path).affine == pytest.approx(before.affine.matrix, abs=1e-4)
    assert np.array_equal(nib.load(path).get_fdata(), before.voxels)
    x, y, z = sitk.ReadImage(str(path)).TransformIndexToPhysicalPoint((3, 1, 2))
    assert (-x, -y, z) == pytest.approx(tuple(before.affine.apply((3, 1, 2))), abs=1e-3)


@pytest.mark.parametrize(
    ("kind", "stored"),
    [(bool, np.uint8), (np.int64, np.uint8), (np.float64, np.float32), (np.uint16, np.uint16)],
)
def test_types_are_those_every_reader_knows(tmp_path, kind, stored):
    before = volume(kind=kind)
    after = read_volume(write_volume(before, tmp_path / "a.nii.gz"))
    assert after.voxels.dtype == stored
    assert np.array_equal(after.voxels, before.voxels)


def test_same_volume_same_bytes(tmp_path):
    v = volume()
    a, b = (write_volume(v, tmp_path / name).read_bytes() for name in ("a.nii.gz", "b.nii.gz"))
    assert a == b


def test_a_shear_fits_nifti_only(tmp_path):
    matrix = volume().affine.matrix.copy()
    matrix[0, 2] = 0.5
    sheared = Volume(volume().voxels, Affine(matrix))
    assert read_volume(write_volume(sheared, tmp_path / "a.nii.gz")).affine == Affine(matrix)
    with pytest.raises(InputError, match="cannot hold a sheared affine"):
        write_volume(sheared, tmp_path / "a.nrrd")
    assert [p.name for p in tmp_path.iterdir()] == ["a.nii.gz"]


def test_unknown_suffix_is_refused(tmp_path):
    with pytest.raises(InputError, match=r"a\.png: can write \.nii\.gz"):
        write_volume(volume(), tmp_path / "a.png")
