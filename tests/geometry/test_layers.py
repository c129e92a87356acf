from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from medspatial.errors import InputError
from medspatial.geometry.layers import runs_of_labels


@given(st.integers(0, 10**6), st.sampled_from(["C", "F"]))
@settings(max_examples=40, deadline=None)
def test_every_label_comes_back_voxel_for_voxel(seed: int, order: str) -> None:
    rng = np.random.default_rng(seed)
    volume = np.array(rng.integers(0, 5, rng.integers(1, 8, 3)), dtype=np.uint8, order=order)
    volume = volume[:: rng.choice([1, -1])]
    found = runs_of_labels(volume)
    assert sorted(found) == [v for v in np.unique(volume).tolist() if v]
    for value, runs in found.items():
        assert np.array_equal(runs.mask(), volume == value)


@pytest.mark.parametrize("dtype", [np.uint16, np.int32, np.int64])
def test_large_labels_are_read(dtype: type) -> None:
    volume = np.zeros((3, 3, 3), dtype=dtype)
    volume[1] = 300
    assert runs_of_labels(volume)[300].voxels == 9


def test_a_mask_is_label_one() -> None:
    assert runs_of_labels(np.ones((2, 2, 2), dtype=bool))[1].voxels == 8


def test_a_volume_with_more_runs_than_the_first_buffer_is_read_whole() -> None:
    volume = np.zeros((1100, 64, 40), dtype=np.uint8, order="F")
    volume[::2] = 1
    assert runs_of_labels(volume)[1].row.size == 550 * 64 * 40 > 1 << 20


def test_an_empty_volume_has_no_labels() -> None:
    assert runs_of_labels(np.zeros((2, 2, 2), dtype=np.uint8)) == {}


@pytest.mark.parametrize("value", [-1, 70_000])
def test_labels_out_of_range_are_refused(value: int) -> None:
    with pytest.raises(InputError, match=r"0\.\.65535"):
        runs_of_labels(np.full((2, 2, 2), value, dtype=np.int32))


def test_a_flat_image_is_refused() -> None:
    with pytest.raises(InputError, match="3 dimensions"):
        runs_of_labels(np.zeros((2, 2), dtype=np.uint8))
