"""Which slices are shown: evenly, around a point, and the same ones for all 48 storage orientations."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from medspatial.errors import InputError
from medspatial.inputs import PictureSettings, chosen_slices, render
from medspatial.inputs.slices import spread
from medspatial.volume import AXIS_CODES, Affine, Volume


def ct() -> Volume:
    voxels = np.random.default_rng(1).integers(-1000, 1000, (11, 9, 14), dtype=np.int16)
    matrix = np.diag([2.5, 1.7, 3.3, 1.0])
    matrix[:3, 3] = [-20.3, 11.9, -250.05]
    return Volume(voxels, Affine(matrix), "HU")


@given(st.integers(1, 400), st.integers(1, 90))
def test_spread_is_even_and_inside(total: int, count: int) -> None:
    found = spread(total, count)
    assert len(found) == min(total, count)
    assert 0 <= found[0] <= found[-1] < total
    steps = np.diff(found)
    assert len(steps) == 0 or (steps.min() >= 1 and steps.max() - steps.min() <= 1)
    margins = found[0], total - 1 - found[-1]
    assert abs(margins[0] - margins[1]) <= 1


@settings(max_examples=48, deadline=None)
@given(
    st.sampled_from(AXIS_CODES),
    st.sampled_from(["axial", "coronal", "sagittal", "all"]),
    st.sampled_from([None, (-10.0, 20.0, -230.0), (-9.05, 19.55, -231.9)]),
)
def test_pictures_are_the_same_for_every_storage(
    codes: str, planes: str, around: tuple[float, float, float] | None
) -> None:
    """A point half way between two slices is among them: ties must not depend on the storage."""
    options = {"planes": planes, "count": 3, "size": 32, "around": around, "letters": True, "scale_bar": True}
    chosen = PictureSettings.model_validate({**options, "position": True})
    plain, stored = render(ct(), chosen), render(ct().oriented(codes), chosen)
    assert stored.captions == plain.captions
    assert all(np.array_equal(a, b) for a, b in zip(stored.images, plain.images, strict=True))
    assert stored.history[-1] == plain.history[-1]


def test_axial_slices_run_from_head_to_feet_unless_told() -> None:
    head_first = chosen_slices(ct(), PictureSettings(count=4))
    assert [f.position_mm for f in head_first] == sorted((f.position_mm for f in head_first), reverse=True)
    feet_first = chosen_slices(ct(), PictureSettings(count=4, superior_first=False))
    assert [f.index for f in feet_first] == [f.index for f in reversed(head_first)]


def test_around_a_point() -> None:
    point = (-10.3, 20.4, -220.35)  # axial slice 9 of 14
    frames = chosen_slices(ct(), PictureSettings(count=3, around=point, step_mm=7.0, superior_first=False))
    assert [frame.index for frame in frames] == [7, 9, 11]
    assert abs(frames[1].position_mm - point[2]) <= 3.3 / 2 + 0.05


def test_slices_outside_the_volume_are_left_out() -> None:
    frames = chosen_slices(ct(), PictureSettings(count=5, around=(0.0, 15.0, -250.0), superior_first=False))
    assert [frame.index for frame in frames] == [0, 1, 2]


def test_a_point_outside_is_refused() -> None:
    with pytest.raises(InputError, match=r"around \(0.0, 15.0, 300.0\) mm: lies outside .* 14 axial slices"):
        chosen_slices(ct(), PictureSettings(around=(0.0, 15.0, 300.0)))


def test_all_planes_in_order_and_on_one_scale() -> None:
    frames = chosen_slices(ct(), PictureSettings(planes="all", count=2))
    assert [frame.plane for frame in frames] == ["axial"] * 2 + ["coronal"] * 2 + ["sagittal"] * 2
    assert len({frame.millimetres for frame in frames}) == 1
