from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from medspatial.geometry import RasGrid

KINDS = st.sampled_from(["cubic", "anisotropic", "oblique", "sheared"])


@given(st.integers(0, 10**6), KINDS)
@settings(max_examples=50, deadline=None)
def test_the_metric_gives_lengths_and_tightness_bounds_them(
    random_affine: Callable, seed: int, kind: str
) -> None:
    grid = RasGrid((5, 6, 7), random_affine(seed, kind))
    for step in np.random.default_rng(seed).integers(-9, 10, (20, 3)):
        squared = float(np.sum((grid.affine.matrix[:3, :3] @ step) ** 2))
        assert step @ grid.metric @ step == pytest.approx(squared, rel=1e-5, abs=1e-9)
        bound = grid.tightness * ((step * grid.spacing) ** 2).sum()
        assert bound <= squared * (1 + 1e-6) + 1e-9
    if kind != "sheared":
        assert grid.tightness == pytest.approx(1.0)


def test_spacing_and_volume_of_a_turned_voxel() -> None:
    matrix = np.eye(4)
    turn = np.array([[0.8, -0.6, 0], [0.6, 0.8, 0], [0, 0, 1]])
    matrix[:3, :3] = turn @ np.diag([2.0, 3.0, 5.0])
    grid = RasGrid((4, 4, 4), matrix)
    assert grid.spacing == pytest.approx((2, 3, 5))
    assert grid.vmax == pytest.approx(5)
    assert grid.voxel_ml == pytest.approx(0.03)
    assert grid.squared_steps[2, 2, 1] == pytest.approx(4 + 9)
