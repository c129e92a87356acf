"""The drawing grid: boxes miss nothing, and drawing in boxes equals drawing everywhere."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from medspatial.cases.phantom.raster import Raster
from medspatial.cases.phantom.shapes import Ellipsoid, Tube, rotation

FIELD = (np.array([-40.0, -30.0, -50.0]), np.array([40.0, 30.0, 50.0]))
spacings = st.tuples(*[st.floats(1.5, 7.0)] * 3)
tilts = st.tuples(*[st.floats(-25.0, 25.0)] * 3)


def whole(raster: Raster):
    return tuple(slice(0, n) for n in raster.shape)


@settings(max_examples=25, deadline=None)
@given(spacings, tilts)
def test_box_drawing_equals_brute_force(spacing, tilt) -> None:
    raster = Raster.covering(FIELD, np.array(spacing), np.array(rotation(tilt)))
    index = np.indices(raster.shape).reshape(3, -1).T
    points = index @ raster.matrix[:3, :3].T + raster.matrix[:3, 3]
    shapes = [
        Ellipsoid((10, -5, 12), (22, 11, 17), rotation((20, 30, 40))),
        Tube(((-30, 0, -40), (0, 20, 0), (35, -10, 45)), (6, 9, 5)),
    ]
    for shape in shapes:
        expected = shape.holds(points).reshape(raster.shape)
        drawn = np.zeros(raster.shape, dtype=bool)
        box, mask = raster.draw(shape)
        drawn[box] = mask
        # float32 coordinates may decide a centre that lies on the surface the other way
        assert (drawn != expected).sum() <= 2


@settings(max_examples=25, deadline=None)
@given(spacings)
def test_upright_grid_covers_the_field(spacing) -> None:
    raster = Raster.covering(FIELD, np.array(spacing), np.eye(3))
    first, last = raster.matrix[:3, 3], (raster.matrix @ [*(np.array(raster.shape) - 1), 1])[:3]
    assert (first - np.array(spacing) / 2 <= FIELD[0] + 1e-6).all()
    assert (last + np.array(spacing) / 2 >= FIELD[1] - 1e-6).all()
    np.testing.assert_allclose(raster.spacing, spacing)
    np.testing.assert_allclose((first + last) / 2, 0.0, atol=1e-9)


def test_points_of_an_upright_grid_are_three_vectors() -> None:
    raster = Raster.covering(FIELD, np.array([4.0, 5.0, 5.0]), np.eye(3))
    x, y, z = raster.points(whole(raster))
    assert x.shape == (20, 1, 1)
    assert y.shape == (1, 12, 1)
    assert z.shape == (1, 1, 20)
    np.testing.assert_allclose(x.ravel()[:2], [-38.0, -34.0])


def test_a_shape_outside_is_not_drawn() -> None:
    raster = Raster.covering(FIELD, np.full(3, 4.0), np.eye(3))
    assert raster.draw(Ellipsoid((200, 0, 0), (20, 20, 20))) is None
    box, mask = raster.draw(Ellipsoid((40, 0, 0), (20, 20, 20)))
    assert box[0].stop == raster.shape[0]
    assert mask.any()
