"""What models say they can see of a volume, held against what their preparation does with it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from medspatial.models import create_model
from medspatial.models.ct_chat.preparation import Preparation as CTChatPreparation
from medspatial.models.m3d_lamed.preparation import Preparation as M3DPreparation
from medspatial.models.med3dvlm.preparation import Preparation as Med3DVLMPreparation
from medspatial.models.medgemma.preparation import Preparation as MedGemmaPreparation
from medspatial.volume import AXIS_CODES, Affine, Volume

CODES = sorted(AXIS_CODES)
# Coarser than CT-CHAT's grid, so that every voxel between its samples leaves a trace.
AFFINE = Affine.from_axcodes("LPS", (1.3, 0.9, 2.0), origin=(30, -40, 100))
SHAPE = (13, 16, 15)


def marked(voxel: tuple[int, int, int], codes: str = "LPS") -> Volume:
    voxels = np.full(SHAPE, -1000, np.int16)
    voxels[voxel] = 1000
    return Volume(voxels, AFFINE, "HU").oriented(codes)


def world(*voxel: float) -> tuple[float, float, float]:
    x, y, z = AFFINE.apply(voxel)
    return float(x), float(y), float(z)


VOXELS = st.tuples(*[st.integers(0, n - 1) for n in SHAPE])


@given(voxel=VOXELS, codes=st.sampled_from(CODES), shape=st.tuples(*[st.integers(6, 26)] * 3))
@settings(max_examples=50, deadline=None)
def test_ct_chat_sees_what_its_crop_leaves(
    voxel: tuple[int, int, int], codes: str, shape: tuple[int, int, int]
) -> None:
    prepare, volume = CTChatPreparation(shape=shape), marked(voxel, codes)
    (seen,) = prepare.visible(volume, [world(*voxel)])
    left = bool((prepare(volume) > -1).any())
    if seen:
        assert left
    elif left:  # linear interpolation carries a voxel just outside to the samples just inside
        towards = (np.array(SHAPE) - 1) / 2 - voxel
        beside = np.array(voxel) + np.clip(towards, -1, 1)
        assert prepare.visible(volume, [world(*beside)]) == [True]


def test_ct_chat_field_of_view_is_360_mm_about_the_middle() -> None:
    voxels = np.broadcast_to(np.int16(0), (250, 250, 200))
    volume = Volume(voxels, Affine.from_axcodes("LPS", (2, 2, 2.5), origin=(0, 0, 0)), "HU")
    middle = volume.affine.apply((np.array(volume.shape) - 1) / 2)
    for axis in range(3):
        step = np.eye(3)[axis]
        points = [tuple(float(v) for v in middle + step * mm) for mm in (-181, -179, 0, 179, 181)]
        assert CTChatPreparation().visible(volume, points) == [False, True, True, True, False]  # type: ignore[arg-type]
    assert CTChatPreparation().visible(volume, []) == []


def test_ct_chat_pads_a_small_volume_and_sees_all_of_it_but_nothing_beside_it() -> None:
    corners = [world(-0.4, -0.4, -0.4), world(*(n - 0.6 for n in SHAPE)), world(-0.6, 0, 0)]
    assert CTChatPreparation().visible(marked((0, 0, 0)), corners) == [True, True, False]


@given(k=st.integers(0, SHAPE[2] - 1), codes=st.sampled_from(CODES), head_first=st.booleans())
@settings(max_examples=40, deadline=None)
def test_medgemma_sees_slices_that_it_is_shown(k: int, codes: str, head_first: bool) -> None:
    for most in (4, 85):
        prepare = MedGemmaPreparation(superior_first=head_first, max_slices=most)
        volume = marked((4, 5, k), codes)
        shown = bool((prepare.slices(volume) > 200).any())
        (seen,) = prepare.visible(volume, [world(4, 5, k)])
        assert seen or not shown
        assert seen == (most == 85 or not _left_out(k, head_first))


def _left_out(k: int, head_first: bool) -> bool:
    """Of 15 slices 4, 7, 10 and 14 are shown (halves to even), the first ones never; half a step is 2."""
    number = SHAPE[2] - 1 - k if head_first else k
    return number < 2


@pytest.mark.parametrize("build", ["m3d", "med3dvlm"])
def test_stretched_models_see_the_whole_volume(
    build: str, tiny_m3d: Path, med3dvlm_folder: Callable[..., Path], noise_volume: Volume
) -> None:
    model: Any = (
        create_model("m3d_lamed", path=tiny_m3d, device="cpu")
        if build == "m3d"
        else create_model("med3dvlm", path=med3dvlm_folder(), device="cpu")
    )
    low, high = (0, 0, 0), tuple(n - 1 for n in noise_volume.shape)
    outside = tuple(n + 1 for n in noise_volume.shape)
    points = [tuple(float(v) for v in noise_volume.affine.apply(place)) for place in (low, high, outside)]
    assert model.visible(noise_volume, points) == [True, True, False]


@pytest.mark.parametrize(
    ("preparation", "crops"),
    [
        (M3DPreparation(), False),
        (M3DPreparation(hu_window=None), True),
        (M3DPreparation("refseg"), True),
        (M3DPreparation("seg"), True),
        (Med3DVLMPreparation(), False),
        (Med3DVLMPreparation(hu_window=None), True),
        (Med3DVLMPreparation("app_raw_hu", hu_window=None), False),
    ],
)
def test_recipes_that_crop_by_values_do_not_say(preparation: Any, crops: bool, tiny_m3d: Path) -> None:
    assert preparation.crops == crops
    assert any("cropped" in note for note in preparation.contract().notes) == crops
    model = create_model("m3d_lamed", path=tiny_m3d, device="cpu")
    model.preparation = preparation
    seen = model.visible(marked((0, 0, 0)), [world(1, 1, 1)])
    assert seen is None if crops else seen == [True]
