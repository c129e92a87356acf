"""Header and voxels in two files, and FreeSurfer's format."""

from __future__ import annotations

import nibabel as nib
import numpy as np
import pytest

from medspatial.errors import InputError
from medspatial.volume import read_header, read_volume

VOXELS = np.random.default_rng(2).integers(-1000, 1000, (12, 10, 8)).astype(np.int16)
AFFINE = np.array([[-2.0, 0, 0, 20], [0, -2.0, 0, 15], [0, 0, 3.0, -40], [0, 0, 0, 1]])


@pytest.mark.parametrize(
    ("name", "kind"), [("a.hdr", nib.Nifti1Pair), ("a.mgz", nib.MGHImage), ("a.mgh", nib.MGHImage)]
)
def test_voxels_and_place(tmp_path, name, kind):
    nib.save(kind(VOXELS, AFFINE), tmp_path / name)
    volume = read_volume(tmp_path / name)
    assert np.array_equal(volume.voxels, VOXELS)
    assert volume.affine.matrix == pytest.approx(AFFINE)
    assert read_header(tmp_path / name).shape == VOXELS.shape


def test_analyze_has_no_orientation(tmp_path):
    nib.save(nib.AnalyzeImage(VOXELS, AFFINE), tmp_path / "a.hdr")
    with pytest.raises(InputError, match=r"no usable affine.*Analyze 7\.5 has no orientation"):
        read_volume(tmp_path / "a.hdr")
    assert read_volume(tmp_path / "a.hdr", assume_axes="LPS").spacing == (2.0, 2.0, 3.0)


def test_two_voxel_sizes_in_a_pair_are_refused(tmp_path):
    image = nib.Nifti1Pair(VOXELS, AFFINE)
    image.set_qform(AFFINE, 0)
    image.set_sform(AFFINE, 1)
    image.header["pixdim"][1:4] = (1, 1, 1)
    nib.save(image, tmp_path / "a.hdr")
    with pytest.raises(InputError, match="two voxel sizes"):
        read_header(tmp_path / "a.hdr")


def test_a_header_without_its_voxels(tmp_path):
    nib.save(nib.Nifti1Pair(VOXELS, AFFINE), tmp_path / "a.hdr")
    (tmp_path / "a.img").unlink()
    with pytest.raises(InputError, match=r"a\.hdr: "):
        read_volume(tmp_path / "a.hdr")


def test_a_volume_that_was_read_stays_as_it_was_when_its_file_changes(tmp_path):
    nib.save(nib.Nifti1Pair(VOXELS, AFFINE), tmp_path / "a.hdr")
    volume = read_volume(tmp_path / "a.hdr")
    (tmp_path / "a.img").write_bytes(bytes((tmp_path / "a.img").stat().st_size))
    assert np.array_equal(volume.voxels, VOXELS)
