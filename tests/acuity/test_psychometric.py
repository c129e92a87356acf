"""The psychometric function: known ones are found again, and the intervals hold them."""

from __future__ import annotations

import numpy as np
import pytest

import acuity_coverage
from medspatial.acuity.psychometric import Curve, fit, threshold_interval
from medspatial.acuity.quantities import QUANTITIES
from medspatial.acuity.result import acuity_of

LEVELS = np.array((0.25, 0.5, 1, 2, 4, 8, 16, 32), dtype=float)


@pytest.mark.parametrize("falling", [False, True])
@pytest.mark.parametrize("lapse", [0.0, 0.05])
def test_expected_answers_give_the_function_back(falling: bool, lapse: float) -> None:
    truth = Curve(3.0, 0.5, lapse, falling=falling)
    total = np.full(len(LEVELS), 2000.0)
    found = fit(LEVELS, total * truth.share(LEVELS), total, falling=falling)
    assert found.threshold == pytest.approx(truth.threshold, rel=0.01)
    assert found.width == pytest.approx(truth.width, rel=0.05)
    assert found.lapse == pytest.approx(lapse, abs=0.005)


def test_the_threshold_is_where_three_of_four_are_right_and_is_never_reached_with_too_many_lapses() -> None:
    curve = Curve(3.0, 0.5, 0.1)
    assert float(curve.share(curve.threshold)) == pytest.approx(0.75)
    assert curve.threshold > 3.0
    assert Curve(3.0, 0.5, 0.1, falling=True).threshold < 3.0
    assert np.isinf(Curve(3.0, 0.5, 0.3).threshold)


@pytest.mark.parametrize("number", [0, 3])
def test_the_interval_holds_the_threshold_of_a_known_reader(number: int) -> None:
    """500 runs of each reader stand in docs/acuity.md; here 60, of a fitted function and of another one."""
    script = acuity_coverage
    reader = script.SEES[number]
    found = script.simulate(reader, 60, draws=200)
    assert script.covered(found, reader.threshold) >= 0.87
    assert np.median(found[:, 0]) == pytest.approx(reader.threshold, rel=0.2)


@pytest.mark.parametrize("number", [0, 1, 2])
def test_who_does_not_see_is_given_no_threshold_that_is_bounded(number: int) -> None:
    script = acuity_coverage
    named, bounded = script.false_thresholds(script.SEES_NOT[number], 30)
    assert named <= 0.2
    assert bounded <= 0.1


def test_one_patient_says_nothing_about_others() -> None:
    right = np.array([[0, 1, 1, 2, 2, 2, 2, 2.0]])
    total = np.full_like(right, 2)
    curve = fit(LEVELS, right[0], total[0])
    assert threshold_interval(curve, LEVELS, right, total) == (0.0, float("inf"))


def test_what_is_missed_however_easy_it_is_is_said_beside_the_threshold() -> None:
    """An input that leaves out slices tells the smallest difference where it holds it, and only there."""
    side = QUANTITIES["side"]
    right = np.full((12, len(side.levels)), 2 * 0.82)
    found = acuity_of("8_slices", side, right, np.full_like(right, 2), blind=[0.36] * len(side.levels))
    assert found.status == "finer"
    assert found.words() == "under 0.25 mm, but 18 % missed at any"
    sure = acuity_of("whole", side, np.full_like(right, 2.0), np.full_like(right, 2), blind=[0.0] * 8)
    assert sure.words() == "under 0.25 mm"


def test_what_is_told_at_the_hardest_level_alone_is_said_so() -> None:
    thickness = QUANTITIES["thickness"]
    total = np.full((4, len(thickness.levels)), 6.0)
    share = np.interp(thickness.levels, (1.5, 40.0), (0.55, 1.0))
    blind = [0.0] * len(thickness.levels)
    found = acuity_of("x", thickness, share * total, total, blind=blind)
    assert found.words() == "not with 1.5 mm, but with 40"
    turned = acuity_of("x", thickness, share[::-1] * total, total, blind=blind)
    lucky = acuity_of("x", thickness, share * total, total)  # a model's few answers may be luck
    assert "but with" not in turned.words() + lucky.words()


def test_a_threshold_of_nothing_has_no_interval() -> None:
    curve = Curve(3.0, 0.5, 0.6, falling=True)  # so many lapses that no level has 75 %
    assert curve.threshold == 0
    right = np.ones((3, len(LEVELS)))
    assert threshold_interval(curve, LEVELS, right, 2 * right) == (0.0, float("inf"))
