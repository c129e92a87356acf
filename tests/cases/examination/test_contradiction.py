"""When contradictions refuse a case, and how the reasons read."""

from __future__ import annotations

import pytest

from medspatial.cases.examination.contradiction import LARGE_MM, Contradiction, refusals

CAUSES = {"left-right": "sides", "front-back": "flip", "size": "unit", "lesion": "names"}


def one(axis, mm, text=None):
    return Contradiction(axis, text or f"{axis} by {mm:g}", mm, ("liver",))


def test_a_single_one_up_to_the_limit_refuses_nothing():
    assert refusals([], CAUSES) == []
    assert refusals([one("size", LARGE_MM)], CAUSES) == []
    assert refusals([one("size", LARGE_MM + 0.1)], CAUSES) == ["size: size by 30.1: unit"]


def test_two_of_any_size_refuse_each_with_its_axis():
    reasons = refusals([one("size", 1), one("front-back", 2)], CAUSES)
    assert reasons == ["front-back: front-back by 2: flip", "size: size by 1: unit"]


@pytest.mark.parametrize("mm", [0.5, 12, 300])
def test_left_and_right_refuse_whatever_their_size(mm):
    assert refusals([one("left-right", mm)], CAUSES) == [f"left-right: left-right by {mm:g}: sides"]


def test_the_three_largest_are_shown_and_the_others_counted():
    five = [one("size", mm, f"{mm} mm") for mm in (3, 50, 1, 40, 2)]
    assert refusals(five[:3], CAUSES) == ["size: 50 mm; 3 mm; 1 mm: unit"]
    assert refusals(five, CAUSES) == ["size: 50 mm; 40 mm; 3 mm; and 2 more: unit"]
    assert refusals(five[:4], CAUSES) == ["size: 50 mm; 40 mm; 3 mm; and 1 more: unit"]


def test_any_iterable_is_read_once():
    assert refusals(iter([one("lesion", 31)]), CAUSES) == ["lesion: lesion by 31: names"]
