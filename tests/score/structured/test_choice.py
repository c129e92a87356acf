from __future__ import annotations

import pytest

from medspatial.language.letters import find_letters, without_listing
from medspatial.language.options import find_options
from medspatial.records import Prediction
from medspatial.score.structured import match

ORGANS = ("Spleen", "Pancreas", "Stomach", "Liver")


@pytest.mark.parametrize(
    ("text", "letters"),
    [
        ("B", "B"),
        ("b", "B"),
        ("(c)", "C"),
        ("C.", "C"),
        ("option d", "D"),
        ("The answer is B because", "B"),
        ("A and C", "AC"),
        ("A mass is seen", ""),
        ("CTA", ""),
        ("A. Spleen", "A"),
        ("hepatitis B", ""),
        ("Vitamin D", ""),
        ("grade B lesion", ""),
        ("It is B, not C", "BC"),
        ("Answer: a", "A"),
        ("answer: a mass", ""),
        ("segment B", ""),
        ("E", "E"),
        ("[A]", "A"),
        ("", ""),
    ],
)
def test_letters(text, letters):
    assert "".join(m.value for m in find_letters(text, 4)) == letters


@pytest.mark.parametrize(
    ("text", "options", "found"),
    [
        ("the pancreas", ORGANS, "B"),
        ("pancreatitis", ORGANS, ""),
        ("liver and spleen", ORGANS, "DA"),
        ("left-sided", ("Left kidney", "Right kidney"), "A"),
        ("IVC", ("Aorta", "Inferior vena cava"), "B"),
        ("Urinary bladder", ("Bladder", "Gallbladder"), "A"),
        ("4.8 cm", ("12 mm", "48 mm"), "B"),
        ("48", ("12 mm", "48 mm"), "B"),
        ("50 mm", ("12 mm", "48 mm"), "?"),
        ("in front of it", ("posterior", "anterior"), "B"),
        ("same size", ("left", "right", "equal"), "C"),
        ("spleen, liver", ("liver, spleen", "spleen, liver"), "B"),
        ("first the spleen, then the liver", ("liver, spleen", "spleen, liver"), "B"),
        ("only the spleen", ("liver, spleen", "spleen, liver"), ""),
    ],
)
def test_options_by_text_and_by_meaning(text, options, found):
    assert "".join(m.value for m in find_options(text, options)) == found


def test_longer_options_hide_shorter_ones():
    options = ("Kidney", "Right kidney")
    assert [m.value for m in find_options("the right kidney", options)] == ["B"]


def test_a_repeated_listing_is_taken_out():
    text = "A) Spleen B) Pancreas C) Stomach D) Liver\nAnswer: C"
    assert without_listing(text, ORGANS) == "Answer: C"


def choice(reply, answer="Stomach", options=ORGANS, question="Where is the mass?"):
    row = Prediction(
        case_id="c", question=question, answer=answer, options=options, answer_type="choice", prediction=""
    )
    return match(row, reply)


def test_the_reference_may_be_a_letter_where_options_are_missing():
    row = Prediction(case_id="c", question="Where?", answer="left", answer_type="choice", prediction="")
    assert match(row, "left").outcome == "undecided"


def test_the_extracted_answer_names_letter_and_text():
    assert choice("C").extracted == "C: Stomach"


def test_trace_tells_what_was_set_aside():
    verdict = choice("Not the spleen. The stomach.")
    assert verdict.outcome == "correct"
    assert verdict.trace == ("R3: 'A' is denied ('not')",)


@pytest.mark.parametrize("reply", ["Only the options: A) Spleen B) Pancreas C) Stomach D) Liver", "hm", "?"])
def test_no_choice_is_unanswered(reply):
    assert choice(reply).outcome == "unanswered"


def test_letters_win_over_nothing_and_agree_with_options_that_are_letters():
    assert choice("B", answer="B", options=("A", "B")).outcome == "correct"
    assert choice("A", answer="B", options=("A", "B")).outcome == "incorrect"
