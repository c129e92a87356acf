from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage

from medspatial.geometry import Runs
from medspatial.geometry.runs import boundary, difference, intersection, union

SEEDS = st.integers(0, 10**6)


def mask_of(seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return rng.random(rng.integers(1, 7, 3)) < rng.choice([0.0, 0.2, 0.5, 0.8, 1.0])


def pair_of(seed: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    shape = rng.integers(1, 7, 3)
    return rng.random(shape) < 0.5, rng.random(shape) < 0.6


@given(SEEDS)
@settings(max_examples=50, deadline=None)
def test_a_mask_survives_the_way_to_runs_and_back(seed: int) -> None:
    mask = mask_of(seed)
    runs = Runs.of_mask(mask)
    assert np.array_equal(runs.mask(), mask)
    assert runs.voxels == mask.sum()
    if mask.any():
        where = np.argwhere(mask)
        assert runs.box == (tuple(where.min(axis=0)), tuple(where.max(axis=0)))
        assert runs.first_voxel() == tuple(where[0])


@given(SEEDS)
@settings(max_examples=50, deadline=None)
def test_runs_are_sorted_and_maximal(seed: int) -> None:
    runs = Runs.of_mask(mask_of(seed))
    same_row = runs.row[1:] == runs.row[:-1]
    assert (runs.row[1:] >= runs.row[:-1]).all()
    assert (runs.start[1:] > runs.stop[:-1])[same_row].all()


@given(SEEDS)
@settings(max_examples=50, deadline=None)
def test_set_operations_are_those_of_the_masks(seed: int) -> None:
    a, b = pair_of(seed)
    first, second = Runs.of_mask(a), Runs.of_mask(b)
    for result, expected in (
        (union([first, second]), a | b),
        (intersection([first, second]), a & b),
        (difference(first, second), a & ~b),
    ):
        assert np.array_equal(result.mask(), expected)
        assert np.array_equal(result.row, Runs.of_mask(expected).row)


@given(SEEDS)
@settings(max_examples=50, deadline=None)
def test_boundary_is_what_erosion_removes(seed: int) -> None:
    mask = mask_of(seed)
    expected = mask & ~ndimage.binary_erosion(mask)  # outside the array counts as outside
    assert np.array_equal(boundary(Runs.of_mask(mask)).mask(), expected)


@given(SEEDS)
@settings(max_examples=50, deadline=None)
def test_contains_looks_up_every_voxel(seed: int) -> None:
    mask = mask_of(seed)
    index = np.argwhere(np.ones(np.array(mask.shape) + 4, dtype=bool)) - 2
    inside = np.pad(mask, 2)[tuple(index.T + 2)]
    assert np.array_equal(Runs.of_mask(mask).contains(index), inside)


@given(SEEDS)
@settings(max_examples=50, deadline=None)
def test_a_crop_may_leave_the_grid(seed: int) -> None:
    mask = mask_of(seed)
    rng = np.random.default_rng(seed)
    low = rng.integers(-2, np.array(mask.shape))
    high = low + rng.integers(0, 6, 3)
    expected = np.pad(mask, 8)[tuple(slice(a + 8, b + 9) for a, b in zip(low, high, strict=True))]
    assert np.array_equal(Runs.of_mask(mask).crop(tuple(low), tuple(high)), expected)


def test_a_part_is_placed_on_the_whole_grid() -> None:
    part = np.ones((2, 1, 2), dtype=bool)
    runs = Runs.of_mask(part, (1, 2, 3), (5, 6, 7))
    expected = np.zeros((5, 6, 7), dtype=bool)
    expected[1:3, 2:3, 3:5] = True
    assert np.array_equal(runs.mask(), expected)


def test_no_voxels_make_no_runs() -> None:
    empty = Runs.empty((3, 4, 5))
    assert empty.voxels == 0
    assert not empty.mask().any()
    assert not empty.contains(np.array([[0, 0, 0]])).any()
    with pytest.raises(ValueError, match="zero-size"):
        empty.box
