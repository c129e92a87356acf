"""Organs that end flat inside the scan, and sides of a scan that hold one value."""

from __future__ import annotations

import numpy as np
import pytest

from medspatial.cases.examination.ends import LEAST_SECTIONS, ORGANS, check_ends
from medspatial.cases.examination.samples import sampled_masks
from medspatial.cases.examination.surround import surround_note
from medspatial.volume import Affine, MaskSet, Volume

FEET, HEAD = "feet", "head"


def organ(areas, *, name="spleen", slices=4.0, start=3, top=3):
    """An organ of so many voxels of 4 mm in each section from feet to head, in a grid that goes on beyond."""
    layer = np.zeros((12, 12, start + len(areas) + top), np.uint8)
    for place, area in enumerate(areas):
        layer[..., start + place].flat[:area] = 1
        layer[..., start + place] = np.roll(layer[..., start + place], (1, 1), (0, 1))
    return MaskSet([layer], [{1: name}], Affine(np.diag([4.0, 4.0, slices, 1.0])))


def ends(masks):
    return check_ends(sampled_masks(masks), masks)


TAPERS = (20, 60, 90, 100, 90, 60, 20)


def test_an_organ_that_tapers():
    assert ends(organ(TAPERS)) == {}


@pytest.mark.parametrize(("last", "flat"), [(64, False), (65, True), (100, True)])
@pytest.mark.parametrize("end", [FEET, HEAD])
def test_the_last_section_relative_to_the_largest(last, flat, end):
    areas = (*TAPERS[:6], last) if end == HEAD else (last, *TAPERS[1:])
    found = ends(organ(areas))
    said = f"spleen ends flat towards the {end} inside the scan (its last section has {last}% of its largest)"
    assert found == ({"spleen": f"{said}: labelled in part only"} if flat else {})


@pytest.mark.parametrize("codes", ["RAS", "LPS", "IPL", "SRA", "ASL", "PIR"])
@pytest.mark.parametrize("end", [FEET, HEAD])
def test_head_and_feet_are_those_of_the_patient_in_any_storage(codes, end):
    areas = (*TAPERS[:6], 80) if end == HEAD else (80, *TAPERS[1:])
    (text,) = ends(organ(areas).oriented(codes)).values()
    assert f"towards the {end} " in text


@pytest.mark.parametrize(("sections", "looked_at"), [(LEAST_SECTIONS - 1, False), (LEAST_SECTIONS, True)])
def test_few_sections_say_nothing(sections, looked_at):
    areas = (20, *[100] * (sections - 1))
    assert bool(ends(organ(areas))) is looked_at


@pytest.mark.parametrize(("area", "looked_at"), [(11, False), (12, True)])
def test_few_samples_say_nothing(area, looked_at):
    assert bool(ends(organ((2, *[area] * 6, area)))) is looked_at  # 79 and 86


@pytest.mark.parametrize(("slices", "looked_at"), [(7.0, True), (7.1, False)])
def test_thick_slices_say_nothing(slices, looked_at):
    assert bool(ends(organ((20, *[100] * 6), slices=slices))) is looked_at


@pytest.mark.parametrize(("start", "top"), [(0, 3), (3, 0)])
def test_where_the_scan_ends_an_organ_may_end_flat(start, top):
    assert ends(organ([100] * 7, start=start, top=top)) == {}
    assert len(ends(organ([100] * 7))) == 1


def test_solid_organs_alone_are_looked_at():
    for name in ORGANS:
        assert list(ends(organ([100] * 7, name=name))) == [name]
    for name in ("aorta", "vertebrae_L1", "stomach", "kidney_tumor"):
        assert ends(organ([100] * 7, name=name)) == {}


def scan(sides, value, *, share=1.0, shape=(20, 20, 20)):
    """Noise of air whose sides (axis, end) hold one value in a share of their voxels."""
    draw = np.random.default_rng(1)
    voxels = draw.integers(-1020, -980, shape).astype(np.int16)
    for axis, end in sides:
        side = np.moveaxis(voxels, axis, 0)[end]
        side.flat[: round(share * side.size)] = value
    return Volume(voxels, Affine(np.eye(4)), unit="HU")


TOP, BOTTOM, LEFT = (2, -1), (2, 0), (0, 0)


def test_two_sides_that_hold_a_value_of_tissue_are_noted():
    assert surround_note(scan([], 0)) is None
    assert surround_note(scan([TOP], 0)) is None
    assert surround_note(scan([TOP, LEFT], 0)) == (
        "2 sides of the scan are filled with 0 HU, where air (-1000) should be"
    )
    assert surround_note(scan([TOP, LEFT, BOTTOM], 40)).startswith(
        "3 sides of the scan are filled with 40 HU"
    )


@pytest.mark.parametrize(("value", "noted"), [(-300, True), (-301, False), (300, True), (301, False)])
def test_a_filling_that_is_no_tissue_is_padding_or_metal(value, noted):
    assert (surround_note(scan([TOP, BOTTOM], value)) is not None) is noted


@pytest.mark.parametrize(("share", "noted"), [(0.95, True), (0.94, False)])
def test_nearly_all_of_a_side_must_hold_the_value(share, noted):
    assert (surround_note(scan([TOP, BOTTOM], 0, share=share)) is not None) is noted
