"""Shapes: inside means inside, boxes hold their solids, parts make the whole."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from medspatial.cases.phantom.raster import Raster
from medspatial.cases.phantom.shapes import (
    Below,
    Column,
    Cut,
    Ellipsoid,
    Segment,
    Tube,
    Union,
    rotation,
)

radius = st.floats(4.0, 30.0)
place = st.tuples(*[st.floats(-20.0, 20.0)] * 3)
angles = st.tuples(*[st.floats(-180.0, 180.0)] * 3)


def cloud(n: int = 4000, reach: float = 70.0) -> np.ndarray:
    return np.random.default_rng(0).uniform(-reach, reach, (n, 3))


def assert_box_holds(shape) -> None:
    points = cloud()
    inside = points[shape.holds(points)]
    low, high = shape.bounds
    assert (inside >= low - 1e-6).all()
    assert (inside <= high + 1e-6).all()


@settings(max_examples=30, deadline=None)
@given(place, st.tuples(radius, radius, radius), angles, st.sampled_from([2, 4, 8]))
def test_ellipsoid_box_and_centre(centre, radii, turn, power) -> None:
    shape = Ellipsoid(centre, radii, rotation(turn), power)
    assert shape.holds(np.array([centre])).all()
    assert_box_holds(shape)
    for axis, length in enumerate(radii):
        direction = np.array(shape.rotation)[:, axis]
        tips = np.array(centre) + np.outer([0.999, -0.999, 1.001, -1.001], direction) * length
        assert shape.holds(tips).tolist() == [True, True, False, False]


@settings(max_examples=20, deadline=None)
@given(st.tuples(radius, radius, radius), angles, st.floats(1.0, 1.6))
def test_ellipsoid_drawn_volume_is_the_exact_one(radii, turn, spacing) -> None:
    shape = Ellipsoid((1.3, -2.1, 0.4), radii, rotation(turn))
    grid = Raster.covering(shape.bounds, np.full(3, spacing), np.eye(3))
    _, mask = grid.draw(shape)
    drawn = mask.sum() * spacing**3 / 1000
    # The error of counting voxel centres grows with the surface; a quarter voxel's layer is a wide bound.
    surface = 4 * np.pi * (max(radii) * sorted(radii)[1])
    assert abs(drawn - shape.volume_ml) < 0.25 * surface * spacing / 1000 * min(1.0, 3 * spacing / min(radii))


def test_rounded_box_has_no_exact_volume() -> None:
    with pytest.raises(ValueError, match="power 2, this is 4"):
        _ = Ellipsoid((0, 0, 0), (1, 1, 1), power=4).volume_ml


def test_rotation_is_right_handed_about_each_axis() -> None:
    x, y, z = np.eye(3)
    np.testing.assert_allclose(np.array(rotation((90, 0, 0))) @ y, z, atol=1e-12)
    np.testing.assert_allclose(np.array(rotation((0, 90, 0))) @ z, x, atol=1e-12)
    np.testing.assert_allclose(np.array(rotation((0, 0, 90))) @ x, y, atol=1e-12)


@settings(max_examples=30, deadline=None)
@given(place, place, radius, radius)
def test_segment_holds_its_spheres(a, b, ra, rb) -> None:
    shape = Segment(a, b, ra, rb)
    assert_box_holds(shape)
    for share in (0.0, 0.3, 1.0):
        centre = np.array(a) + share * (np.array(b) - np.array(a))
        reach = ra + share * (rb - ra)
        tips = centre + 0.99 * reach * np.vstack([np.eye(3), -np.eye(3)])
        # Along the axis a cone's own surface lies closer than that sphere; at the ends the spheres count.
        if share in (0.0, 1.0) and ra == rb:
            assert shape.holds(tips).all()
        assert shape.holds(centre[None]).all()


def test_tube_is_the_union_of_its_parts() -> None:
    tube = Tube(((-30, 0, 0), (0, 10, 5), (30, -5, 20)), (8, 12, 5))
    points = cloud()
    parts = np.any([part.holds(points) for part in tube.parts()], axis=0)
    np.testing.assert_array_equal(tube.holds(points), parts)
    assert len(tube.parts()) == 2
    assert_box_holds(tube)
    assert tube.grown(2.0).radii == (10, 14, 7)


def test_column_follows_its_knots() -> None:
    column = Column((0.0, 100.0), (0.0, 10.0), (0.0, 0.0), (20.0, 40.0), (10.0, 10.0))
    inside = column.holds(np.array([[19.9, 0, 0], [20.1, 0, 0], [34.9, 0, 50], [35.1, 0, 50], [5, 0, 101]]))
    assert inside.tolist() == [True, False, True, False, False]
    assert column.grown(5.0).a == (25.0, 45.0)
    assert_box_holds(column)


def test_cut_keeps_and_drops() -> None:
    ball = Ellipsoid((0, 0, 0), (20, 20, 20))
    hole = Ellipsoid((0, 0, 10), (5, 5, 5))
    shape = Cut(ball, keep=(Below((0, 0, 0), (0, 0, -1)),), drop=(hole,))
    assert shape.holds(np.array([[0, 0, 2], [0, 0, -2], [0, 0, 10], [0, 0, 17]])).tolist() == [
        True, False, False, True,
    ]  # fmt: skip
    assert_box_holds(shape)


def test_cut_box_shrinks_to_what_is_kept() -> None:
    ball, small = Ellipsoid((0, 0, 0), (20, 20, 20)), Ellipsoid((10, 0, 0), (5, 5, 5))
    low, high = Cut(ball, keep=(small,)).bounds
    np.testing.assert_allclose([low, high], [[5, -5, -5], [15, 5, 5]])


def test_union_box_and_parts() -> None:
    members = (Ellipsoid((-30, 0, 0), (5, 5, 5)), Tube(((0, 0, 0), (9, 0, 0), (20, 0, 0)), (3, 3, 3)))
    union = Union(members)
    assert len(union.parts()) == 3
    low, high = union.bounds
    np.testing.assert_allclose([low[0], high[0]], [-35, 23])
