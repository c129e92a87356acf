from __future__ import annotations

from collections.abc import Callable
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from medspatial.geometry import RasGrid, Runs
from medspatial.geometry.feret import axial_diameter, smallest_axial_extent, solid_diameter

KINDS = st.sampled_from(["cubic", "anisotropic", "oblique"])


def brute_diameter(index: np.ndarray, matrix: np.ndarray, axes: int) -> float:
    """Farthest two voxel centres of all pairs, and the voxel's shadow on their direction."""
    sides = matrix[:3, :axes]
    if len(index) == 1:
        return float(np.linalg.norm(sides, axis=0).max())
    steps = np.array([matrix[:3, :3] @ (a - b) for a, b in combinations(index, 2)])
    length = np.linalg.norm(steps, axis=1)
    shadow = np.abs(steps @ sides).sum(axis=1) / length
    return float((length + shadow)[length >= length.max() * (1 - 1e-9)].max())


@given(st.integers(0, 10**6), KINDS)
@settings(max_examples=50, deadline=None)
def test_diameters_equal_those_of_every_pair(
    random_labels: Callable, random_affine: Callable, seed: int, kind: str
) -> None:
    mask, matrix = random_labels(seed, 1) == 1, random_affine(seed, kind)
    runs, grid = Runs.of_mask(mask), RasGrid(mask.shape, matrix)
    index = np.argwhere(mask)
    slices = [index[index[:, 2] == k] for k in np.unique(index[:, 2])]
    assert axial_diameter(runs, grid).mm == pytest.approx(max(brute_diameter(s, matrix, 2) for s in slices))
    solid = solid_diameter(runs, grid)
    assert solid.mm == pytest.approx(brute_diameter(index, matrix, 3))
    assert mask[solid.voxel_a]
    assert mask[solid.voxel_b]


def test_a_ball_of_many_points_goes_through_the_hull() -> None:
    axes = np.ogrid[:61, :61, :61]
    ball = sum((x - 30) ** 2 for x in axes) <= 28**2
    found = solid_diameter(Runs.of_mask(ball), RasGrid(ball.shape, np.diag([0.5, 0.5, 0.5, 1.0])))
    assert found.mm == pytest.approx(28 + 0.5 * np.sqrt(3), abs=0.5)
    assert found.mm >= 28.5


def test_a_flat_oblique_sheet_has_no_hull_and_is_still_measured() -> None:
    sheet = np.zeros((400, 400, 3), dtype=bool)
    sheet[np.arange(400), np.arange(400), :] = True
    runs, grid = Runs.of_mask(sheet), RasGrid(sheet.shape, np.eye(4))
    length = np.sqrt(399**2 * 2 + 4)
    shadow = (399 * 2 + 2) / length
    assert solid_diameter(runs, grid).mm == pytest.approx(length + shadow)


def test_a_row_of_voxels_is_measured_edge_to_edge() -> None:
    mask = np.zeros((9, 9, 9), dtype=bool)
    mask[2:7, 4, 4] = True
    grid = RasGrid(mask.shape, np.diag([0.8, 1.5, 3.0, 1.0]))
    assert axial_diameter(Runs.of_mask(mask), grid).mm == pytest.approx(4.0)
    assert smallest_axial_extent(Runs.of_mask(mask), grid) == pytest.approx(1.5)
