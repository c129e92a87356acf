from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from medspatial.geometry import RasGrid, Runs
from medspatial.geometry.between import crossed, shares_between

KINDS = st.sampled_from(["cubic", "anisotropic", "oblique", "sheared"])


@given(st.integers(0, 10**6), KINDS)
@settings(max_examples=40, deadline=None)
def test_lengths_in_voxels_equal_dense_sampling(random_affine: Callable, seed: int, kind: str) -> None:
    rng = np.random.default_rng(seed)
    grid = RasGrid((8, 8, 8), random_affine(seed, kind))
    start, end = grid.to_mm(rng.uniform(0, 7, 3)), grid.to_mm(rng.uniform(0, 7, 3))
    voxels, lengths = crossed(start, end, grid)
    total = np.linalg.norm(end - start)
    assert lengths.sum() == pytest.approx(total)
    share = (np.arange(20_000) + 0.5) / 20_000
    sampled = np.rint(grid.to_index(start + share[:, None] * (end - start))).astype(int)
    for voxel, length in zip(voxels, lengths, strict=True):
        mine = (sampled == voxel).all(axis=1).mean() * total
        assert length == pytest.approx(mine, abs=total * 2e-4)


def test_shares_leave_out_the_ends() -> None:
    labels = np.zeros((20, 3, 3), dtype=int)
    labels[:4], labels[16:] = 1, 2
    labels[4:10], labels[12:13] = 3, 4
    grid = RasGrid(labels.shape, np.diag([2.0, 1.0, 1.0, 1.0]))
    runs = {value: Runs.of_mask(labels == value) for value in range(1, 5)}
    start, end = grid.to_mm((1.5, 1, 1)), grid.to_mm((17.5, 1, 1))
    others = {"three": runs[3], "four": runs[4], "none": Runs.empty(labels.shape)}
    shares, length = shares_between(start, end, (runs[1], runs[2]), others, grid)
    assert length == pytest.approx(24.0)
    assert shares == pytest.approx({"three": 0.5, "four": 1 / 12})


def test_a_segment_inside_its_ends_has_no_length() -> None:
    everything = Runs.of_mask(np.ones((3, 3, 3), dtype=bool))
    grid = RasGrid((3, 3, 3), np.eye(4))
    shares, length = shares_between(
        np.zeros(3), np.full(3, 2.0), (everything, everything), {"all": everything}, grid
    )
    assert (shares, length) == ({}, 0.0)
