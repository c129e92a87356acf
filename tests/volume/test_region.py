import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from medspatial.errors import InputError
from medspatial.volume import Affine, Volume

MATRIX = [[-0.6, 0.1, 0, 12], [0.1, -0.8, 0, 20], [0, 0, 2.5, -40], [0, 0, 0, 1]]


def numbered(shape=(4, 5, 6)):
    return Volume(np.arange(np.prod(shape), dtype=np.int16).reshape(shape), Affine(MATRIX))


def test_crop_keeps_world_positions():
    volume = numbered()
    part = volume.cropped((1, 2, 3), (3, 5, 6))
    assert part.shape == (2, 3, 3)
    assert part.voxels[0, 0, 0] == volume.voxels[1, 2, 3]
    assert part.affine.apply((0, 0, 0)) == pytest.approx(volume.affine.apply((1, 2, 3)))
    assert part.history[0].parameters == {"start": [1, 2, 3], "stop": [3, 5, 6]}


@pytest.mark.parametrize(
    ("start", "stop"), [((-1, 0, 0), (2, 2, 2)), ((0, 0, 0), (5, 2, 2)), ((2, 0, 0), (2, 2, 2))]
)
def test_crop_outside_or_empty_is_refused(start, stop):
    with pytest.raises(InputError, match="axis 0 needs"):
        numbered().cropped(start, stop)


def test_pad_then_crop_is_the_identity():
    volume = numbered()
    wide = volume.padded((1, 0, 2), (0, 3, 1), fill=-1024)
    assert wide.shape == (5, 8, 9)
    assert (wide.voxels == -1024).sum() == 5 * 8 * 9 - 120
    back = wide.cropped((1, 0, 2), (5, 5, 8))
    assert np.array_equal(back.voxels, volume.voxels)
    assert back.affine == volume.affine


@given(st.tuples(*[st.integers(1, 12)] * 3))
@settings(max_examples=50, deadline=None)
def test_crop_or_pad_reaches_the_shape_about_the_centre(shape):
    volume = numbered()
    result = volume.cropped_or_padded(shape, fill=-5)
    assert result.shape == shape
    drift = np.abs(result.affine.inverse().apply(volume.centre) - (np.array(shape) - 1) / 2)
    assert (drift <= 0.5 + 1e-9).all()
    kept = result.voxels[result.voxels >= 0]
    assert len(kept) == np.prod(np.minimum(shape, volume.shape))
    for ijk in np.argwhere(result.voxels >= 0)[:10]:
        value = result.voxels[tuple(ijk)]
        at = np.argwhere(volume.voxels == value)[0]
        assert result.affine.apply(ijk) == pytest.approx(volume.affine.apply(at))


def test_the_odd_voxel_goes_to_the_end():
    volume = numbered((4, 4, 4))
    assert volume.cropped_or_padded((3, 4, 4), 0).voxels[0, 0, 0] == volume.voxels[0, 0, 0]
    assert volume.cropped_or_padded((5, 4, 4), -9).voxels[4, 0, 0] == -9


def test_bad_widths_shapes_and_fills_are_refused():
    with pytest.raises(InputError, match="negative"):
        numbered().padded((-1, 0, 0), (0, 0, 0), 0)
    with pytest.raises(InputError, match="positive"):
        numbered().cropped_or_padded((0, 3, 3), 0)
    with pytest.raises(InputError, match=r"0\.5 does not fit voxels of type int16"):
        numbered().padded((1, 1, 1), (0, 0, 0), 0.5)
    with pytest.raises(InputError, match="100000 does not fit"):
        numbered().padded((1, 1, 1), (0, 0, 0), 100000)
