from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medspatial.language.quantities import find_quantities
from medspatial.language.units import COUNT, parse_unit, question_unit
from medspatial.records import Prediction
from medspatial.score.structured import match
from medspatial.score.structured.target import accuracy


@pytest.mark.parametrize(
    ("text", "dimension", "factor"),
    [
        ("mm", "length", 1),
        ("cm", "length", 10),
        ("Millimetres", "length", 1),
        ("m", "length", 1000),
        ("µm", "length", 0.001),
        ("inches", "length", 25.4),
        ("ml", "volume", 1),
        ("cc", "volume", 1),
        ("cm³", "volume", 1),
        ("cm^3", "volume", 1),
        ("mm3", "volume", 0.001),
        ("litres", "volume", 1000),
        ("cubic centimeters", "volume", 1),
        ("cm²", "area", 100),
        ("HU", "density", 1),
        ("Hounsfield units", "density", 1),
        ("%", "percent", 1),
        ("degrees", "angle", 1),
        ("kg", "mass", 1000),
    ],
)
def test_units(text, dimension, factor):
    unit = parse_unit(text)
    assert (unit.dimension, unit.factor) == (dimension, factor)


def test_anything_else_is_a_count():
    assert parse_unit(None) == parse_unit("lesions") == parse_unit("levels") == COUNT


@pytest.mark.parametrize(
    ("question", "dimension"),
    [
        ("What is the diameter in millimetres?", "length"),
        ("Volume (ml)?", "volume"),
        ("How many cm long is it?", "length"),
        ("What is the density in HU?", "density"),
        ("What share, in percent?", "percent"),
    ],
)
def test_the_question_may_fix_the_unit(question, dimension):
    assert question_unit(question).dimension == dimension


def test_most_questions_fix_none():
    assert question_unit("How large is the lesion in the liver?") is None


@pytest.mark.parametrize(
    ("text", "values", "kind"),
    [
        ("23 mm", (23.0,), "single"),
        ("2.3cm", (23.0,), "single"),
        ("2,3 cm", (23.0,), "single"),
        ("1,234 ml", (1234.0,), "single"),
        ("1 234 ml", (1234.0,), "single"),
        ("0,123 l", (123.0,), "single"),
        ("-850 HU", (-850.0,), "single"),
        ("minus 40 HU", (-40.0,), "single"),
        ("2-3 cm", (20.0, 30.0), "range"),
        ("between 2 and 3 cm", (20.0, 30.0), "range"),
        ("2 to 3 cm", (20.0, 30.0), "range"),
        ("2.3 x 1.8 cm", (23.0, 18.0), "product"),
        ("23 by 18 by 9 mm", (23.0, 18.0, 9.0), "product"),
        ("2 cm x 15 mm", (20.0, 15.0), "product"),
        ("2.3 ± 0.2 cm", (23.0,), "single"),
        ("grew from 18 to 23 mm", (23.0,), "single"),
        ("twenty-three millimetres", (23.0,), "single"),
        ("one hundred and twenty ml", (120.0,), "single"),
        ("two and a half cm", (25.0,), "single"),
        ("minus thirty HU", (-30.0,), "single"),
        ("23-mm nodule", (23.0,), "single"),
    ],
)
def test_figures(text, values, kind):
    (found,) = find_quantities(text)
    assert found.values == pytest.approx(values)
    assert found.kind == kind
    assert not found.bound


@pytest.mark.parametrize(
    "text",
    [
        "image 45",
        "series 3, image 12",
        "segment 8",
        "T12",
        "L1 vertebra",
        "the 3rd rib",
        "3D view",
        "level 4",
        "one third",
        "on 12/2020",
        "grade 2",
        "slice thickness 1 mm",
        "rib 7",
    ],
)
def test_numbers_that_are_no_figures(text):
    assert find_quantities(text) == ()


@pytest.mark.parametrize(
    "text",
    [
        "> 3 cm",
        "more than 3 cm",
        "at least 3 cm",
        "less than 3 cm",
        "up to 3 cm",
        "3 cm or more",
        "≥ 3 cm",
        "3+ cm",
    ],
)
def test_bounds(text):
    assert find_quantities(text)[0].bound


@given(st.integers(1, 999), st.sampled_from(["mm", "cm", "ml", "HU", "%"]), st.text("abc ", max_size=10))
def test_any_whole_number_with_a_unit_is_found(value, unit, noise):
    (found,) = find_quantities(f"{noise} {value} {unit} {noise}")
    assert found.values == (value * parse_unit(unit).factor,)


@given(st.text(max_size=60))
def test_any_text_is_read_without_error(text):
    for quantity in find_quantities(text):
        assert 0 <= quantity.start < quantity.end <= len(text)


@pytest.mark.parametrize(
    ("figure", "reference", "mra", "band"),
    [
        (100, 100, 1.0, "within 5%"),
        (104, 100, 1.0, "within 5%"),
        (107, 100, 0.9, "within 10%"),
        (122, 100, 0.6, "within 25%"),
        (48, 100, 0.0, "within 100%"),
        (300, 100, 0.0, "over 100%"),
        (0, 0, 1.0, "within 5%"),
        (1, 0, 0.0, "over 100%"),
    ],
)
def test_graded_accuracy(figure, reference, mra, band):
    got = accuracy(figure, reference)
    assert got.mra == pytest.approx(mra)
    assert got.band == band


def number(reply, **fields):
    settings = {"question": "How large is it?", "answer": "23 mm", "value": 23, "unit": "mm", "tolerance": 2}
    return match(
        Prediction(case_id="c", answer_type="number", prediction="", **{**settings, **fields}), reply
    )


def test_without_a_tolerance_a_quarter_is_accepted_and_counts_stay_exact():
    assert number("28 mm", tolerance=None).outcome == "correct"
    assert number("29 mm", tolerance=None).outcome == "incorrect"
    assert number("4", value=3, unit="count", tolerance=None, question="How many?").outcome == "incorrect"


def test_the_tolerance_is_inclusive_and_in_the_references_unit():
    assert number("25 mm").outcome == "correct"
    assert number("25.1 mm").outcome == "incorrect"
    assert number("25 mm", value=2.3, unit="cm", tolerance=0.2).outcome == "correct"


def test_graded_figures_lie_beside_the_verdict():
    verdict = number("2.5 cm")
    assert verdict.numeric.figure == 25.0
    assert verdict.numeric.relative_error == pytest.approx(2 / 23)
    assert verdict.numeric.mra == pytest.approx(0.9)


@given(st.floats(1, 500), st.floats(0.1, 50))
def test_a_figure_at_its_own_value_is_always_right_in_any_unit(value, tolerance):
    for unit, factor in (("mm", 1.0), ("cm", 0.1), ("m", 0.001)):
        reply = f"{value * factor:.9f} {unit}"
        assert number(reply, value=value, tolerance=tolerance).outcome == "correct"


OFFERED = ("10 mm", "20 mm", "40 mm", "80 mm")


def twenty(reply, options=()):
    question = "How far apart are the liver and the spleen?"
    fields = {"question": question, "answer": "20 mm", "value": 20, "tolerance": 2, "options": options}
    return number(reply, **fields)


@pytest.mark.parametrize(
    "reply",
    [
        "20 pixels",
        "20 voxels",
        "approximately 20 axial slices",
        "20-pixel gap",
        "20px",
        "20 (pixels)",
        "20 km",
        "20 feet",
        "20 ft",
        "20 in",
        "It is 20 in.",
        '20"',
        "20 inches",
        "20 yards",
        "20 ml",
        "20 µm",
    ],
)
@pytest.mark.parametrize("options", [OFFERED, ()])
def test_figures_in_another_unit_are_wrong(reply, options):
    found = twenty(reply, options)
    assert found.outcome == "incorrect"
    assert "?" not in found.reason
    assert found.extracted.startswith("20")


@pytest.mark.parametrize("reply", ["two kidneys", "20 lesions", "20 hz", "It spans 20 vertebral bodies"])
@pytest.mark.parametrize("options", [OFFERED, ()])
def test_counts_of_things_are_no_lengths(reply, options):
    assert twenty(reply, options).outcome == "unanswered"


@pytest.mark.parametrize(
    "reply",
    [
        "20",
        "about 20",
        '"20"',
        'The answer is "20".',
        "20 units",
        "20 apart",
        "20 or so",
        "20 overall",
        "20 in the axial plane",
        "The distance is 20 in total",
        "20 at the level of T12",
        "20 (image 45)",
        "20 on slice 45",
        "2 cm",
        "20 milimeters",
        "20000 µm",
        "0.00002 km",
        "The gap between the two kidneys is 2 cm",
        "20 mm (about 25 pixels)",
        "25 pixels, i.e. 20 mm",
        "0.8 in (20 mm)",
    ],
)
@pytest.mark.parametrize("options", [OFFERED, ()])
def test_figures_in_the_asked_unit(reply, options):
    assert twenty(reply, options).outcome == "correct"


@pytest.mark.parametrize(
    "reply", ["0.8 in", "0.8 in.", "0.8 inches", '0.8"', "0.8-inch gap", "0.8 in (approx.)"]
)
def test_inches_convert(reply):
    found = twenty(reply)
    assert found.numeric.figure == pytest.approx(20.32)
    assert found.outcome == "correct"


def test_a_figure_that_is_not_offered_is_named():
    found = twenty("22 mm", OFFERED)
    assert (found.reason, found.extracted) == ("'22 mm' is none of the options", "22 mm")
    assert twenty("20 pixels", OFFERED).reason == "'20 pixels' is none of the options"
    assert twenty("20 pixels").reason == "'20 pixels' is a figure of another kind, length was asked"


def test_options_that_are_figures_are_graded():
    assert twenty("C", OFFERED).numeric.relative_error == 1.0
    assert twenty("80 mm", OFFERED).numeric.figure == 80
    assert twenty("8 cm", OFFERED).numeric.figure == 80
    assert twenty("22 mm", OFFERED).numeric.figure == 22
    assert twenty("20 mm", OFFERED).numeric.mra == 1.0


@pytest.mark.parametrize(
    ("question", "reply", "outcome"),
    [
        ("How many lesions are in the liver?", "3 lesions", "correct"),
        ("How many lesions are in the liver?", "3 (image 12)", "correct"),
        ("How many lesions are in the liver?", "3 voxels", "unanswered"),
        ("How many slices show the liver?", "3 slices", "correct"),
        ("How many lesions are in the liver?", "3 km", "unanswered"),
    ],
)
def test_counts_are_of_what_was_asked(question, reply, outcome):
    fields = {"question": question, "answer": "3", "value": 3, "unit": "count", "tolerance": 0}
    assert number(reply, **fields).outcome == outcome
