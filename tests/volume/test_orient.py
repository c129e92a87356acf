import nibabel as nib
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from medspatial.errors import InputError
from medspatial.volume import AXIS_CODES, Affine, Volume

SHAPE = (3, 4, 5)


def some_volume(codes="RAS", tilt=0.0, seed=0):
    voxels = np.random.default_rng(seed).permutation(60).reshape(SHAPE).astype(np.int16)
    matrix = Affine.from_axcodes(codes, (0.7, 1.5, 3.0), origin=(-20, 30, 7)).matrix.copy()
    turn = np.eye(3) + np.cross(np.eye(3), [tilt, -tilt, tilt / 2])
    matrix[:3, :3] = turn @ matrix[:3, :3]
    return Volume(voxels, Affine(matrix), "HU")


def world_values(volume):
    """World position of each value; the values are unique."""
    ijk = np.stack(np.meshgrid(*map(np.arange, volume.shape), indexing="ij"), axis=-1).reshape(-1, 3)
    positions = np.empty((60, 3))
    positions[volume.voxels.ravel()] = volume.affine.apply(ijk)
    return positions


@given(
    st.sampled_from(AXIS_CODES), st.sampled_from(AXIS_CODES), st.floats(-0.2, 0.2), st.integers(0, 2**32 - 1)
)
@settings(max_examples=50, deadline=None)
def test_each_voxel_keeps_its_world_position(source, target, tilt, seed):
    volume = some_volume(source, tilt, seed)
    turned = volume.oriented(target)
    assert turned.axcodes == target
    assert world_values(turned) == pytest.approx(world_values(volume), abs=1e-9)
    back = turned.oriented(source)
    assert np.array_equal(back.voxels, volume.voxels)
    assert back.affine == volume.affine


@pytest.mark.parametrize("codes", AXIS_CODES)
def test_same_result_as_nibabel(codes):
    volume = some_volume("PIL")
    image = nib.Nifti1Image(np.array(volume.voxels), volume.affine.matrix)
    moves = nib.orientations.ornt_transform(
        nib.io_orientation(image.affine), nib.orientations.axcodes2ornt(codes)
    )
    expected = image.as_reoriented(moves)
    turned = volume.oriented(codes)
    assert np.array_equal(turned.voxels, np.asanyarray(expected.dataobj))
    assert turned.affine.matrix == pytest.approx(expected.affine)


def test_the_step_is_recorded_and_nothing_is_copied():
    volume = some_volume()
    turned = volume.oriented("lps")
    assert np.shares_memory(turned.voxels, volume.voxels)
    assert turned.unit == "HU"
    assert [(step.name, step.parameters) for step in turned.history] == [
        ("oriented", {"from": "RAS", "to": "LPS"})
    ]


def test_bad_codes_are_refused():
    with pytest.raises(InputError, match="'RRS'"):
        some_volume().oriented("RRS")


@given(st.sampled_from(AXIS_CODES), st.floats(-0.2, 0.2))
@settings(max_examples=50, deadline=None)
def test_mirroring_twice_gives_the_same_volume(codes, tilt):
    volume = some_volume(codes, tilt)
    once = volume.mirrored()
    assert once.affine == volume.affine
    assert not np.array_equal(once.voxels, volume.voxels)
    assert np.array_equal(once.mirrored().voxels, volume.voxels)
    assert once.history[-1].name == "mirrored"


@pytest.mark.parametrize("codes", AXIS_CODES)
def test_mirroring_reflects_world_x_about_the_centre(codes):
    volume = some_volume(codes)
    before, after = world_values(volume), world_values(volume.mirrored())
    assert after[:, 0] == pytest.approx(2 * volume.centre[0] - before[:, 0])
    assert after[:, 1:] == pytest.approx(before[:, 1:])


def test_mirroring_does_not_depend_on_storage_order():
    volume = some_volume("RAS", tilt=0.1)
    for codes in AXIS_CODES:
        other = volume.oriented(codes).mirrored().oriented("RAS")
        assert np.array_equal(other.voxels, volume.mirrored().voxels)
