"""Interpolation of planes: torch's numbers, every memory order, only the planes that are needed."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn import functional

from medspatial.models.runtime.sampling import Planes, Scale, Taps, taps_at, torch_taps
from medspatial.models.runtime.stretch import box_over, stretched

SIZES = st.tuples(*[st.integers(1, 12)] * 3)


def by_torch(array: np.ndarray, shape: tuple[int, int, int]) -> np.ndarray:
    tensor = torch.from_numpy(np.ascontiguousarray(array, dtype=np.float32))[None, None]
    return functional.interpolate(tensor, size=shape, mode="trilinear", align_corners=False)[0].numpy()


@settings(max_examples=40, deadline=None)
@given(SIZES, SIZES, st.permutations([0, 1, 2]), st.tuples(*[st.sampled_from([1, -1])] * 3))
def test_stretching_is_that_of_torch_in_every_memory_order(
    size: tuple[int, int, int], shape: tuple[int, int, int], order: list[int], steps: tuple[int, int, int]
) -> None:
    array = np.random.default_rng(1).integers(-1500, 1500, size).astype(np.int16)
    clipped = (np.clip(array, -1000, 1000).astype(np.float32) + 1000) / 2000
    scale = Scale(-1000, 1000, -1000, 2000)
    made = stretched(array, shape, scale)
    assert np.abs(made - by_torch(clipped, shape)).max() < 5e-7
    turn = tuple(slice(None, None, step) for step in steps)
    stored = np.ascontiguousarray(array[turn].transpose(order))
    again = stored.transpose(np.argsort(order))[turn]
    assert np.array_equal(again, array)
    assert np.array_equal(stretched(again, shape, scale), made)


@pytest.mark.parametrize(("size", "count"), [(33, 60), (512, 300), (512, 256), (400, 32), (1, 5), (7, 7)])
def test_weights_are_those_of_torch(size: int, count: int) -> None:
    """0 and 1 in turn: the result is the weight itself, whatever the order of sums."""
    turns = np.arange(size, dtype=np.float32) % 2
    low, high, weight = torch_taps(size, count)
    wanted = functional.interpolate(
        torch.from_numpy(turns)[None, None], size=count, mode="linear", align_corners=False
    )
    assert np.array_equal(turns[low] * (1 - weight) + turns[high] * weight, wanted[0, 0].numpy())


def test_only_the_planes_that_are_needed_are_read() -> None:
    array = np.full((9, 4, 4), np.nan, np.float32)
    array[[3, 4, 8]] = 1
    every = taps_at(np.arange(4.0), 4)
    planes = Planes(array, every, every)
    made = list(planes.mixed(taps_at(np.array([3.0, 3.25, 4.0, 8.0, 11.0]), 9)))
    assert all((plane == 1).all() for plane in made)


def test_along_k_before_or_behind_the_plane() -> None:
    """Scaling goes first in both."""
    array = np.array([[[0, 3000]], [[2000, 0]]], np.int16)
    along = Taps(np.array([0]), np.array([1]), np.array([0.5], np.float32))
    middle = taps_at(np.array([0.5]), 2)
    planes = Planes(array, taps_at(np.array([0.0]), 1), middle, Scale(0, 1000))
    assert planes.between(0, 1, np.float32(0.5)).tolist() == [[500]]
    assert [plane.tolist() for plane in planes.mixed(along)] == [[[500]]]


@pytest.mark.parametrize("kind", [np.uint8, np.uint16, np.int32, np.float64, np.float32])
def test_other_types_of_voxels(kind: Any) -> None:
    array = np.arange(24).reshape(2, 3, 4)
    assert np.allclose(stretched(array.astype(kind), (3, 3, 3)), by_torch(array, (3, 3, 3)), atol=1e-6)


@settings(max_examples=20, deadline=None)
@given(SIZES, st.integers(0, 99))
def test_the_box_holds_all_that_is_over(size: tuple[int, int, int], seed: int) -> None:
    array = (np.random.default_rng(seed).random(size) > 0.9).astype(np.int16)
    array.flat[seed % array.size] = 1
    places = np.argwhere(array)
    box = box_over(np.asfortranarray(array), 0)
    assert [(side.start, side.stop) for side in box] == [
        (low, high + 1) for low, high in zip(places.min(axis=0), places.max(axis=0), strict=True)
    ]
