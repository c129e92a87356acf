"""From CT to input: layout, window, depth; the original's min-max stays selectable."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from medspatial.errors import InputError
from medspatial.models.radfm.preparation import Preparation, nearest_depth, thinned
from medspatial.volume import AXIS_CODES, Affine, Volume


def ct(axcodes: str = "LPS", depth: int = 9) -> Volume:
    voxels = np.random.default_rng(1).integers(-1500, 1500, (11, 13, depth)).astype(np.int16)
    affine = Affine.from_axcodes("LPS", (1.6, 1.1, 2.4), origin=(5, 6, 7))
    return Volume(voxels, affine, "HU").oriented(axcodes)


@settings(max_examples=20, deadline=None)
@given(st.sampled_from(sorted(AXIS_CODES)), st.sampled_from([None, (-160.0, 240.0)]))
def test_display_layout_is_identical_for_every_storage(
    axcodes: str, window: tuple[float, float] | None
) -> None:
    prepare = Preparation(hu_window=window, size=16)
    assert np.array_equal(prepare(ct(axcodes)), prepare(ct()))


def test_rows_to_posterior_columns_to_the_left_slices_up() -> None:
    voxels = np.full((16, 16, 8), -1000, np.int16)
    voxels[12:, 2:6, 6:] = 1000  # left, anterior, up
    volume = Volume(voxels, Affine.from_axcodes("LPS", (1, 1, 1), origin=(0, 0, 0)), "HU")
    made = Preparation(size=16)(volume.oriented("RAS"))
    rows, columns, slices = np.nonzero(made[0] == 1)
    assert (rows.min(), rows.max(), columns.min(), slices.min()) == (2, 5, 12, 6)
    assert Preparation().contract().axes == "PLS"


def test_as_the_original_takes_z_for_rows() -> None:
    volume = ct()
    made = Preparation("stored", None, size=16)(volume)
    assert made.shape == (3, 16, 16, 12)
    high = np.clip(volume.voxels, None, None).max()
    plane = volume.voxels[thinned(11, 12)[3]]  # (y, z) of one x
    assert made[0, :, :, 3].max() <= (plane.max() + 1500) / (float(high) + 1500) + 1e-2
    assert not np.allclose(made, Preparation("stored", None, size=16)(ct("RAS")))


def test_the_window_is_ours_and_stated() -> None:
    prepare = Preparation(size=16)
    assert prepare.contract().hu_window == (-1000.0, 1000.0)
    assert any("project's choice" in note for note in prepare.contract().notes)
    volume = dataclasses.replace(ct(), voxels=np.full((16, 16, 4), 0, np.int16))
    assert np.allclose(prepare(volume), 0.5)


def test_min_max_of_the_original_is_selectable() -> None:
    prepare = Preparation(hu_window=None, size=16)
    assert prepare.contract().hu_window is None
    assert "minimum and maximum" in prepare.contract().normalisation
    voxels = np.zeros((16, 16, 4), np.int16)
    voxels[0, 0, 0], voxels[1, 1, 1] = -1207, 3382
    volume = dataclasses.replace(ct(), voxels=voxels)
    assert prepare(volume)[0, 5, 5, 0] == pytest.approx(1207 / 4589)


def test_scaling_comes_before_thinning() -> None:
    """So that the largest value of what is left may be below one."""
    voxels = np.zeros((16, 16, 65), np.int16)
    voxels[:, :, 0] = -1000
    voxels[:, :, 64] = 1000  # thinned away
    volume = dataclasses.replace(ct(), voxels=voxels)
    made = Preparation(hu_window=None, size=16)(volume)
    assert made.shape[-1] == 64
    assert made.max() == pytest.approx(0.5)


def test_a_constant_volume_is_zero_not_noise() -> None:
    volume = dataclasses.replace(ct(), voxels=np.full((16, 16, 4), 7, np.int16))
    assert float(np.abs(Preparation(hu_window=None, size=16)(volume)).max()) == 0


def test_depths() -> None:
    assert [nearest_depth(d) for d in (1, 4, 5, 6, 7, 62, 63, 64, 700)] == [4, 4, 4, 4, 8, 60, 64, 64, 64]
    assert thinned(112, 64).tolist()[:4] == [0, 1, 3, 5]
    assert thinned(2, 4).tolist() == [0, 0, 1, 1]


def test_several_series_share_depth_and_extremes() -> None:
    low, high = ct(depth=4), ct(depth=12)
    high = dataclasses.replace(high, voxels=high.voxels // 2)
    made = Preparation(hu_window=None, size=16).stacked([low, high])
    assert made.shape == (2, 1, 16, 16, 12)
    assert made[0].max() > made[1].max()
    with pytest.raises(InputError, match="at least one volume"):
        Preparation().stacked([])


def test_the_contract_holds() -> None:
    prepare = Preparation(size=32)
    made = prepare(ct())
    assert made.shape == (3, 32, 32, 8)
    assert np.array_equal(made[0], made[2])
    prepare.contract().check(made)
    assert prepare.describe()["size"] == 32


def test_refused() -> None:
    with pytest.raises(InputError, match="a HU window needs HU, the unit is 'unknown'"):
        Preparation(size=16)(dataclasses.replace(ct(), unit="unknown"))
    with pytest.raises(InputError, match=r"hu_window must be two numbers .* low < high"):
        Preparation(hu_window=(3, 3))
    with pytest.raises(InputError, match="orientation must be"):
        Preparation("lps")  # type: ignore[arg-type]
    with pytest.raises(InputError, match="size must be a whole number from 1, got 0"):
        Preparation(size=0)
