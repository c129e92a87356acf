"""CT values that a structure cannot have: each limit from both sides, and what is said."""

from __future__ import annotations

import numpy as np
import pytest
from body_samples import body_of, sample

from medspatial.anatomy.limits import hu_table, possible_hu
from medspatial.cases.examination.image import CAUSE, LEAST_SAMPLES, RIM_HU, RIM_VOXELS, check_image

LIMITED = ("liver", "lung_upper_lobe_left", "vertebrae_L1", "kidney_right", "urinary_bladder", "trachea")


def at(name, hu, **fields):
    return sample(name, hu=[hu] * LEAST_SAMPLES, **fields)


def found(*samples):
    return check_image(body_of(*samples))


@pytest.mark.parametrize("name", LIMITED)
def test_the_limits_themselves_are_possible_and_one_beyond_is_not(name):
    limits = possible_hu(name)
    for hu in (limits.low, limits.high):
        assert found(at(name, hu)).impossible == {}
    low, high = limits.low, limits.high
    assert found(at(name, low - 1)).impossible == {name: f"at {low - 1:.0f} HU (should be over {low:g})"}
    assert found(at(name, high + 1)).impossible == {name: f"at {high + 1:.0f} HU (should be under {high:g})"}


@pytest.mark.parametrize(("voxels", "rim"), [(RIM_VOXELS - 1, RIM_HU), (RIM_VOXELS, 0.0)])
def test_a_structure_that_is_mostly_rim_may_hold_part_of_its_neighbours(voxels, rim):
    limits = possible_hu("liver")
    assert found(at("liver", limits.low - rim, voxels=voxels)).impossible == {}
    assert found(at("liver", limits.high + rim, voxels=voxels)).impossible == {}
    text = found(at("liver", limits.low - rim - 1, voxels=voxels)).impossible["liver"]
    assert text == f"at {limits.low - rim - 1:.0f} HU (should be over {limits.low - rim:g})"
    assert "liver" in found(at("liver", limits.high + rim + 1, voxels=voxels)).impossible


def test_it_is_the_median_that_counts():
    half = LEAST_SAMPLES // 2
    few = sample("liver", hu=[-1000] * (half - 1) + [50] * (half + 1))
    most = sample("liver", hu=[-1000] * (half + 1) + [50] * (half - 1))
    assert found(few).impossible == {}
    assert found(most).impossible == {"liver": "at -1000 HU (should be over -50)"}


def test_too_few_samples_and_what_has_no_limits_are_not_compared():
    few = sample("liver", hu=[-1000] * (LEAST_SAMPLES - 1))
    no_image = sample("spleen")
    assert found(few, no_image, at("stomach", -1000), at("kidney_tumor", -1000)) == found()
    assert found(at("liver", -1000)).compared == 1


@pytest.mark.parametrize(("wrong", "right", "refused"), [(1, 2, False), (2, 4, False), (2, 3, True)])
def test_more_than_a_third_of_the_structures_refuses_the_case(wrong, right, refused):
    names = ["liver", "spleen", "kidney_left", "kidney_right", "urinary_bladder", "heart"]
    samples = [at(name, -1000 if place < wrong else 40) for place, name in enumerate(names[: wrong + right])]
    image = found(*samples)
    assert (image.compared, len(image.impossible)) == (wrong + right, wrong)
    assert (image.refusal is not None) is refused
    if refused:
        share = f"{wrong} of {wrong + right} structures have values that they cannot have"
        figures = "liver at -1000 HU (should be over -50); spleen at -1000 HU (should be over -50)"
        assert image.refusal == f"image: the masks do not fit the CT: {share}: {figures}: {CAUSE}"


@pytest.mark.parametrize(("count", "more"), [(6, False), (7, True)])
def test_six_structures_are_shown_and_the_rest_is_named_as_such(count, more):
    names = [f"vertebrae_L{number}" for number in range(1, 6)] + ["vertebrae_T12", "vertebrae_T11"]
    text = found(*(at(name, -500) for name in names[:count])).refusal
    assert text.count("at -500 HU (should be over 50)") == 6
    assert ("; ...: " in text) is more
    assert f"{count} of {count} structures" in text


def test_every_row_of_the_table_has_its_limits_in_order():
    for row in hu_table():
        assert row.checkable is (row.low is not None)
        assert (row.low is None) == (row.high is None)
        assert not row.checkable or row.low < row.high
        assert row.names or row.groups


def test_the_first_row_that_fits_counts():
    """A bladder is a pelvic organ too, and may be as bright as contrast."""
    assert possible_hu("urinary_bladder").high == 3100
    assert possible_hu("prostate").high == 300
    assert possible_hu("kidney_left").high == 500
    assert possible_hu("superior_vena_cava").high == 3100
    assert possible_hu("aorta").high == 700
    assert np.isclose(possible_hu("sacrum").low, 0.0)
    assert possible_hu("vertebrae_L5").low == 50
