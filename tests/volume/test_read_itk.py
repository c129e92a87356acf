import gzip

import numpy as np
import pytest
import SimpleITK as sitk

from medspatial.errors import InputError
from medspatial.volume import read_header, read_volume

STORED = np.random.default_rng(7).integers(-500, 1500, (4, 5, 6)).astype(np.int16)
DIRECTION = (0.0, 0.8, 0.6, 1.0, 0.0, 0.0, 0.0, 0.6, -0.8)


def image(stored=STORED, direction=DIRECTION, origin=(11.0, -22.0, 33.0), spacing=(0.5, 0.75, 2.0)):
    made = sitk.GetImageFromArray(stored.T)
    made.SetSpacing(spacing)
    made.SetOrigin(origin)
    made.SetDirection(direction)
    return made


def nrrd(space, directions, origin, encoding="raw"):
    """A NRRD file written by hand, with its own words for the space."""
    header = (
        "NRRD0004\ntype: short\ndimension: 3\nsizes: 4 5 6\nendian: little\n"
        f"encoding: {encoding}\nspace: {space}\nspace directions: {directions}\nspace origin: {origin}\n\n"
    )
    data = STORED.tobytes(order="F")
    return header.encode() + (gzip.compress(data) if encoding == "gzip" else data)


@pytest.mark.parametrize("suffix", [".nrrd", ".mha", ".mhd", ".nhdr"])
@pytest.mark.parametrize("compress", [False, True])
def test_lps_positions_become_ras(tmp_path, suffix, compress):
    made = image()
    path = tmp_path / f"a{suffix}"
    sitk.WriteImage(made, str(path), useCompression=compress)
    volume = read_volume(path)
    assert np.array_equal(volume.voxels, STORED)
    assert volume.voxels.dtype == np.int16
    for ijk in [(0, 0, 0), (3, 0, 0), (0, 4, 0), (1, 2, 5)]:
        x, y, z = made.TransformIndexToPhysicalPoint(ijk)
        assert volume.affine.apply(ijk) == pytest.approx((-x, -y, z))
    header = read_header(path)
    assert (header.shape, header.dtype) == ((4, 5, 6), np.int16)
    assert header.affine == volume.affine


def test_same_image_as_nifti_gives_the_same_volume(tmp_path):
    prints = set()
    for name in ("a.nrrd", "a.mha", "a.nii.gz", "a.nii"):
        sitk.WriteImage(image(), str(tmp_path / name))
        prints.add(read_volume(tmp_path / name).fingerprint)
    assert len(prints) == 1


@pytest.mark.parametrize("encoding", ["raw", "gzip"])
@pytest.mark.parametrize(
    ("space", "directions", "origin"),
    [
        ("left-posterior-superior", "(0.5,0,0) (0,-0.75,0) (0,0,2)", "(10,20,30)"),
        ("right-anterior-superior", "(-0.5,0,0) (0,0.75,0) (0,0,2)", "(-10,-20,30)"),
        ("left-anterior-superior", "(0.5,0,0) (0,0.75,0) (0,0,2)", "(10,-20,30)"),
    ],
)
def test_nrrd_spaces_are_honoured(tmp_path, encoding, space, directions, origin):
    path = tmp_path / "a.nrrd"
    path.write_bytes(nrrd(space, directions, origin, encoding))
    volume = read_volume(path)
    assert volume.axcodes == "LAS"
    assert volume.spacing == pytest.approx((0.5, 0.75, 2))
    assert volume.affine.origin == pytest.approx((-10, -20, 30))
    assert np.array_equal(volume.voxels, STORED)


@pytest.mark.parametrize("direction", [(1, 0, 0, 0, 1, 0, 0, 0, 1), (-1, 0, 0, 0, -1, 0, 0, 0, 1)])
def test_default_geometry_needs_stated_axes(tmp_path, direction):
    path = tmp_path / "a.mha"
    sitk.WriteImage(image(direction=direction, origin=(0.0, 0.0, 0.0)), str(path))
    with pytest.raises(InputError, match="no usable affine"):
        read_volume(path)
    volume = read_volume(path, assume_axes="LPS")
    assert volume.axcodes == "LPS"
    assert volume.spacing == (0.5, 0.75, 2.0)


def test_truncated_and_damaged_files_are_refused(tmp_path):
    big = np.random.default_rng(1).integers(-500, 1500, (40, 50, 30)).astype(np.int16)
    for name in ("a.nrrd", "a.mha"):
        for compress in (False, True):
            path = tmp_path / name
            sitk.WriteImage(image(big), str(path), useCompression=compress)
            whole = path.read_bytes()
            path.write_bytes(whole[: len(whole) // 2])
            with pytest.raises(InputError, match=name):
                read_volume(path)


def test_colour_and_4d_are_refused(tmp_path):
    colour = sitk.GetImageFromArray(np.zeros((4, 5, 6, 3), np.uint8), isVector=True)
    sitk.WriteImage(colour, str(tmp_path / "a.nrrd"))
    with pytest.raises(InputError, match="single numbers, the file has 3 each"):
        read_volume(tmp_path / "a.nrrd")
    sitk.WriteImage(
        sitk.GetImageFromArray(np.zeros((2, 4, 5, 6), np.int16), isVector=False), str(tmp_path / "b.mha")
    )
    with pytest.raises(InputError, match="the file has 4: shape"):
        read_volume(tmp_path / "b.mha")


def test_values_are_checked_as_for_nifti(tmp_path):
    values = STORED.astype(np.float32)
    values[1, 2, 3] = np.nan
    sitk.WriteImage(image(values), str(tmp_path / "a.nrrd"))
    with pytest.raises(InputError, match=r"voxel \(1, 2, 3\) is nan"):
        read_volume(tmp_path / "a.nrrd")
    with pytest.raises(InputError, match="reader 'nibabel' reads only NIfTI"):
        read_volume(tmp_path / "a.nrrd", reader="nibabel")
