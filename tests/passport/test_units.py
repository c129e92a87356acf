from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medspatial.passport.units import asked_unit, factor_of, only_figure, reference
from medspatial.records import Question


@pytest.mark.parametrize(
    ("text", "base", "dimension"),
    [
        ("12 mm", 12.0, "length"),
        ("about 4.5 cm.", 45.0, "length"),
        ("1,5cm", 15.0, "length"),
        ("192.6 ml", 192.6, "volume"),
        ("192600 mm³", 192.6, "volume"),
        ("192600 mm^3", 192.6, "volume"),
        ("0.19 litres", 190.0, "volume"),
        ("30 cubic centimeters", 30.0, "volume"),
        ("12", None, None),
        ("60 HU", None, None),
    ],
)
def test_one_figure(text, base, dimension):
    found = only_figure(text)
    assert found.dimension == dimension
    assert found.base == (None if base is None else pytest.approx(base))


@pytest.mark.parametrize("text", ["", "left kidney", "2 x 3 cm", "between 4 and 5 mm"])
def test_no_single_figure(text):
    assert only_figure(text) is None


@given(st.floats(0.1, 5000).map(lambda one: round(one, 2)), st.sampled_from(["mm", "cm", "ml", "cm3", "mm3"]))
def test_figures_are_read_as_written(number, unit):
    found = only_figure(f"It measures {number} {unit} in this scan")
    assert (found.number, found.unit) == (number, unit)
    assert found.base == pytest.approx(number * factor_of(unit))


@pytest.mark.parametrize(
    ("text", "unit"),
    [
        ("What is the diameter in mm?", "mm"),
        ("In millimetres, how wide is it?", "millimetre"),
        ("How many millilitres does it measure?", "millilitre"),
        ("What is its volume (cm^3)?", "cm^3"),
        ("What is its volume in cm³?", "cm³"),
        ("Is there a mass in the lung?", None),
        ("How far in mm or in cm?", None),
    ],
)
def test_the_unit_asked_for(text, unit):
    assert asked_unit(text) == unit


def test_a_bare_answer_takes_the_unit_of_the_question():
    one = Question(case_id="c", question="What is its diameter in cm?", answer="3.2")
    assert reference(one).base == pytest.approx(32)
