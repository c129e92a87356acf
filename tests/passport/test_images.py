"""What differs from the masks is sorted by its cause; stated spacings are held against the image's."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from medspatial.passport import audit_set
from medspatial.passport.images import _spacing_conflicts, asked_cases, mask_alarms, spacing_alarms
from medspatial.passport.reading import VqaSet
from medspatial.passport.remeasured import Remeasured, Unmeasured, reasons
from medspatial.passport.result import Kind
from medspatial.records import Case, Question


def figure(
    name: str, stated: float, measured: float, *, case: str = "c", agrees: bool | None = None
) -> Remeasured:
    ratio = stated / measured
    same = abs(ratio - 1) < 0.02 if agrees is None else agrees
    return Remeasured(name, case, same, f"{stated:g} mm", f"{measured:g} mm", ratio)


def words(name: str, stated: str, measured: str) -> Remeasured:
    return Remeasured(name, "c", stated == measured, stated, measured)


def kinds(found: Sequence[Remeasured]) -> dict[Kind, int]:
    return {one.kind: one.count for one in mask_alarms(found)}


def test_what_agrees_is_no_alarm() -> None:
    assert mask_alarms([]) == []
    assert mask_alarms([figure("1", 10, 10), words("2", "left", "left")]) == []


@pytest.mark.parametrize(
    ("stated", "measured", "kind"),
    [
        ("left", "right", Kind.SIDES),
        ("the left kidney", "the right kidney", Kind.SIDES),
        ("Left", "right", Kind.SIDES),
        ("left", "midline", Kind.ANSWERS),
        ("yes", "no", Kind.ANSWERS),
        ("spleen", "liver", Kind.ANSWERS),
    ],
)
def test_exchanged_sides_are_told_from_other_answers(stated: str, measured: str, kind: Kind) -> None:
    (one,) = mask_alarms([words("q", stated, measured)])
    assert one.kind is kind
    assert one.examples == (f"q: {stated} stated, {measured} measured",)


@pytest.mark.parametrize(
    ("ratio", "kind"),
    [
        (10, Kind.UNITS),
        (0.1, Kind.UNITS),
        (1000, Kind.UNITS),
        (0.001, Kind.UNITS),
        (10.4, Kind.UNITS),
        (10.6, Kind.SIZES),
        (2, Kind.SIZES),
        (10_000, Kind.SIZES),
    ],
)
def test_a_power_of_ten_is_a_unit(ratio: float, kind: Kind) -> None:
    assert kinds([figure("1", 20 * ratio, 20)]) == {kind: 1}


@pytest.mark.parametrize(
    ("ratios", "kind"),
    [
        ([1.5, 1.5, 1.5], Kind.SPACING),
        ([0.7, 0.6, 0.7], Kind.SPACING),
        ([1.5, 3.4], Kind.SPACING),  # a length and a volume of one wrong spacing
        ([1.5, 1.4, 1.0], Kind.SPACING),
        ([1.5], Kind.SIZES),  # one alone is no pattern
        ([1.5, 1.0, 1.0], Kind.SIZES),
        ([1.5, 1.4, 1.0, 1.0], Kind.SIZES),  # not most of them
        ([1.5, 0.6, 1.5], Kind.SIZES),  # not in one direction
    ],
)
def test_most_figures_of_a_case_off_in_one_direction_are_a_spacing(ratios: list[float], kind: Kind) -> None:
    found = [figure(str(n), 20 * ratio, 20) for n, ratio in enumerate(ratios)]
    assert kinds(found) == {kind: sum(ratio != 1 for ratio in ratios)}
    elsewhere = [figure(f"x{n}", 20, 20, case="other") for n in range(9)]
    assert kinds([*found, *elsewhere]) == kinds(found), "other cases do not dilute it"


@pytest.mark.parametrize(
    ("row", "conflict"),
    [
        ({}, False),
        ({"spacing": None}, False),
        ({"spacing": [0.7, 0.7, 1.5]}, False),
        ({"spacing_mm": "(1.5, 0.7, 0.7)"}, False),
        ({"voxel_spacing": "0.70 x 0.70 x 1.50"}, False),
        ({"spacing": [0.71, 0.7, 1.52]}, False),  # within 2 %
        ({"spacing": [0.8, 0.8, 1.5]}, True),
        ({"spacing": [0.7, 0.7, 3.0]}, True),
        ({"spacing": [0.7, 1.5, 1.5]}, True),
        ({"pixel_spacing": [0.7, 0.7]}, False),  # slices are not stated
        ({"pixel_spacing": [0.9, 0.9]}, True),
        ({"pixel_spacing": [0.7, 0.7], "spacing": [0.7, 0.7, 5.0]}, True),
        ({"spacing": [1, 0.7, 0.7, 1.5]}, True),
    ],
)
def test_a_stated_spacing_fits_axes_in_any_order(row: dict[str, Any], conflict: bool) -> None:
    found = _spacing_conflicts("c", (0.7, 1.5, 0.7), [row])
    assert bool(found) is conflict
    if conflict:
        assert found[0].startswith("c: ")
        assert found[0].endswith("0.7 x 0.7 x 1.5 mm in the image")


def test_a_conflict_is_told_once_for_all_rows_of_a_case() -> None:
    rows = [{"spacing": [1, 1, 1]}, {"spacing": "1.0, 1.0, 1.0"}, {"spacing": [0.7, 0.7, 1.5]}]
    assert _spacing_conflicts("c", (0.7, 0.7, 1.5), rows) == [
        "c: 1 x 1 x 1 mm stated, 0.7 x 0.7 x 1.5 mm in the image"
    ]


@pytest.mark.parametrize(
    ("question", "answer", "image", "row", "alarmed"),
    [
        ("How wide is it in mm?", "12", "a.png", {}, True),
        ("How wide is it?", "12 mm", "a.NPY", {}, True),
        ("How large is it?", "12 ml", "a.mp4", {}, True),
        ("How wide is it in mm?", "12", "a.nii.gz", {}, False),
        ("How wide is it in mm?", "12", None, {}, False),
        ("How wide is it in mm?", "12", "a.png", {"pixel_spacing": [1, 1]}, False),
        ("How many are there?", "12", "a.png", {}, False),
        ("How bright is it?", "60 HU", "a.png", {}, False),
    ],
)
def test_lengths_asked_of_pictures_without_spacing(
    question: str, answer: str, image: str | None, row: dict[str, Any], alarmed: bool
) -> None:
    one = Question(case_id="c", question=question, answer=answer, image_path=image)
    found = spacing_alarms(VqaSet("s", "f", [one], [row]))
    assert [alarm.kind for alarm in found] == ([Kind.NO_SPACING] if alarmed else [])
    assert (Kind.NO_SPACING in {a.kind for a in audit_set(VqaSet("s", "f", [one], [row])).alarms}) is alarmed


def test_only_cases_that_are_asked_about_are_read_mirrored_ones_too() -> None:
    from medspatial.cases import Discovery

    found = Discovery([Case(case_id=name, patient_id=name, image_path=f"{name}.nii.gz") for name in "abc"])
    asked = [Question(case_id=name, question="Q?", answer="a") for name in ("a", "b_mirrored", "z")]
    cases = asked_cases(asked, found)
    assert sorted(cases) == ["a", "b_mirrored"]
    assert cases["b_mirrored"].linked_case_id == "b"
    assert asked_cases([], found) == {}


def test_reasons_stand_by_how_often_they_came() -> None:
    rows = [Unmeasured(str(n), "no masks" if n % 3 else "case refused") for n in range(7)]
    assert list(reasons(rows).items()) == [("no masks", 4), ("case refused", 3)]
    assert reasons([]) == {}
