"""Slices that do not continue each other, on phantoms of several sizes and on real CT."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from medspatial.cases import find_cases, load_case, make_phantom
from medspatial.volume import Volume
from medspatial.volume.continuity import continuity


@pytest.fixture(
    scope="module", params=[(1, 3.0, "torso"), (2, 6.0, "torso"), (4, 3.0, "slab"), (5, 4.0, "chest")]
)
def ct(request):
    seed, spacing, region = request.param
    return make_phantom(seed, spacing=spacing, region=region).ct


def taken(volume: Volume, order, axis: int = 2) -> Volume:
    return replace(volume, voxels=np.take(volume.voxels, order, axis=axis))


def all_of(found) -> tuple[str, ...]:
    return (*found.problems, *found.notes)


def test_a_patient_continues(ct):
    for codes in ("RAS", "LPS", "SRP", "PIL"):
        assert all_of(continuity(ct.oriented(codes))) == ()


def test_exchanged_halves_are_refused(ct):
    n = ct.shape[2]
    found = continuity(taken(ct, np.r_[n // 2 : n, 0 : n // 2]))
    assert len(found.problems) == 1
    assert f"slices {n - n // 2 - 1} and {n - n // 2} along head-foot" in found.problems[0]


@pytest.mark.parametrize("name", ["missing", "twice", "odd after even"])
def test_blocks_are_told(ct, name):
    n = ct.shape[2]
    if n < 60 and name != "odd after even":
        pytest.skip("a short scan: an eighth of it is a few slices, which the docstring says cannot be seen")
    orders = {
        "missing": np.r_[0 : n // 2 - n // 8, n // 2 + n // 8 : n],
        "twice": np.r_[0 : n // 2 + n // 8, n // 2 - n // 8 : n],
        "odd after even": np.r_[0:n:2, 1:n:2],
    }
    found = all_of(continuity(taken(ct, orders[name])))
    assert any("along head-foot" in one for one in found)


def test_the_axis_is_the_patients(ct):
    n = ct.shape[2]
    turned = taken(ct, np.r_[n // 2 : n, 0 : n // 2]).oriented("SRP")
    assert "along head-foot" in continuity(turned).problems[0]


def test_neighbours_exchanged_in_pairs_are_out_of_order(ct):
    n = ct.shape[2] // 2 * 2
    pairs = np.arange(n).reshape(-1, 2)[:, ::-1].ravel()
    found = continuity(taken(ct, pairs))
    assert any("out of order" in one for one in found.problems)


def test_noise_is_no_body(ct):
    voxels = np.random.default_rng(0).permutation(ct.voxels.ravel()).reshape(ct.shape)
    found = continuity(replace(ct, voxels=voxels))
    assert any("not a picture of a body" in one for one in found.problems)


def test_padding_slices_are_no_jump(ct):
    voxels = ct.voxels.copy()
    voxels[:, :, :3] = -1024
    voxels[:, :, -2:] = -1024
    assert all_of(continuity(replace(ct, voxels=voxels))) == ()


def test_few_slices_and_air_alone_say_nothing(ct):
    assert all_of(continuity(taken(ct, np.arange(8)))) == ()
    assert all_of(continuity(replace(ct, voxels=np.full(ct.shape, -1000, np.int16)))) == ()


def test_real_scans_continue(shared):
    folder = shared / "data" / "real_ct"
    seen = 0
    for case in find_cases(folder).cases:
        if case.image_path is None:
            continue
        data = load_case(case, folder, with_masks=False)
        assert data.ct is not None
        assert all_of(continuity(data.ct)) == (), case.case_id
        seen += 1
    assert seen == 4
