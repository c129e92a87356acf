from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medspatial.language.commitments import commitments, final_part
from medspatial.language.comparison import question_comparison, spelled_out
from medspatial.language.sides import find_sides, sides_of
from medspatial.language.statements import statements_in


def standings(text, question=""):
    found, _ = commitments(text, find_sides, question)
    return {
        name: [m.value for m in getattr(found, name)]
        for name in ("affirmed", "denied", "compared", "alternatives", "void")
        if getattr(found, name)
    }


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("on the left", {"affirmed": ["left"]}),
        ("not on the left", {"denied": ["left"]}),
        ("no effusion on the left, fluid on the right", {"denied": ["left"], "affirmed": ["right"]}),
        ("no mass, nodule or effusion on the left", {"denied": ["left"]}),
        ("The left is normal, the right is not.", {"denied": ["left"], "affirmed": ["right"]}),
        ("no doubt on the left", {"affirmed": ["left"]}),
        ("larger than the left", {"compared": ["left"]}),
        ("larger than 5 mm on the left", {"affirmed": ["left"]}),
        ("left or right", {"alternatives": ["left", "right"]}),
        ("I cannot say whether it is left", {"void": ["left"]}),
        ("if it is left", {"void": ["left"]}),
        ("The nodule in the left lung is not calcified.", {"affirmed": ["left"]}),
        ("The left lung is not affected.", {"denied": ["left"]}),
        ("left with no extension", {"affirmed": ["left"]}),
        ("none except on the left", {"affirmed": ["left"]}),
        ("maybe left, but certainly right", {"affirmed": ["right"]}),
        ("left - no; right - yes", {"denied": ["left"], "affirmed": ["right"]}),
        ("While the left is small, the right is large.", {"affirmed": ["right"]}),
    ],
)
def test_standing(text, expected):
    assert standings(text, "on which side?") == expected


def test_a_denial_that_the_question_asks_for_is_an_answer():
    assert standings("The left kidney is absent.", "which kidney is absent?") == {"affirmed": ["left"]}
    assert standings("The left kidney is absent.", "which kidney is larger?") == {"denied": ["left"]}


@pytest.mark.parametrize(
    ("text", "part", "cue"),
    [
        ("Left. Final answer: right", "right", "final answer"),
        ("left, no wait, right", "right", "no wait"),
        ("left, actually", "left, actually", ""),
        ("The answer is left. Reason: the right is clear", "left.", "the answer is"),
        ("plain left", "plain left", ""),
    ],
)
def test_the_last_commitment(text, part, cue):
    got = final_part(text, find_sides)
    assert (got[0].strip(), got[1]) == (part, cue)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Which kidney is larger?", ("magnitude", 1)),
        ("Which is the smallest?", ("magnitude", -1)),
        ("Which organ lies closest to the liver?", ("distance", -1)),
        ("Which is less large?", ("magnitude", -1)),
        ("Which lies higher?", ("height", 1)),
        ("In which lower lobe is it?", None),
        ("Where is it?", None),
    ],
)
def test_what_a_question_compares(text, expected):
    assert question_comparison(text) == expected


def test_signs_and_negated_equatives_are_spelled_out():
    assert spelled_out("left > right") == "left  larger than  right"
    assert spelled_out("R<L") == "R smaller than L"
    assert spelled_out("not as close as the left") == "farther than the left"
    assert spelled_out("> 3 cm") == "> 3 cm"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Right kidney", {"right"}),
        ("Left and right", {"bilateral"}),
        ("Both kidneys", {"bilateral"}),
        ("lingula", {"left"}),
        ("middle lobe", {"right"}),
        ("midline", {"midline"}),
        ("to the right of the midline", {"right"}),
        ("bright upright", set()),
        ("that's right", set()),
        ("L1", set()),
        ("L kidney", {"left"}),
        ("1.5 L", set()),
        ("the liver", {"right"}),
        ("neither", {"neither"}),
        ("one side only", {"unilateral"}),
        ("patient's left (image right)", {"left"}),
        ("nothing left", set()),
    ],
)
def test_sides_of_a_text(text, expected):
    assert sides_of(text) == expected


@given(st.text(max_size=120))
def test_segments_cover_any_text_in_order(text):
    reading = statements_in(text)
    ends = [segment.end for segment in reading.segments]
    assert ends == sorted(ends)
    assert all(segment.start <= segment.end <= len(text) for segment in reading.segments)
    assert len(reading.text) == len(text)
