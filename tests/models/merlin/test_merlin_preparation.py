"""Merlin's input: storage, crop and padding, what can be seen."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from medspatial.errors import InputError
from medspatial.models.merlin.preparation import Preparation
from medspatial.models.merlin.text import ORGANS, asked, organ_prompt, sanitized, section
from medspatial.models.runtime.spacing import respaced
from medspatial.volume import AXIS_CODES, Affine, Volume


def volume_of(shape: tuple[int, int, int], spacing: tuple[float, float, float], seed: int = 0) -> Volume:
    voxels = np.random.default_rng(seed).integers(-1100, 1500, shape).astype(np.int16)
    return Volume(voxels, Affine(np.diag([*spacing, 1.0])), unit="HU")


@settings(max_examples=25, deadline=None)
@given(
    codes=st.sampled_from(sorted(AXIS_CODES)),
    seed=st.integers(0, 99),
    shape=st.tuples(*[st.integers(1, 12)] * 3),
    spacing=st.tuples(*[st.sampled_from([0.7, 1.5, 2.0, 5.0])] * 3),
)
def test_every_storage_of_a_patient_gives_the_same_bits(
    codes: str, seed: int, shape: tuple[int, int, int], spacing: tuple[float, float, float]
) -> None:
    volume = volume_of(shape, spacing, seed)
    prepare = Preparation((9, 8, 7))
    array = prepare(volume)
    assert array.shape == (1, 9, 8, 7)
    assert np.array_equal(array, prepare(volume.oriented(codes)))
    prepare.contract().check(array)


@settings(max_examples=25, deadline=None)
@given(
    codes=st.sampled_from(sorted(AXIS_CODES)),
    point=st.tuples(*[st.integers(0, n - 1) for n in (11, 9, 8)]),
    want=st.tuples(*[st.integers(1, 14)] * 3),
)
def test_visible_says_what_the_crop_keeps(
    codes: str, point: tuple[int, int, int], want: tuple[int, int, int]
) -> None:
    voxels = np.full((11, 9, 8), -1000, np.int16)
    voxels[point] = 1000
    volume = Volume(voxels, Affine(np.diag([1.5, 1.5, 3.0, 1.0])), unit="HU").oriented(codes)
    prepare = Preparation(want)
    world = np.array(point) * (1.5, 1.5, 3.0)
    array = prepare(volume)
    assert prepare.visible(volume, [world]) == [float(array.max() == 1.0)]
    if array.max() == 1.0:
        place = np.array(np.unravel_index(int(array[0].argmax()), want))
        assert np.allclose(prepare.grid(volume).apply(place), world)


def test_padding_is_air_after_scaling_and_even_on_both_sides() -> None:
    voxels = np.full((2, 3, 1), 500, np.int16)
    array = Preparation((4, 4, 2))(Volume(voxels, Affine(np.diag([1.5, 1.5, 3.0, 1.0])), unit="HU"))[0]
    assert array.max() == 0.75
    assert [tuple(np.unique(axis)) for axis in np.nonzero(array)] == [(1, 2), (0, 1, 2), (0,)]


def test_left_and_right_change_places_in_a_mirrored_patient() -> None:
    volume = volume_of((6, 4, 4), (1.5, 1.5, 3.0))
    prepare = Preparation((6, 4, 4))
    assert np.array_equal(prepare(volume.mirrored())[0], prepare(volume)[0, ::-1])


def test_respacing_keeps_the_first_voxel_and_goes_on_with_the_edge() -> None:
    volume = Volume(np.arange(5, dtype=np.int16)[:, None, None], Affine(np.eye(4)), unit="HU")
    fine = respaced(volume, (1.5, 1.0, 1.0))
    assert fine.voxels.ravel().tolist() == [0.0, 1.5, 3.0, 4.0]  # round(4 / 1.5) + 1 = 4; 4.5 is past the end
    assert fine.affine.origin == volume.affine.origin
    assert fine.spacing == (1.5, 1.0, 1.0)


def test_the_field_of_view_is_in_the_contract() -> None:
    contract = Preparation().contract()
    assert (contract.axes, contract.shape, contract.spacing) == ("RAS", (224, 224, 160), (1.5, 1.5, 3.0))
    assert "336 x 336 x 480 mm" in contract.notes[0]
    assert Preparation().visible(volume_of((3, 3, 3), (1.0, 1.0, 1.0)), []) == []


@pytest.mark.parametrize("shape", [(1, 2), (0, 2, 2)])
def test_bad_shapes(shape: tuple[int, ...]) -> None:
    with pytest.raises(InputError, match="shape must be 3 whole numbers from 1, got"):
        Preparation(shape)  # type: ignore[arg-type]


def test_words() -> None:
    assert sanitized("No free-fluid; L4/L5.") == "no free - fluid ; l4 / l5 ."
    assert len(ORGANS) == len(set(ORGANS)) == 13
    assert organ_prompt("liver") == "Generate a radiology report for liver###\n"
    assert section(" Normal.\n### and more ###") == "Normal."
    assert asked("Why?") == "Why?###\n"
