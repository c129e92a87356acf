from __future__ import annotations

import pytest

from medspatial.report_questions.chunks import read_chunks
from medspatial.report_questions.places import read_units


def _read(text):
    units = read_units(read_chunks(text))
    return units and [(one.organ, "/".join(sorted(one.sides)), one.lobe, one.segments) for one in units]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "upper and lower lobes of the right lung",
            [("lung", "right", "upper", ()), ("lung", "right", "lower", ())],
        ),
        ("right upper and middle lobes", [("lung", "right", "upper", ()), ("lung", "right", "middle", ())]),
        (
            "left lung lower lobe and upper lobe",
            [("lung", "left", "lower", ()), ("lung", "left", "upper", ())],
        ),
        (
            "apical and posterior segments of the right upper lobe",
            [("lung", "right", "upper", ("apical",)), ("lung", "right", "upper", ("posterior",))],
        ),
        ("both lower lobes", [("lung", "left/right", "lower", ())]),
        ("right and left lung", [("lung", "left/right", "", ())]),
        ("left lung inferior lingular segment", [("lung", "left", "upper", ("inferior lingular",))]),
        ("posterobasal segment of the lower lobe", [("lung", "", "lower", ("posterobasal",))]),
    ],
)
def test_lists_share_their_words_as_english_does(text, expected):
    assert _read(text) == expected


@pytest.mark.parametrize("text", ["the lower lobes", "the lungs", "the ribs", "the apices", "adrenal glands"])
def test_a_plural_gives_no_side(text):
    assert all(not one.sides for one in read_units(read_chunks(text)))


@pytest.mark.parametrize(
    "text",
    [
        "middle lobe of the left lung",
        "right lingula",
        "right left lung",
        "right lobe",
        "minor fissure of the left lung",
    ],
)
def test_what_cannot_be_is_not_read(text):
    assert read_units(read_chunks(text)) is None


def test_a_side_that_follows_says_why():
    middle, lingula = read_units(read_chunks("middle lobe and lingula"))
    assert (middle.sides, middle.inferred) == ({"right"}, "the middle lobe is right")
    assert (lingula.sides, lingula.inferred) == ({"left"}, "the lingula is left")
    assert read_units(read_chunks("right middle lobe"))[0].inferred == ""


def test_other_organs():
    kidney, liver, level, rib = (
        read_units(read_chunks(text))[0]
        for text in (
            "upper pole of the left kidney",
            "liver segment 6",
            "T11 vertebra",
            "7th rib on the right",
        )
    )
    assert (kidney.organ, kidney.sides, kidney.parts) == ("kidney", {"left"}, ("upper pole",))
    assert (liver.organ, liver.numbers) == ("liver", ("6",))
    assert level.vertebrae == ("T11",)
    assert (rib.organ, rib.sides, rib.numbers) == ("rib", {"right"}, ("7",))
