"""From CT to input: the original's arithmetic, in an orientation of our own."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn import functional

from medspatial.errors import InputError
from medspatial.models.ct_chat.preparation import Preparation, centred, decimal_spacing, linear_taps
from medspatial.volume import AXIS_CODES, Affine, Volume

SHAPE = (14, 20, 24)


def ct(axcodes: str = "LPS", spacing: tuple[float, float, float] = (1.6, 1.1, 2.4)) -> Volume:
    """Noise, so that every axis and side differs; HU beyond the window on both ends."""
    voxels = np.random.default_rng(1).integers(-1500, 1500, (11, 13, 9)).astype(np.int16)
    return Volume(voxels, Affine.from_axcodes("LPS", spacing, origin=(5, 6, 7)), "HU").oriented(axcodes)


def as_the_original(volume: Volume, shape: tuple[int, int, int]) -> np.ndarray:
    """The published steps by torch in float64, without the crop or pad."""
    array = np.clip(volume.voxels.astype(np.float64), -1000, 1000).transpose(2, 0, 1)
    x, _, z = volume.spacing
    now, to = (z, x, x), (1.5, 0.75, 0.75)
    size = [int(n * (a / b)) for n, a, b in zip(array.shape, now, to, strict=True)]
    tensor = torch.tensor(np.ascontiguousarray(array))[None, None]
    sized = functional.interpolate(tensor, size=size, mode="trilinear", align_corners=False)[0, 0] / 1000
    out = np.full(shape, -1.0)
    taken, place = zip(*(centred(n, length) for n, length in zip(size, shape, strict=True)), strict=True)
    out[place] = sized.numpy()[taken]
    return out


@pytest.mark.parametrize("shape", [SHAPE, (10, 30, 12), (20, 16, 40)])
def test_the_same_as_the_original(shape: tuple[int, int, int]) -> None:
    made = Preparation("stored", shape)(ct())
    assert made.dtype == np.float32
    assert np.abs(made[0] - as_the_original(ct(), shape)).max() < 1e-6


@settings(max_examples=20, deadline=None)
@given(st.sampled_from(sorted(AXIS_CODES)))
def test_lps_first_is_identical_for_every_storage(axcodes: str) -> None:
    prepare = Preparation(shape=SHAPE)
    assert np.array_equal(prepare(ct(axcodes)), prepare(ct()))


def test_as_the_original_storage_mirrors_the_patient() -> None:
    prepare = Preparation("stored", (14, 23, 19))  # the resampled size: crop and pad are not symmetric
    ras = prepare(ct("RAS"))
    assert np.allclose(ras[:, :, ::-1, ::-1], prepare(ct("LPS")), atol=1e-5)
    assert not np.allclose(ras, prepare(ct("LPS")))


def test_each_slice_is_transposed_against_the_usual_display() -> None:
    voxels = np.full((24, 20, 14), -1000, np.int16)
    voxels[20:] = 500  # towards the patient's left
    volume = Volume(voxels, Affine.from_axcodes("LPS", (0.75, 0.75, 1.5), origin=(0, 0, 0)), "HU")
    made = Preparation(shape=(14, 24, 20))(volume)[0]
    assert made[:, 20:].min() == pytest.approx(0.5)
    assert made[:, :20].max() == pytest.approx(-1.0)
    assert Preparation().contract().axes == "SLP"


def test_clipping_comes_before_resampling() -> None:
    voxels = np.zeros((4, 4, 4), np.int16)
    voxels[2] = 3000
    volume = Volume(voxels, Affine.from_axcodes("LPS", (1.5, 0.75, 1.5), origin=(0, 0, 0)), "HU")
    made = Preparation(shape=(4, 8, 4))(volume)[0, 0, :, 0]
    assert made.tolist() == pytest.approx([0, 0, 0, 0.25, 0.75, 0.75, 0.25, 0])


def test_sizes_are_truncated_in_the_original_order() -> None:
    assert (int(30 * (0.7 / 0.75)), int(30 * 0.7 / 0.75)) == (27, 28)
    volume = Volume(
        np.zeros((30, 3, 3), np.int16), Affine.from_axcodes("LPS", (0.7, 0.75, 1.5), (0, 0, 0)), "HU"
    )
    made = Preparation(shape=(3, 30, 3))(volume)[0, 0, :, 0]
    assert int((made == 0).sum()) == 27


def test_spacing_out_of_a_float32_header_is_the_decimal() -> None:
    assert decimal_spacing(float(np.float32(0.7))) == 0.7
    assert decimal_spacing(float(np.float32(0.8))) == 0.8
    assert decimal_spacing(0.341796875) == 0.341796875


def test_y_spacing_is_its_own_unless_as_the_original() -> None:
    volume = ct(spacing=(0.75, 1.5, 1.5))
    shape = (9, 11, 26)
    assert np.count_nonzero(np.any(Preparation(shape=shape)(volume)[0] != -1, axis=(0, 1))) == 26
    assert np.count_nonzero(np.any(Preparation("stored", shape)(volume)[0] != -1, axis=(0, 1))) == 13


@given(st.integers(1, 50), st.integers(1, 50))
def test_crop_and_pad_are_centred_by_floor(count: int, length: int) -> None:
    taken, place = centred(count, length)
    assert taken.stop - taken.start == place.stop - place.start == min(count, length)
    assert taken.start == max(0, count - length) // 2
    assert place.start == max(0, length - count) // 2


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 20), st.integers(1, 20))
def test_taps_are_those_of_torch(size: int, count: int) -> None:
    values = np.random.default_rng(size).normal(size=size)
    low, high, weight = linear_taps(size, count, slice(0, count))
    made = values[low] * (1 - weight) + values[high] * weight
    wanted = functional.interpolate(
        torch.tensor(values)[None, None], size=count, mode="linear", align_corners=False
    )
    assert np.allclose(made, wanted[0, 0].numpy(), atol=1e-6)


def test_padding_is_air_and_the_contract_holds() -> None:
    prepare = Preparation(shape=(40, 40, 40))
    made = prepare(ct())
    assert made[0, 0, 0, 0] == -1
    prepare.contract().check(made)
    assert prepare.describe() == {"orientation": "canonical", "shape": [40, 40, 40]}


def test_refused() -> None:
    with pytest.raises(InputError, match="needs HU, the unit is 'unknown'"):
        Preparation(shape=SHAPE)(dataclasses.replace(ct(), unit="unknown"))
    with pytest.raises(InputError, match="orientation must be canonical or stored"):
        Preparation("lps")  # type: ignore[arg-type]
    flat = Volume(np.zeros((4, 4, 1), np.int16), Affine.from_axcodes("LPS", (1, 1, 1), (0, 0, 0)), "HU")
    with pytest.raises(InputError, match="nothing is left"):
        Preparation(shape=SHAPE)(flat)
