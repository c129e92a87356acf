"""Grids: places and indices, what lies inside, and when two grids are one."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from medspatial.errors import InputError
from medspatial.volume import AXIS_CODES, Affine, Grid, Volume

SHAPE = (5, 6, 7)
SHEARED = np.array([[0.8, -0.6, 0.3, 12], [0.6, 0.8, 0, -40], [0, 0, 5, 7], [0, 0, 0, 1]])
GRID = Grid(SHAPE, Affine(SHEARED))
indices = st.tuples(*(st.floats(-3, 9) for _ in range(3)))


@given(indices)
def test_millimetres_and_indices_are_inverse(index: tuple[float, float, float]) -> None:
    assert GRID.to_mm(index) == pytest.approx((SHEARED @ (*index, 1))[:3], abs=1e-9)
    assert GRID.to_index(GRID.to_mm(index)) == pytest.approx(index, abs=1e-9)


@given(indices)
def test_a_point_is_inside_where_its_nearest_voxel_is(index: tuple[float, float, float]) -> None:
    inside = all(-0.5 <= at <= n - 0.5 for at, n in zip(index, SHAPE, strict=True))
    near = any(abs(at - end) < 1e-5 for at, n in zip(index, SHAPE, strict=True) for end in (-0.5, n - 0.5))
    assert near or GRID.contains(GRID.to_mm(index)) == inside


def test_the_border_itself_is_inside() -> None:
    points = GRID.to_mm([(-0.5, 2, 3), (4.5, 5.5, 6.5), (4.501, 2, 3)])
    assert GRID.contains(points).tolist() == [True, True, False]


def test_corners_lie_half_a_voxel_within_the_extent() -> None:
    grid = Grid((3, 4, 5), Affine.from_axcodes("LPS", (1, 2, 3), origin=(10, 20, 30)))
    assert grid.corners.min(axis=0).tolist() == [8, 14, 30]
    assert grid.extent.tolist() == [[7.5, 13, 28.5], [10.5, 21, 43.5]]
    assert grid.centre == (9, 17, 36)


@pytest.mark.parametrize("codes", AXIS_CODES)
def test_a_grid_turns_as_its_voxels_do(codes: str) -> None:
    turned = GRID.oriented(codes)
    assert turned == Volume(np.zeros(SHAPE), GRID.affine).oriented(codes).grid
    assert turned.axcodes == codes
    assert turned.same_voxels(GRID)
    assert turned.close_to(GRID) == (turned == GRID)


def test_equality_is_that_of_shape_and_affine() -> None:
    near, far = SHEARED.copy(), SHEARED.copy()
    near[0, 3] += 1e-4
    far[0, 3] += 1e-2
    assert Grid(SHAPE, Affine(near)) == GRID != Grid(SHAPE, Affine(far))
    assert Grid((5, 6, 8), GRID.affine) != GRID


@pytest.mark.parametrize(("step", "same"), [(0.007, True), (0.03, False)])
def test_rounding_is_measured_at_the_corners(step: float, same: bool) -> None:
    """A twentieth of the smallest spacing (1 mm) may lie between two voxels; the last is six steps away."""
    other = SHEARED.copy()
    other[2, 2] += step
    assert GRID.close_to(Grid(SHAPE, Affine(other))) == same
    assert GRID.same_voxels(Grid(SHAPE, Affine(other)).oriented("SAR")) == same


def test_other_shapes_are_other_grids() -> None:
    other = Grid((5, 6, 8), GRID.affine)
    assert not GRID.close_to(other)
    assert not GRID.same_voxels(other)


def test_a_grid_has_three_dimensions() -> None:
    with pytest.raises(InputError, match=r"needs 3 dimensions, got shape \(2, 3\)"):
        Grid((2, 3), GRID.affine)  # type: ignore[arg-type]
