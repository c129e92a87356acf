"""Lengths in another unit, two voxel sizes or places in one header, grids that no scanner gives."""

from __future__ import annotations

import nibabel as nib
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from medspatial.errors import InputError
from medspatial.volume import read_header, read_volume
from medspatial.volume.scanner import implausible

AFFINE = np.array([[-2.0, 0, 0, 90], [0, -2.0, 0, 80], [0, 0, 5.0, -300], [0, 0, 0, 1]])
VOXELS = np.zeros((40, 38, 20), np.int16)


def write(path, affine=AFFINE, *, unit="mm", zooms=None, qform=None, codes=(1, 1)):
    image = nib.Nifti1Image(VOXELS, affine)
    image.set_qform(affine if qform is None else qform, codes[0])
    image.set_sform(affine, codes[1])
    if zooms is not None:
        image.header["pixdim"][1:4] = zooms
    image.header.set_xyzt_units(unit)
    nib.save(image, path)
    return path


def world_scaled(factor):
    return np.diag([factor, factor, factor, 1.0]) @ AFFINE


@pytest.mark.parametrize(
    ("unit", "factor", "word"), [("micron", 1000, "micrometres"), ("meter", 0.001, "metres")]
)
@pytest.mark.parametrize("reader", ["nifti", "nibabel", "simpleitk"])
def test_a_stated_unit_is_converted_and_told(tmp_path, unit, factor, word, reader):
    path = write(tmp_path / "a.nii", world_scaled(factor), unit=unit)
    volume = read_volume(path, reader=reader)
    assert volume.affine.matrix == pytest.approx(AFFINE, abs=1e-3)
    assert [step.name for step in volume.history] == ["converted_unit"]
    header = read_header(path)
    assert header.stated_unit == word
    assert header.affine.matrix == pytest.approx(AFFINE, abs=1e-3)


@pytest.mark.parametrize("unit", ["mm", "unknown"])
def test_millimetres_and_no_unit_are_millimetres(tmp_path, unit):
    header = read_header(write(tmp_path / "a.nii", unit=unit))
    assert (header.stated_unit, header.affine.spacing) == (None, (2.0, 2.0, 5.0))


@pytest.mark.parametrize(
    ("unit", "factor", "words"),
    [
        ("mm", 1000, "not from a scanner"),
        ("mm", 0.001, "not from a scanner"),
        ("mm", 10, "not from a scanner"),
        ("micron", 1, "states its lengths in micrometres"),
        ("meter", 1, "states its lengths in metres"),
    ],
)
def test_a_unit_that_does_not_fit_is_refused(tmp_path, unit, factor, words):
    path = write(tmp_path / "a.nii", world_scaled(factor), unit=unit)
    with pytest.raises(InputError, match=rf"a\.nii: .*{words}"):
        read_header(path)


@pytest.mark.parametrize("zooms", [(4, 2, 5), (2, 2, 10), (2, 2, 2.5), (1, 1, 1)])
@pytest.mark.parametrize("codes", [(0, 2), (0, 1)])
def test_two_voxel_sizes_in_one_header_are_refused(tmp_path, zooms, codes):
    path = write(tmp_path / "a.nii", zooms=zooms, codes=codes)
    with pytest.raises(InputError, match=r"two voxel sizes: pixdim .* its affine 2 x 2 x 5"):
        read_header(path)


def test_rounded_voxel_sizes_are_one(tmp_path):
    assert (
        read_header(write(tmp_path / "a.nii", zooms=(2.004, 1.997, 5.01), codes=(0, 1))).affine.spacing[2]
        == 5
    )


@pytest.mark.parametrize("axis", [0, 1, 2])
@pytest.mark.parametrize("mm", [-50.0, 8.0])
def test_two_places_of_one_voxel_are_refused(tmp_path, axis, mm):
    qform = AFFINE.copy()
    qform[axis, 3] += mm
    with pytest.raises(InputError, match=rf"qform and sform put the same voxel up to {abs(mm):g} apart"):
        read_header(write(tmp_path / "a.nii", qform=qform))


def test_rounding_of_the_quaternion_is_no_contradiction(tmp_path):
    turn = np.deg2rad(3.0)
    oblique = AFFINE.copy()
    oblique[:2, :2] = [[-2 * np.cos(turn), 2 * np.sin(turn)], [-2 * np.sin(turn), -2 * np.cos(turn)]]
    shifted = oblique.copy()
    shifted[0, 3] += 0.5
    assert read_header(write(tmp_path / "a.nii", oblique, qform=shifted)).affine.oblique


@pytest.mark.parametrize("far", [1e4, -1e5, 1e7])
def test_an_origin_beyond_any_scanner_is_refused(tmp_path, far):
    affine = AFFINE.copy()
    affine[1, 3] = far
    with pytest.raises(InputError, match="from world zero"):
        read_header(write(tmp_path / "a.nii", affine))


@given(
    spacing=st.tuples(*[st.floats(0.3, 10.0)] * 3),
    shape=st.tuples(*[st.integers(20, 250)] * 3),
    factor=st.sampled_from([1000.0, 0.001, 1e-6]),
)
def test_scans_pass_and_their_units_do_not(spacing, shape, factor):
    matrix = np.diag([*spacing, 1.0])
    matrix[:3, 3] = -300.0
    assert implausible(matrix, shape) is None
    assert implausible(np.diag([factor] * 3 + [1.0]) @ matrix, shape) is not None
