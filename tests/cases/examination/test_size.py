"""Sizes and proportions of no human: each limit from both sides, and the figures that are said."""

from __future__ import annotations

import numpy as np
import pytest
from body_samples import body_of, sample

from medspatial.anatomy.limits import size_table
from medspatial.cases.examination.contradiction import LARGE_MM
from medspatial.cases.examination.size import (
    LARGEST_KIDNEY_SHARE,
    LARGEST_STEP_SHARE,
    LEAST_KIDNEY_SHARE,
    LEAST_STEP_SHARE,
    check_grid,
    check_proportions,
    check_sizes,
)
from medspatial.volume import Affine

CUT = (False, False, True)


def sizes(*samples):
    return list(check_sizes(body_of(*samples)))


def proportions(*samples):
    return list(check_proportions(body_of(*samples)))


def example(row):
    """A structure that a row of the table is about."""
    return (
        row.names[0].replace("lung_*_lobe_*", "lung_upper_lobe_left").replace("_*", "_left").replace("*", "1")
    )


@pytest.mark.parametrize("row", size_table(), ids=lambda row: row.what)
def test_every_limit_of_volume_holds_and_is_said(row):
    name, span = example(row), np.asarray(row.max_mm) / 2
    for ml in (row.min_ml, row.max_ml):
        assert sizes(sample(name, ml=ml, span=span)) == []
    (over,) = sizes(sample(name, ml=row.max_ml * 1.01, span=span))
    said = f"{name} measures {row.max_ml * 1.01:.4g} ml (at most {row.max_ml:g} ml)"
    assert (over.axis, over.text, over.names) == ("size", said, (name,))
    (under,) = sizes(sample(name, ml=row.min_ml * 0.9, span=span))
    assert under.text == f"{name} measures {row.min_ml * 0.9:.4g} ml (at least {row.min_ml:g} ml when whole)"


@pytest.mark.parametrize("row", size_table(), ids=lambda row: row.what)
@pytest.mark.parametrize("axis", range(3))
def test_every_limit_of_extent_holds_along_its_axis(row, axis):
    name, ml = example(row), row.max_ml / 2
    assert sizes(sample(name, ml=ml, span=row.max_mm)) == []
    span = np.array(row.max_mm, float)
    span[axis] += 7
    (over,) = sizes(sample(name, ml=ml, span=span))
    said = f"{span[axis]:.4g} mm along {'xyz'[axis]} (at most {row.max_mm[axis]:g})"
    assert over.text == f"{name} extends {said}"
    assert over.mm == pytest.approx(7)


def test_the_axis_with_the_largest_excess_is_named():
    (one,) = sizes(sample("liver", ml=1500, span=(460, 440, 455)))
    assert one.text == "liver extends 440 mm along y (at most 400)"
    assert one.mm == pytest.approx(40)


def test_the_least_volume_holds_for_whole_structures_only():
    assert sizes(sample("liver", ml=40, cut=CUT)) == []
    assert sizes(sample("liver", ml=0)) == []
    assert len(sizes(sample("liver", ml=40))) == 1
    assert len(sizes(sample("liver", ml=9000, cut=CUT))) == 1, "too large is too large, cut or not"


def test_twice_the_largest_volume_alone_refuses_a_case():
    (once,) = sizes(sample("prostate", ml=1399))
    (twice,) = sizes(sample("prostate", ml=1400))
    assert once.mm == pytest.approx(1399e3 ** (1 / 3) - 700e3 ** (1 / 3))
    assert once.mm < LARGE_MM < twice.mm
    (small,) = sizes(sample("prostate", ml=0.1))
    assert small.mm == pytest.approx(10 - 100 ** (1 / 3)), "ten times too small refuses nothing by itself"


def test_what_no_row_knows_has_no_limit():
    assert sizes(sample("my_organ", ml=1e6), sample("kidney_tumor", ml=1e6, span=(999, 999, 999))) == []


def spine(share, *, names=("T12", "L1", "L2", "L3"), depth=40.0, cut=()):
    return [
        sample(
            f"vertebrae_{name}",
            at=(0, 0, -place * share * depth),
            span=(40, depth, 20),
            cut=CUT if name in cut else (False,) * 3,
        )
        for place, name in enumerate(names)
    ]


@pytest.mark.parametrize("share", [LEAST_STEP_SHARE + 0.001, 0.5, LARGEST_STEP_SHARE - 0.001])
def test_a_spine_of_usual_steps(share):
    assert proportions(*spine(share)) == []


@pytest.mark.parametrize("share", [LEAST_STEP_SHARE - 0.01, LARGEST_STEP_SHARE + 0.01])
def test_a_spine_of_wrong_steps_says_how_far_they_are(share):
    (one,) = proportions(*spine(share))
    assert one.text == f"the vertebrae stand {share:.2f} of their depth apart (0.26 to 2)"
    assert (one.axis, one.names) == ("size", ("vertebrae_T12", "vertebrae_L3"))
    assert one.mm > LARGE_MM


def test_three_pairs_of_whole_neighbours_are_needed():
    assert proportions(*spine(0.1, names=("L1", "L2", "L3"))) == []
    assert proportions(*spine(0.1, names=("T10", "T12", "L2", "L4"))) == [], "no neighbours"
    assert proportions(*spine(0.1, cut=("L2",))) == []
    assert proportions(*spine(0.1, cut=("L3",))) == []
    assert len(proportions(*spine(0.1, names=("T11", "T12", "L1", "L2", "L3"), cut=("L3",)))) == 1


def test_the_step_is_measured_along_a_curved_spine():
    """Neighbours that lie one before the other are as far apart as such that lie one over the other."""
    straight = spine(0.5)
    tilted = [
        sample(one.name, at=(0, one.centre[2] * 0.8, one.centre[2] * 0.6), span=one.span_mm)
        for one in straight
    ]
    assert proportions(*tilted) == []


def kidney(side, tall, *, wide=50.0, deep=50.0, cut=(False, False, False)):
    return sample(f"kidney_{side}", span=(wide, deep, tall), cut=cut)


@pytest.mark.parametrize("share", [LEAST_KIDNEY_SHARE, 1.7, LARGEST_KIDNEY_SHARE])
def test_kidneys_of_usual_height(share):
    assert proportions(kidney("left", share * 50), kidney("right", share * 50)) == []


@pytest.mark.parametrize("share", [LEAST_KIDNEY_SHARE - 0.02, LARGEST_KIDNEY_SHARE + 0.02])
def test_kidneys_too_flat_or_too_tall(share):
    (one,) = proportions(kidney("left", share * 50), kidney("right", share * 50))
    assert one.text == f"the kidneys are {share:.2f} times as tall as wide and deep (0.75 to 3)"
    assert one.names == ("kidney_left", "kidney_right")


def test_both_kidneys_count_together_and_one_alone_does_not():
    assert proportions(kidney("left", 200)) == []
    assert proportions(kidney("left", 200), kidney("right", 200, cut=CUT)) == []
    assert proportions(kidney("left", 200), kidney("right", 60)) == [], "4 and 1.2: together 2.2"
    (one,) = proportions(kidney("left", 160, wide=25, deep=100), kidney("right", 160))
    assert "are 3.20 times" in one.text, "width and depth count as their geometric mean"
    assert proportions(kidney("left", 200), kidney("right", 200, wide=0)) == []


def grid(spacing, shape):
    return check_grid(shape, Affine(np.diag([*spacing, 1.0])))


def test_the_largest_side_of_a_scan():
    assert grid((5, 5, 5), (100, 100, 500)) is None
    text = grid((5, 5, 5), (100, 100, 501))
    assert text.startswith("size: the scan measures 500 x 500 x 2505 mm, no body is over 2500 mm: ")


def test_the_smallest_scan():
    assert grid((1, 1, 1), (3, 3, 20)) is None
    text = grid((1, 1, 1), (3, 3, 19))
    assert text.startswith("size: the scan measures 3 x 3 x 19 mm, none is under 20 mm: ")


def test_the_longest_voxel():
    assert grid((1, 1, 30), (100, 100, 10)) is None
    text = grid((1, 2, 31), (100, 100, 10))
    assert text.startswith("size: voxels of 1 x 2 x 31 mm, no CT has over 30 mm: ")
    assert text.endswith("probably the length unit is not millimetres, or the spacing is wrong")
