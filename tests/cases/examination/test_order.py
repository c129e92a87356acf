"""The order of the organs: every pair of the table, each tolerance from both sides, and what is said."""

from __future__ import annotations

import numpy as np
import pytest
from body_samples import body_of, sample

from medspatial.anatomy.limits import body_order
from medspatial.cases.examination.order import (
    ARCH_DEPTH_MM,
    CUT_TOLERANCE_MM,
    LEAST_VERTEBRA_VOXELS,
    LEAST_VOXELS,
    TOLERANCE_MM,
    check_order,
)
from medspatial.cases.examination.samples import MaskSample

CUT_ABOVE = (False, False, True)
MEMBER = {
    "lungs": "lung_left", "hips": "hip_left", "kidneys": "kidney_left", "head": "brain",
    "collarbones": "clavicula_left", "thighbones": "femur_left",
}  # fmt: skip
PAIRS = [
    (axis, world, words, first, second)
    for axis, world, words, pairs in (
        ("head-feet", 2, "below", body_order().above),
        ("front-back", 1, "behind", body_order().in_front),
        ("left-right", 0, "to the left of", body_order().right_of),
    )
    for first, second in pairs
]


def placed(name, at, **fields):
    """A structure, or one of a group, at a place; the spine as one vertebra."""
    return sample("vertebrae_T12" if name == "spine" else MEMBER.get(name, name), at=at, **fields)


def order(*samples, **how):
    return check_order(body_of(*samples), **how)


def along(world, mm):
    place = np.zeros(3)
    place[world] = mm
    return place


@pytest.mark.parametrize(("axis", "world", "words", "first", "second"), PAIRS)
def test_each_pair_confirms_its_axis_and_contradicts_it_beyond_the_tolerance(
    axis, world, words, first, second
):
    def found(mm):
        return order(placed(first, along(world, -mm)), placed(second, (0, 0, 0)))

    for mm in (-50, 0, TOLERANCE_MM):  # in the right order, level, and wrong within label noise
        agreed = found(mm)
        assert not [one for one in agreed.contradictions if one.axis == axis]
        assert agreed.confirmed_by[axis] == (first, second)
    (one,) = [one for one in found(TOLERANCE_MM + 2).contradictions if one.axis == axis]
    assert one.mm == pytest.approx(TOLERANCE_MM + 2)
    assert one.names == (first, second)
    assert f"12 mm {words} " in one.text
    assert first in one.text
    assert second in one.text


def test_the_words_of_a_contradiction():
    def text(first, second, world):
        return order(placed(first, along(world, -40)), placed(second, (0, 0, 0))).contradictions[0].text

    assert text("lungs", "liver", 2) == "the lungs lie 40 mm below liver"
    assert text("head", "lungs", 2) == "the head lies 40 mm below the lungs"
    assert text("heart", "spine", 1) == "heart lies 40 mm behind the spine"
    assert text("liver", "spleen", 0) == "liver lies 40 mm to the left of spleen"


@pytest.mark.parametrize("cut", ["heart", "liver"])
def test_from_head_to_feet_a_cut_structure_has_a_wider_tolerance(cut):
    def wrong(mm):
        cuts = {name: {"cut": CUT_ABOVE} if name == cut else {} for name in ("heart", "liver")}
        return order(
            sample("heart", at=(0, 50, -mm), **cuts["heart"]), sample("liver", at=(0, 50, 0), **cuts["liver"])
        ).contradictions

    assert wrong(CUT_TOLERANCE_MM) == ()
    (one,) = wrong(CUT_TOLERANCE_MM + 1)
    assert one.text == "heart lies 31 mm below liver"


def test_a_cut_across_the_other_axes_widens_nothing():
    found = order(
        sample("liver", at=(-20, 0, 0), cut=(True, True, False)),
        sample("spleen", at=(0, 0, 0), cut=CUT_ABOVE),
    )
    assert [one.mm for one in found.contradictions] == [20]


@pytest.mark.parametrize(("voxels", "counts"), [(LEAST_VOXELS, True), (LEAST_VOXELS - 1, False)])
def test_fragments_say_nothing_about_places(voxels, counts):
    found = order(sample("liver", at=(-40, 0, 0), voxels=voxels), sample("spleen"))
    assert bool(found.contradictions) is counts
    assert bool(found.confirmed_by["left-right"]) is counts


def test_a_group_lies_at_the_mean_of_its_voxels():
    """Three quarters of the lung lie at 0, a quarter at 80: the group at 20."""
    lungs = [sample("lung_left", at=(0, 0, 0), voxels=750), sample("lung_right", at=(0, 0, 80), voxels=250)]
    assert not [
        one for one in order(*lungs, sample("liver", at=(0, 0, 29))).contradictions if "liver" in one.text
    ]
    (one,) = [
        one for one in order(*lungs, sample("liver", at=(0, 0, 45))).contradictions if "liver" in one.text
    ]
    assert one.text == "the lungs lie 25 mm below liver"


def test_a_group_of_fragments_counts_together():
    lungs = [sample("lung_left", voxels=60), sample("lung_right", voxels=60)]
    assert order(*lungs, sample("liver", at=(0, 0, 45))).contradictions
    assert not order(lungs[0], sample("liver", at=(0, 0, 45))).contradictions


@pytest.mark.parametrize("mirrored", [False, True])
def test_a_mirrored_control_lies_the_other_way_round(mirrored):
    sign = -1 if mirrored else 1
    right = order(sample("liver", at=(sign * 50, 0, 0)), sample("spleen"), mirrored=mirrored)
    assert right.contradictions == ()
    assert right.confirmed_by["left-right"] == ("liver", "spleen")
    (one,) = order(sample("liver", at=(-sign * 50, 0, 0)), sample("spleen"), mirrored=mirrored).contradictions
    assert one.text == f"liver lies 50 mm to the {'right' if mirrored else 'left'} of spleen"


def test_mirroring_changes_neither_height_nor_depth():
    upright = order(sample("heart", at=(0, 0, -50)), sample("liver"), mirrored=True)
    assert [one.axis for one in upright.contradictions] == ["head-feet"]
    assert upright.contradictions[0].text == "heart lies 50 mm below liver"


def test_the_spine_is_interpolated_at_the_level_of_the_organ():
    """A spine that leans to the right from feet to head: level with the liver it lies at x = 20."""
    spine = [
        sample("vertebrae_T12", at=(40, -50, 40)),
        sample("vertebrae_L1", at=(20, -50, 0)),
        sample("vertebrae_L2", at=(0, -50, -40)),
    ]
    (one,) = order(*spine, sample("liver", at=(5, 0, 0))).contradictions
    assert one.text == "liver lies 15 mm to the left of the spine"
    assert order(*spine, sample("liver", at=(15, 0, 0))).contradictions == ()
    assert order(*spine, sample("liver", at=(-5, 0, -40))).contradictions == ()


@pytest.mark.parametrize(("z", "known"), [(60, True), (61, False), (-60, True), (-61, False)])
def test_beyond_its_ends_nothing_is_known_of_the_spine(z, known):
    found = order(sample("vertebrae_L1"), sample("liver", at=(-50, 0, z)))
    assert bool(found.contradictions) is known
    assert bool(found.confirmed_by["left-right"]) is known


def test_the_canal_stands_for_vertebrae_that_are_not_there():
    z = np.linspace(-100, 100, 50)
    points = np.stack([0.2 * z, np.full(50, -60.0), z], axis=1)
    canal = MaskSample("spinal_cord", 1000, 30.0, points, None, (False, False, True), np.full(3, 4.0))
    (one,) = order(canal, sample("liver", at=(-20, 0, 0))).contradictions
    assert one.text == "liver lies 20 mm to the left of the spine"
    (one,) = order(canal, sample("liver", at=(-5, 0, 80))).contradictions
    assert one.mm == pytest.approx(21, abs=2), "0.2 of 80 mm, and 5"
    vertebra = sample("vertebrae_L1", at=(-40, -60, 0))
    assert order(canal, vertebra, sample("liver", at=(-20, 0, 0))).contradictions == ()


@pytest.mark.parametrize(
    ("voxels", "counts"), [(LEAST_VERTEBRA_VOXELS, True), (LEAST_VERTEBRA_VOXELS - 1, False)]
)
def test_fragments_of_vertebrae_are_no_spine(voxels, counts):
    assert (
        bool(order(sample("vertebrae_L1", voxels=voxels), sample("liver", at=(-50, 0, 0))).contradictions)
        is counts
    )


def chain(*places, cut=(False, False, False), names=("T11", "T12", "L1", "L2")):
    return [
        sample(f"vertebrae_{name}", at=(0, 0, z), cut=cut) for name, z in zip(names, places, strict=False)
    ]


def test_a_spine_in_order_confirms_head_and_feet():
    found = order(*chain(90, 60, 30, 0))
    assert found.contradictions == ()
    assert found.confirmed_by == {"left-right": (), "head-feet": ("vertebrae",), "front-back": ()}
    assert order(*chain(90)).confirmed_by["head-feet"] == ()


def test_a_spine_upside_down_is_one_contradiction():
    (one,) = order(*chain(0, 30, 60, 90)).contradictions
    assert one.text == "L2 lies 90 mm above T11"
    assert (one.axis, one.mm) == ("head-feet", 90)


@pytest.mark.parametrize(("rise", "wrong"), [(10, False), (11, True)])
def test_a_vertebra_over_the_one_above_it(rise, wrong):
    found = [one for one in order(*chain(90, 60, 60 + rise, 20)).contradictions if one.axis == "head-feet"]
    assert [one.text for one in found] == ([f"L1 lies {rise} mm above T12"] if wrong else [])


@pytest.mark.parametrize(("step", "wrong"), [(60, False), (61, True)])
def test_neighbours_too_far_from_each_other(step, wrong):
    found = order(*chain(step, 0)).contradictions
    assert [one.text for one in found] == (
        [f"T11 and T12 lie {step} mm apart per step (at most 60)"] if wrong else []
    )
    if wrong:
        assert (found[0].axis, found[0].mm) == ("size", 1)


def test_missing_vertebrae_count_as_steps():
    names = ("T11", "L1")  # T12 is not there
    assert order(*chain(120, 0, names=names)).contradictions == ()
    (one,) = order(*chain(124, 0, names=names)).contradictions
    assert one.text == "T11 and L1 lie 62 mm apart per step (at most 60)"


@pytest.mark.parametrize(("step", "cut", "wrong"), [(8, False, False), (7, False, True), (7, True, False)])
def test_neighbours_too_near_each_other(step, cut, wrong):
    found = order(*chain(step, 0, cut=(False, False, cut))).contradictions
    assert [one.text for one in found] == (
        ["T11 and T12 lie only 7.0 mm apart per step (at least 8)"] if wrong else []
    )


def aorta(lean, *, depth=80.0, height=80.0):
    """An arch from the front at x = 0 to the back at x = ``lean`` (negative: to the patient's left)."""
    share = np.linspace(0, 1, 400)
    z = height * np.sin(np.pi * share)
    points = np.stack([lean * share, depth * (0.5 - share), z], axis=1)
    return MaskSample("aorta", 1000, 200.0, points, None, (False,) * 3, np.full(3, 4.0))


def test_the_arch_runs_from_the_right_in_front_to_the_left_behind():
    assert order(aorta(-60)).confirmed_by["left-right"] == ("aortic arch",)
    assert order(aorta(-60)).contradictions == ()
    (one,) = order(aorta(60)).contradictions
    assert one.text == "the aortic arch runs 45 mm to the right from front to back"  # quarters: 3/4 of 60
    (one,) = check_order(body_of(aorta(-60)), mirrored=True).contradictions
    assert one.text == "the aortic arch runs 45 mm to the left from front to back"
    assert order(aorta(60), mirrored=True).contradictions == ()


@pytest.mark.parametrize(("lean", "wrong"), [(13, False), (14, True)])
def test_an_arch_that_is_nearly_straight_contradicts_nothing(lean, wrong):
    found = order(aorta(lean))
    assert bool(found.contradictions) is wrong
    assert found.confirmed_by["left-right"] == ("aortic arch",)


def test_what_is_no_arch_confirms_nothing():
    assert order(aorta(-60, depth=ARCH_DEPTH_MM)).confirmed_by["left-right"] == (), "0.96 of that depth"
    assert order(aorta(-60, depth=ARCH_DEPTH_MM * 1.05)).confirmed_by["left-right"] == ("aortic arch",)


def test_only_the_upper_end_of_the_aorta_is_looked_at():
    """A deep bend far below the arch is none: the upper 90 mm are straight."""
    arch = aorta(-60)
    low = arch.points - (0, 0, 300)
    tube = np.stack([np.zeros(50), np.zeros(50), np.linspace(-100, 100, 50)], axis=1)
    whole = MaskSample("aorta", 1000, 300.0, np.concatenate([low, tube]), None, (False,) * 3, np.full(3, 4.0))
    assert order(whole).confirmed_by["left-right"] == ()


def twins(offset, *, cut=False, voxels=1000):
    right = np.array([35.0, -20.0, 15.0])
    left = sample("kidney_left", at=right + offset, cut=(False, False, cut), voxels=voxels)
    return order(left, sample("kidney_right", at=right)).contradictions


@pytest.mark.parametrize(("x", "wrong"), [(10, False), (11, True)])
def test_a_left_twin_on_the_right(x, wrong):
    found = twins((x, 0, 0))
    assert [one.text for one in found] == (
        [f"kidney_left lies {x} mm to the right of kidney_right"] if wrong else []
    )
    assert twins((-90, 0, 0)) == ()


@pytest.mark.parametrize(
    ("world", "tolerance", "word", "axis"),
    [
        (1, TOLERANCE_MM, "before or behind", "front-back"),
        (2, CUT_TOLERANCE_MM, "above or below", "head-feet"),
    ],
)
@pytest.mark.parametrize("sign", [-1, 1])
def test_twins_lie_beside_each_other(world, tolerance, word, axis, sign):
    offset = np.array([-20.0, 0, 0])
    offset[world] = sign * (20 + tolerance)
    assert twins(offset) == ()
    offset[world] = sign * (21 + tolerance)
    (one,) = twins(offset)
    assert one.text == f"kidney_left lies {21 + tolerance:.0f} mm {word} kidney_right and 20 mm beside it"
    assert (one.axis, one.mm) == (axis, 1 + tolerance)
    assert twins(offset, cut=True) == (), "a scan may show other parts of the two"
    assert twins(offset, voxels=LEAST_VOXELS - 1) == ()
    assert len(twins(offset, voxels=LEAST_VOXELS)) == 1
