"""Limits and comparisons at a limit."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medspatial.questions import margins

positive = st.floats(1e-3, 1e4)


@pytest.mark.parametrize(
    ("figure", "limit", "dropped"),
    [(1.10, 1.10, True), (1.1000005, 1.10, True), (1.10001, 1.10, False), (1.09, 1.10, True)],
)
def test_a_figure_at_its_limit_is_dropped(figure, limit, dropped):
    assert margins.at_most(figure, limit) is dropped


def test_at_least_reaches_down_by_the_same_tolerance():
    assert margins.at_least(2.9999999, 3.0)
    assert not margins.at_least(2.9999, 3.0)


@given(positive, positive)
def test_ratio_is_symmetric_and_at_least_one(a, b):
    assert margins.ratio_of(a, b) == margins.ratio_of(b, a) >= 1


def test_ratio_to_nothing_is_infinite():
    assert margins.ratio_of(0.0, 2.0) == float("inf")


@pytest.mark.parametrize(
    ("smaller", "vmax", "limit"), [(0.0, 1.0, 5.0), (0.0, 4.0, 8.0), (100.0, 1.0, 20.0), (25.0, 1.0, 5.0)]
)
def test_distance_gap_is_the_largest_of_three(smaller, vmax, limit):
    assert margins.distance_gap(smaller, vmax) == limit


def test_sure_distance():
    assert margins.sure_distance(1.0) == 6.0
    assert margins.sure_distance(5.0) == 10.0


def test_offset_limit_takes_the_smaller_extent():
    assert margins.offset_limit(20.0, 400.0) == 10.0
    assert margins.offset_limit(200.0, 80.0) == 20.0


def test_number_tolerance_near_zero_is_two_voxels():
    assert margins.number_tolerance(4.0, 3.0) == 6.0
    assert margins.number_tolerance(100.0, 3.0) == 25.0
    assert margins.number_tolerance(4.0) == 1.0
