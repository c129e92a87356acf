import numpy as np
import pytest
import scipy.ndimage
from hypothesis import given, settings
from hypothesis import strategies as st

from medspatial.errors import InputError
from medspatial.volume import AXIS_CODES, Affine, Grid, Volume
from medspatial.volume.resample import _general, _separable, _Wanted, interpolation_taps


def ramp(shape=(9, 8, 7), codes="RAS", spacing=(1.0, 1.5, 2.5), unit="HU"):
    """A volume whose value is a linear function of world position, so that interpolation is exact."""
    affine = Affine.from_axcodes(codes, spacing, origin=(-3, 8, 21))
    ijk = np.stack(np.meshgrid(*map(np.arange, shape), indexing="ij"), axis=-1)
    return Volume(world_ramp(affine.apply(ijk)).astype(np.float32), affine, unit)


def world_ramp(xyz):
    return xyz @ np.array([2.0, -3.0, 5.0]) + 7.0


def inner_points(volume, source):
    """Voxels of ``volume`` (ijk, xyz) that lie between the voxel centres of ``source``, two voxels inside."""
    ijk = np.stack(np.meshgrid(*map(np.arange, volume.shape), indexing="ij"), axis=-1).reshape(-1, 3)
    xyz = volume.affine.apply(ijk)
    at = source.affine.inverse().apply(xyz)
    inside = ((at >= 1) & (at <= np.array(source.shape) - 2)).all(axis=1)
    return ijk[inside], xyz[inside]


@pytest.mark.parametrize("order", [1, 3])
@given(codes=st.sampled_from(AXIS_CODES), spacing=st.tuples(*[st.floats(0.5, 3.0)] * 3))
@settings(max_examples=25, deadline=None)
def test_world_positions_are_kept(order, codes, spacing):
    source = ramp(codes=codes)
    result = source.resampled(spacing, order=order)
    assert result.spacing == pytest.approx(spacing)
    assert result.centre == pytest.approx(source.centre)
    ijk, xyz = inner_points(result, source)
    assert result.voxels[tuple(ijk.T)] == pytest.approx(world_ramp(xyz), abs=1e-3)


@pytest.mark.parametrize("order", [1, 3])
@given(angle=st.floats(-0.7, 0.7), codes=st.sampled_from(AXIS_CODES))
@settings(max_examples=25, deadline=None)
def test_grids_at_an_angle_keep_world_positions(order, angle, codes):
    source = ramp(codes=codes)
    c, s = np.cos(angle), np.sin(angle)
    turn = np.array([[c, -s, 0], [s, c, 0], [0, 0, 1]]) * 1.1
    matrix = np.eye(4)
    matrix[:3, :3] = turn
    matrix[:3, 3] = np.array(source.centre) - turn @ (4, 4, 4)
    result = source.resampled_to(Grid((9, 9, 9), Affine(matrix)), order=order)
    ijk, xyz = inner_points(result, source)
    assert len(ijk) > 20
    assert result.voxels[tuple(ijk.T)] == pytest.approx(world_ramp(xyz), abs=1e-3)


@pytest.mark.parametrize("order", [0, 1, 3])
@given(
    codes=st.sampled_from(AXIS_CODES),
    seed=st.integers(0, 2**32 - 1),
    spacing=st.sampled_from([0.8, 1.0, 2.0, 3.1]),
)
@settings(max_examples=25, deadline=None)
def test_the_result_does_not_depend_on_storage_order(order, codes, seed, spacing):
    voxels = np.random.default_rng(seed).integers(-1000, 1000, (6, 7, 8)).astype(np.int16)
    volume = Volume(voxels, Affine.from_axcodes("RAS", (1, 1, 1), origin=(3, 4, 5)))
    direct = volume.resampled(spacing, order=order)
    around = volume.oriented(codes).resampled(spacing, order=order).oriented("RAS")
    assert around.affine == direct.affine
    assert around.voxels == pytest.approx(direct.voxels, abs=1e-2)


@pytest.mark.parametrize("order", [0, 1, 3])
def test_separable_and_general_ways_agree(order):
    voxels = np.random.default_rng(1).normal(0, 300, (7, 8, 9)).astype(np.float32)
    to_source = np.array([[0, 1.3, 0, -1.0], [-1.1, 0, 0, 7.3], [0, 0, 0.6, 1.1], [0, 0, 0, 1]])
    wanted = _Wanted((8, 7, 12), to_source, order, -7.0, (True, False, True))
    a, b = _separable(voxels, wanted), _general(voxels, wanted)
    assert a == pytest.approx(b, abs=1e-3)
    assert (a == -7).any()
    assert (a != -7).any()


def test_linear_agrees_with_scipy_inside():
    rng = np.random.default_rng(5)
    source = Volume(rng.normal(0, 300, (10, 11, 12)), Affine(np.diag([1.0, 1, 1, 1]) + np.eye(4, k=3)))
    result = source.resampled((1.7, 0.6, 2.3))
    ijk = np.stack(np.meshgrid(*map(np.arange, result.shape), indexing="ij"))
    at = source.affine.inverse().apply(result.affine.apply(np.moveaxis(ijk, 0, -1)))
    expected = scipy.ndimage.map_coordinates(source.voxels, np.moveaxis(at, -1, 0), order=1, mode="nearest")
    assert result.voxels == pytest.approx(expected, abs=1e-2)
    assert result.voxels.dtype == np.float32


def test_same_grid_changes_nothing():
    volume = ramp()
    assert np.array_equal(volume.resampled(volume.spacing).voxels, volume.voxels)
    assert np.array_equal(volume.resampled_to(volume.grid, order=0).voxels, volume.voxels)


def test_halving_the_grid_averages_pairs():
    voxels = np.arange(8, dtype=np.int16).reshape(8, 1, 1)
    volume = Volume(voxels, Affine.from_axcodes("RAS", (1, 1, 1), origin=(5, 5, 5)))
    half = volume.resampled((2, 1, 1))
    assert half.voxels.ravel().tolist() == [0.5, 2.5, 4.5, 6.5]
    assert half.affine.origin == (5.5, 5, 5)
    double = volume.resampled((0.5, 1, 1))
    assert double.voxels.ravel()[:4].tolist() == [0, 0.25, 0.75, 1.25]


def test_fill_is_used_outside_the_field_of_view_only():
    volume = Volume(
        np.full((4, 4, 4), 50, np.int16), Affine.from_axcodes("RAS", (1, 1, 1), origin=(1, 1, 1)), "HU"
    )
    wide = volume.resampled_to(Grid((6, 4, 4), Affine.from_axcodes("RAS", (1, 1, 1), origin=(0, 0.5, 1.4))))
    assert wide.voxels[0].max() == wide.voxels[5].max() == -1024
    assert (wide.voxels[1:5] == 50).all()  # half a voxel beyond the centres is still inside
    label = Volume(np.ones((2, 2, 2), np.uint8), volume.affine, "label")
    assert label.resampled_to(Grid((4, 2, 2), volume.affine)).voxels[3].max() == 0


def test_nearest_keeps_labels_and_type():
    rng = np.random.default_rng(2)
    labels = Volume(
        rng.choice([0, 3, 117], (9, 9, 9)).astype(np.uint8),
        Affine.from_axcodes("IPL", (1, 1, 1), (1, 2, 3)),
        "label",
    )
    result = labels.resampled(0.7)
    assert result.voxels.dtype == np.uint8
    assert set(np.unique(result.voxels)) <= {0, 3, 117}
    with pytest.raises(InputError, match="only order 0"):
        labels.resampled(2.0, order=1)


@given(st.floats(0, 6), st.sampled_from([0, 1, 3]), st.booleans())
@settings(max_examples=50, deadline=None)
def test_weights_sum_to_one_and_indices_stay_inside(position, order, low):
    index, weights = interpolation_taps(np.array([position]), 7, order, low)
    assert weights.sum() == pytest.approx(1, abs=1e-6)
    assert index.min() >= 0
    assert index.max() <= 6


@pytest.mark.parametrize(
    ("call", "rule"),
    [
        (lambda v: v.resampled((1, 0, 1)), "three positive"),
        (lambda v: v.resampled((1, 1)), "three positive"),
        (lambda v: v.resampled(2.0, order=2), r"order must be 0 \(nearest\), 1"),
        (lambda v: v.resampled_to(Grid((0, 3, 3), v.affine)), "positive sizes"),
        (
            lambda v: Volume(v.voxels.astype(np.int16), v.affine).resampled_to(v.grid, 0, 0.5),
            "does not fit",
        ),
    ],
)
def test_bad_requests_are_refused(call, rule):
    with pytest.raises(InputError, match=rule):
        call(ramp())


def test_parameters_are_recorded():
    step = ramp().resampled(2.0).history[-1]
    assert step.name == "resampled"
    assert step.parameters == {"spacing": [2.0, 2.0, 2.0], "order": 1}
