"""Slices that stand twice in a stack, in thin slabs as in long scans."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from medspatial.cases import make_phantom
from medspatial.volume import read_volume
from medspatial.volume.repeated import repeated_slices


@pytest.fixture(scope="module", params=[(1, 6.0, "torso"), (4, 4.0, "slab"), (5, 9.0, "chest")])
def ct(request):
    seed, spacing, region = request.param
    return make_phantom(seed, spacing=spacing, region=region).ct


def taken(volume, order):
    return replace(volume, voxels=np.take(volume.voxels, order, axis=2))


@pytest.mark.parametrize("codes", ["RAS", "SPL", "ILA"])
def test_no_slice_of_a_patient_stands_twice(ct, codes):
    assert repeated_slices(ct.oriented(codes)) == repeated_slices(ct)
    assert (repeated_slices(ct).problems, repeated_slices(ct).notes) == ((), ())


def test_a_block_that_stands_twice_is_refused_with_its_place(ct):
    n = ct.shape[2]
    (problem,) = repeated_slices(taken(ct, np.r_[0 : n // 2 + 2, n // 2 - 2 : n])).problems
    assert f"slice {n // 2 + 2} is equal to slice {n // 2 - 2} in every voxel (4 such slices)" in problem


def test_a_neighbour_that_is_equal_is_told(ct):
    n = ct.shape[2]
    found = repeated_slices(taken(ct, np.r_[0 : n // 2, n // 2 - 1 : n]))
    assert found.problems == ()
    assert f"1 of {n + 1} slices are equal to the one before, the first is {n // 2}" in found.notes[0]


@pytest.mark.parametrize("times", [2, 3])
def test_a_volume_enlarged_by_repeating_voxels_is_told(ct, times):
    found = repeated_slices(taken(ct, np.repeat(np.arange(ct.shape[2]), times)))
    assert found.problems == ()
    assert "enlarged by repeating voxels" in found.notes[0]


def test_padding_and_drawn_scenes_may_repeat(ct):
    voxels = ct.voxels.copy()
    voxels[:, :, [0, 1, -1]] = -1024
    drawn = np.where(ct.voxels > -500, 40, -1000).astype(np.int16)
    drawn[:, :, 7] = drawn[:, :, 3]
    for scene in (voxels, drawn):
        assert repeated_slices(replace(ct, voxels=scene)).problems == ()


def test_real_scans_repeat_nothing(shared):
    for path in sorted((shared / "data/real_ct").glob("*/ct.nii.gz")):
        found = repeated_slices(read_volume(path, unit="HU"))
        assert (found.problems, found.notes) == ((), ()), path
