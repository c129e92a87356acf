"""Short answers as typed values."""

from __future__ import annotations

import pytest

from medspatial.language import level_of, option_of, read_answer, reading


@pytest.mark.parametrize(
    ("text", "side", "structures", "figure", "polarity"),
    [
        ("left", "left", (), None, None),
        ("Right kidney.", "right", ("kidney_right",), None, None),
        ("kidney_left", "left", ("kidney_left",), None, None),
        ("bilateral", "both", (), None, None),
        ("both kidneys", "both", ("kidney",), None, None),
        ("neither the left nor the right side", "neither", (), None, None),
        ("neither kidney", "neither", ("kidney",), None, None),
        ("the left one is larger", "left", (), None, None),
        ("not left", None, (), None, False),
        ("T12", None, ("vertebrae_T12",), None, None),
        ("liver \u2013 spleen", None, ("liver", "spleen"), None, None),
        ("4.5 cm", None, (), 4.5, None),
        ("-40 HU", None, (), -40.0, None),
        ("20-50 mm", None, (), None, None),
        ("yes", None, (), None, True),
        ("No, the spleen", None, ("spleen",), None, False),
        ("", None, (), None, None),
    ],
)
def test_values(text, side, structures, figure, polarity):
    answer = read_answer(text)
    assert (answer.side, answer.structures, answer.figure, answer.polarity) == (
        side,
        structures,
        figure,
        polarity,
    )


@pytest.mark.parametrize(
    ("text", "whole"),
    [("the left kidney", True), ("both kidneys", False), ("less than 10 mm", False), ("left", False)],
)
def test_name_of_one_structure(text, whole):
    assert read_answer(text).one_structure is whole


def test_options_by_text_letter_and_number():
    many = tuple(f"item {n}" for n in range(30))
    assert option_of("#28: item 27", many) == "item 27"
    assert option_of("(b)", ("liver", "Spleen")) == "Spleen"
    assert option_of("C", ("liver", "spleen")) is None
    assert option_of("B: heart", ("liver", "spleen")) is None
    assert reading("A: left", ("left", "right"), "hedged").model_dump() == {
        "standing": "hedged", "side": "left", "figure": None, "unit": None, "option": "left",
        "structures": (), "polarity": None,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("text", "level"),
    [
        ("T1", 8),
        ("l5", 24),
        ("C7 vertebra", 7),
        ("T13", None),
        ("left", None),
        ("a lesion at the level of T12 or L1", None),
    ],
)
def test_levels(text, level):
    assert level_of(text) == level
