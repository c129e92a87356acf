"""Points that a model is shown: inside the volume, and near a slice; the same for every storage."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from medspatial.inputs import PictureSettings, inside, near_slices, on_pictures
from medspatial.volume import AXIS_CODES, Affine, Volume

SPACING, SHAPE = (2.0, 3.0, 5.0), (10, 8, 30)
CODES = sorted(AXIS_CODES)


def ct(codes: str = "RAS", shape: tuple[int, int, int] = SHAPE) -> Volume:
    affine = Affine.from_axcodes("RAS", SPACING, origin=(-10, 20, -300))
    return Volume(np.zeros(shape, np.int16), affine, "HU").oriented(codes)


def at(i: float, j: float, k: float) -> tuple[float, float, float]:
    """World position of a voxel of the volume stored as RAS."""
    x, y, z = ct().affine.apply([i, j, k])
    return float(x), float(y), float(z)


@pytest.mark.parametrize("codes", CODES[::7])
def test_a_volume_ends_half_a_voxel_beyond_its_outer_centres(codes: str) -> None:
    points = [at(0, 0, 0), at(-0.49, 7.49, 29.49), at(-0.51, 0, 0), at(0, 7.51, 0), at(0, 0, 29.51)]
    assert inside(ct(codes), points) == [True, True, False, False, False]
    assert inside(ct(codes), []) == []


def test_a_point_belongs_to_slices_as_near_as_half_their_step() -> None:
    points = [at(5, 4, k) for k in (5, 6.9, 7.1, 10, 17, 18.9, 19.1)]
    assert near_slices(ct(), {"axial": [9, 13, 17]}, points) == [False, False, True, True, True, True, False]


def test_a_single_slice_reaches_as_far_as_a_voxel_is_long() -> None:
    points = [at(5, 4, k) for k in (8.9, 9.1, 10, 11.1)]
    assert near_slices(ct(), {"axial": [10]}, points) == [False, True, True, False]
    sagittal = [at(i, 4, 4) for i in (2, 2.6, 7.4, 8)]  # 5 mm are two and a half voxels of x
    centre = PictureSettings(planes="sagittal", count=1, around=at(5, 4, 4))
    assert on_pictures(ct(), centre, sagittal) == [False, True, True, False]


def test_any_of_the_planes_will_do_but_nothing_outside_the_volume() -> None:
    shown = {"axial": [10], "coronal": [7]}  # coronal slices run from front to back
    assert near_slices(ct(), shown, [at(5, 4, 10), at(5, 0, 25), at(5, 7, 25)]) == [True, True, False]  # type: ignore[arg-type]
    assert near_slices(ct(), {"axial": [10]}, [at(5, 8, 10), at(-1, 4, 10)]) == [False, False]


@pytest.mark.parametrize("planes", ["axial", "coronal", "sagittal", "all"])
@given(count=st.integers(2, 40), size=st.integers(2, 40), place=st.floats(0, 1))
@settings(max_examples=50, deadline=None)
def test_evenly_spread_slices_stand_for_the_whole_volume(
    planes: str, count: int, size: int, place: float
) -> None:
    volume = ct(shape=(size, size, size))
    middle = place * (size - 1)
    point = tuple(float(v) for v in volume.affine.apply([middle, middle, middle]))
    chosen = PictureSettings.model_validate({"planes": planes, "count": count})
    assert on_pictures(volume, chosen, [point]) == [True]  # type: ignore[list-item]


@given(
    codes=st.sampled_from(CODES),
    places=st.lists(st.tuples(st.floats(-2, 11), st.floats(-2, 9), st.floats(-2, 31)), max_size=8),
    planes=st.sampled_from(["axial", "coronal", "sagittal", "all"]),
    count=st.integers(1, 5),
)
@settings(max_examples=50, deadline=None)
def test_storage_does_not_matter(
    codes: str, places: list[tuple[float, float, float]], planes: str, count: int
) -> None:
    points = [at(*(round(value, 2) for value in place)) for place in places]
    around = PictureSettings.model_validate(
        {"planes": planes, "count": count, "around": at(4, 3, 12), "step_mm": 7.0}
    )
    assert on_pictures(ct(codes), around, points) == on_pictures(ct(), around, points)
