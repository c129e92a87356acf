"""The representation ``volume``: declared axes, spacing, shape and values, from every storage."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from medspatial.inputs import VoxelSettings, preview, voxels
from medspatial.volume import AXIS_CODES, Affine, Volume


def ct() -> Volume:
    array = np.random.default_rng(4).integers(-1200, 1200, (9, 8, 7), dtype=np.int16)
    return Volume(array, Affine(np.diag([2.0, 2.0, 4.0, 1.0])), "HU")


@settings(max_examples=48, deadline=None)
@given(st.sampled_from(AXIS_CODES))
def test_storage_does_not_matter(codes: str) -> None:
    chosen = VoxelSettings(spacing=(4, 3, 3), shape=(6, 10, 10))
    plain, _ = voxels(ct(), chosen)
    stored, made = voxels(ct().oriented(codes), chosen)
    assert np.abs(plain - stored).max() < 1e-5
    assert made.axcodes == "SPL"
    chosen.contract().check(stored)


def test_as_stored_but_turned() -> None:
    array, made = voxels(ct(), VoxelSettings(hu_window=(-1000, 1000), value_range=(-1, 1)))
    wanted = np.clip(ct().oriented("SPL").voxels / 1000, -1, 1)
    assert np.allclose(array, wanted, atol=1e-6)
    assert [step.name for step in made.history] == ["oriented", "windowed"]


def test_sections_to_look_at() -> None:
    pictures = preview(ct(), {"representation": "volume"})
    assert [image.shape for image, _ in pictures] == [(8, 9, 3), (7, 9, 3), (7, 8, 3)]
    assert pictures[0][1] == "first axis (S) at 3 of 7; rows grow to P, columns to L"


def test_padding_is_air() -> None:
    array, _ = voxels(ct(), VoxelSettings(shape=(11, 8, 9)))
    assert array[0].max() == pytest.approx(0.0)
