"""The input of M3D-LaMed: one orientation whatever the storage, contract kept, recipes by name."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from medspatial.errors import InputError
from medspatial.models.m3d_lamed.preparation import Preparation
from medspatial.models.runtime.stretch import cropped_to_positive, scaled, stretched
from medspatial.volume import AXIS_CODES, Affine, Volume

SHAPE = (4, 8, 6)


def ct(seed: int, shape: tuple[int, int, int]) -> Volume:
    voxels = np.random.default_rng(seed).integers(-1100, 2500, shape).astype(np.int16)
    return Volume(voxels, Affine(np.diag([1.5, 2.0, 3.0, 1.0])), unit="HU")


@pytest.mark.parametrize("recipe", ["minmax", "refseg", "seg"])
@settings(max_examples=12, deadline=None)
@given(
    codes=st.sampled_from(sorted(AXIS_CODES)),
    seed=st.integers(0, 99),
    shape=st.tuples(*[st.integers(3, 9)] * 3),
    window=st.sampled_from([None, (-1000.0, 1000.0), (-150, 250)]),
)
def test_every_storage_of_a_patient_gives_the_same_bits(
    recipe: Any, codes: str, seed: int, shape: tuple[int, int, int], window: Any
) -> None:
    prepare = Preparation(recipe, "canonical", window, SHAPE)
    volume = ct(seed, shape)
    array = prepare(volume)
    assert np.array_equal(array, prepare(volume.oriented(codes)))
    prepare.contract().check(array)


def test_as_the_original_left_and_right_are_those_of_the_file(noise_volume: Volume) -> None:
    stored = Preparation(orientation="stored", hu_window=None, shape=SHAPE)
    turned = noise_volume.oriented("LPS")
    plain, other = stored(noise_volume), stored(turned)
    assert np.abs(plain - other).max() > 0.1
    assert np.allclose(plain, other[:, :, ::-1, ::-1], atol=1e-6)  # RAS and LPS: turned about the body axis
    assert "left and right are not defined" in " ".join(stored.contract().notes)


@pytest.mark.parametrize("recipe", ["minmax", "refseg"])
def test_the_declared_axes_are_the_real_ones(recipe: Any) -> None:
    """A bright face at one end of a patient axis lands at the end that the contract declares."""
    prepare = Preparation(recipe, shape=(8, 8, 8), hu_window=None)
    ends = {"R": (0, 7), "L": (0, 0), "A": (1, 7), "P": (1, 0), "S": (2, 7), "I": (2, 0)}  # stored as RAS
    opposite = dict(zip("RLAPSI", "LRPAIS", strict=True))
    axes = prepare.contract().axes
    for letter, (axis, place) in ends.items():
        voxels = np.random.default_rng(0).integers(0, 100, (8, 8, 8)).astype(np.int16)
        voxels[(slice(None),) * axis + (place,)] = 500
        array = prepare(Volume(voxels, Affine(np.eye(4)), unit="HU"))[0]
        own = next(k for k in range(3) if axes[k] in (letter, opposite[letter]))
        profile = array.mean(axis=tuple(k for k in range(3) if k != own))
        assert profile.argmax() == (7 if axes[own] == letter else 0)


def test_the_window_takes_the_place_of_the_extremes() -> None:
    voxels = np.full((4, 4, 4), 0, np.int16)
    voxels[0, 0, 0], voxels[3, 3, 3] = -3000, 3000
    volume = Volume(voxels, Affine(np.eye(4)), unit="HU")
    windowed = Preparation(shape=(4, 4, 4))(volume)
    assert windowed.max() == 1
    assert windowed[0, 1, 1, 1] == pytest.approx(0.5)
    assert Preparation(shape=(4, 4, 4), hu_window=None)(volume)[0, 1, 1, 1] == pytest.approx(0.5)
    voxels[3, 3, 3] = 0
    assert Preparation(shape=(4, 4, 4), hu_window=None)(volume)[0, 1, 1, 1] == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"recipe": "best"}, "recipe must be one of minmax"),
        ({"orientation": "RAS"}, "must be canonical or stored"),
    ],
)
def test_unknown_choices(options: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        Preparation(**options)


def test_crop_scale_and_stretch() -> None:
    array = np.zeros((4, 5, 6), np.float32)
    assert cropped_to_positive(array).shape == (4, 5, 6)
    array[1:3, 2, 3:6] = 1
    assert cropped_to_positive(array).shape == (2, 1, 3)
    assert scaled(np.array([5.0, 5.0]), 5, 5).tolist() == [0, 0]
    ramp = np.arange(4, dtype=np.float32)[:, None, None] * np.ones((1, 2, 2), np.float32)
    assert stretched(ramp, (2, 2, 2))[0, :, 0, 0].tolist() == [0.5, 2.5]  # ends are not aligned
