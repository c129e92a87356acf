"""Which slices, in which order, in which colours; and the same from every storage orientation."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from medspatial.errors import InputError
from medspatial.inputs import through_jpeg
from medspatial.models.medgemma.preparation import Preparation, coloured, selected
from medspatial.volume import AXIS_CODES, Affine, Volume


def ct(shape: tuple[int, int, int] = (6, 5, 4)) -> Volume:
    voxels = np.random.default_rng(0).integers(-1100, 1500, shape, dtype=np.int16)
    return Volume(voxels, Affine(np.diag([-2.0, -3.0, 4.0, 1.0])), "HU")  # stored as LPS


def test_all_slices_up_to_85_and_the_last_but_never_the_first_beyond() -> None:
    assert selected(85) == list(range(85))
    assert selected(86) == list(range(1, 86))
    assert (selected(112)[:4], selected(112)[-1]) == ([1, 3, 4, 5], 111)


@given(st.integers(86, 3000))
def test_sampled_slices_grow_and_stay_inside(count: int) -> None:
    found = selected(count)
    assert len(found) == 85
    assert all(a < b for a, b in pairwise(found))
    assert found[0] > 0
    assert found[-1] == count - 1


@pytest.mark.parametrize(
    ("hu", "rgb"),
    [
        (-2000, [0, 0, 0]),
        (-1000, [3, 0, 0]),
        (-135, [111, 0, 0]),
        (0, [128, 98, 0]),
        (20, [130, 113, 64]),
        (40, [132, 128, 128]),
        (79, [137, 156, 252]),
        (214, [154, 254, 255]),
        (3000, [255, 255, 255]),
    ],
)
def test_three_windows_with_halves_to_even(hu: int, rgb: list[int]) -> None:
    assert coloured(np.array([hu], dtype=np.int16)).tolist() == [rgb]


def test_head_first_rows_to_the_back_columns_to_the_left() -> None:
    volume = ct()
    slices = Preparation().slices(volume)
    assert slices.shape == (4, 5, 6, 3)
    assert np.array_equal(slices[0], coloured(volume.voxels[:, :, 3].T))
    feet_first = Preparation(superior_first=False).slices(volume)
    assert np.array_equal(feet_first, slices[::-1])


@settings(max_examples=48, deadline=None)
@given(st.sampled_from(AXIS_CODES))
def test_storage_orientation_does_not_matter(codes: str) -> None:
    assert np.array_equal(Preparation()(ct().oriented(codes)), Preparation()(ct()))


def test_the_array_keeps_its_contract() -> None:
    made = Preparation(max_slices=3)
    array = made(ct())
    assert array.shape == (3, 3, 5, 6)
    made.contract().check(array)
    assert made.contract().axes == "IPL"
    assert any("no JPEG loss" in note for note in made.contract().notes)
    assert any("JPEG loss as in" in note for note in Preparation(jpeg=True).contract().notes)


def test_jpeg_is_a_switch_and_costs_colour() -> None:
    clean, lossy = Preparation().slices(ct((40, 40, 2))), Preparation(jpeg=True).slices(ct((40, 40, 2)))
    assert clean.shape == lossy.shape
    assert np.abs(clean.astype(int) - lossy).max() > 50
    assert np.array_equal(lossy[0], through_jpeg(clean[0]))


def test_bad_limit() -> None:
    with pytest.raises(InputError, match="max_slices must be a whole number from 1, got 0"):
        Preparation(max_slices=0)
