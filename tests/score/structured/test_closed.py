"""Questions with yes and no, or with sides, among their options."""

from __future__ import annotations

import pytest

from medspatial.language.closed_sets import closed_set
from medspatial.records import Prediction
from medspatial.score.structured import match

YES_NO = ("yes", "no")
SIDES = ("right", "left", "midline")
KIDNEYS = ("the left kidney", "the right kidney", "both kidneys", "neither kidney")
HALVES = (
    "only the left side",
    "only the right side",
    "both the left and the right side",
    "neither the left nor the right side",
)
LARGER = ("the left one is larger", "the right one is larger", "they are about equal")


def verdict(reply, answer, options, question):
    kind = "yes_no" if answer in YES_NO else "side" if answer in SIDES else "choice"
    row = Prediction(
        case_id="c", question=question, answer=answer, options=options, answer_type=kind, prediction=""
    )
    return match(row, reply)


@pytest.mark.parametrize(
    ("options", "values"),
    [
        (("no", "yes"), {"no": 0, "yes": 1}),
        (("True", "False"), {"yes": 0, "no": 1}),
        (("yes", "no", "about equal"), {"yes": 0, "no": 1}),
        (SIDES, {"right": 0, "left": 1, "midline": 2}),
        (HALVES, {"left": 0, "right": 1, "bilateral": 2, "neither": 3}),
        (LARGER, {"left": 0, "right": 1, "equal": 2}),
        (("Left kidney", "Right kidney", "Both kidneys equally", "Neither kidney"), None),
        (("left kidney", "spleen"), None),
        (("left kidney", "right lung"), None),
        (("left upper lobe", "left lower lobe", "right lower lobe"), None),
        (("12 mm", "24 mm"), None),
    ],
)
def test_what_options_stand_for(options, values):
    found = closed_set(options)
    if options[-1] == "Neither kidney":
        values = {"left": 0, "right": 1, "bilateral": 2, "equal": 2, "neither": 3}
    assert (found.values if found else None) == values


TOUCH = "Do the liver and the right kidney touch each other in this scan?"


@pytest.mark.parametrize("options", [YES_NO, ()])
@pytest.mark.parametrize(
    ("reply", "answer", "outcome"),
    [
        ("Yes. There is no gap between them.", "yes", "correct"),
        ("Yes, with no fat plane in between", "yes", "correct"),
        ("Yes, no doubt", "yes", "correct"),
        ("Yes, no gap is visible.", "yes", "correct"),
        ("Yes - no space separates the two.", "yes", "correct"),
        ("yes there is no plane between the liver and kidney", "yes", "correct"),
        ("The answer is yes, because no fat lies between them.", "yes", "correct"),
        ("Yes, there's no question about it.", "yes", "correct"),
        ("They are in contact with no intervening fat.", "yes", "correct"),
        ("There is contact, no gap.", "yes", "correct"),
        ("The liver abuts the right kidney without a gap.", "yes", "correct"),
        ("At first I would say no, but actually yes, there is no gap.", "yes", "correct"),
        ("Final answer: yes (no gap)", "yes", "correct"),
        ("No doubt, yes.", "yes", "correct"),
        ("y", "yes", "correct"),
        ("No. There is no contact.", "no", "correct"),
        ("No contact between the liver and the right kidney is seen.", "no", "correct"),
        ("There is a gap between the liver and the right kidney.", "no", "correct"),
        ("The liver and the right kidney do not touch each other.", "no", "correct"),
        ("They are separated by fat.", "no", "correct"),
        ("No doubt: no.", "no", "correct"),
        ("N", "no", "correct"),
        ("No. There is no gap between them.", "yes", "incorrect"),
        ("Yes. There is no contact.", "no", "incorrect"),
        ("Yes. Wait, no, there is a gap.", "yes", "incorrect"),
        ("Yes and no", "yes", "unanswered"),
        ("Yes, no.", "yes", "unanswered"),
        ("Either yes or no", "yes", "unanswered"),
        ("I cannot tell; no image was provided.", "no", "unanswered"),
        ("There is no way to know.", "no", "unanswered"),
    ],
)
def test_polarity_with_and_without_options(reply, answer, outcome, options):
    assert verdict(reply, answer, options, TOUCH).outcome == outcome


@pytest.mark.parametrize(
    ("reply", "outcome"),
    [
        ("A", "correct"),
        ("A. Yes, there is no gap.", "correct"),
        ("(A) Yes. No fat plane is seen.", "correct"),
        ("A: yes, no gap", "correct"),
        ("A. Therefore there is no gap", "correct"),
        ("B", "incorrect"),
        ("A. No", "incorrect"),
        ("A. No, they are apart", "incorrect"),
        ("A. No there is a gap", "incorrect"),
        ("B. Yes", "incorrect"),
        ("D", "incorrect"),
    ],
)
def test_letters_of_yes_and_no(reply, outcome):
    assert verdict(reply, "yes", YES_NO, TOUCH).outcome == outcome


@pytest.mark.parametrize(
    ("reply", "answer", "outcome"),
    [
        ("Yes, no doubt.", "yes", "correct"),
        ("Yes, they are not about equal", "yes", "correct"),
        ("No, they are about equal", "about equal", "correct"),
        ("They are about equal in volume.", "about equal", "correct"),
        ("C", "about equal", "correct"),
        ("No, the right is larger", "no", "correct"),
        ("Yes, they are about equal", "yes", "incorrect"),
    ],
)
def test_an_option_beside_yes_and_no(reply, answer, outcome):
    options = ("yes", "no", "about equal")
    question = "Is the left kidney larger than the right kidney?"
    assert verdict(reply, answer, options, question).outcome == outcome


@pytest.mark.parametrize(
    ("options", "question", "reply", "answer", "outcome"),
    [
        (SIDES, "On which side does the clip lie?", "In the right lower lobe", "right", "correct"),
        (SIDES, "On which side does the clip lie?", "R", "right", "correct"),
        (SIDES, "On which side does the clip lie?", "L", "right", "incorrect"),
        (SIDES, "On which side does the clip lie?", "Right, not left", "right", "correct"),
        (SIDES, "On which side does the clip lie?", "Right, the clip is on the left.", "left", "correct"),
        (SIDES, "On which side does the clip lie?", "That's right, it is on the left.", "right", "incorrect"),
        (SIDES, "On which side does the clip lie?", "It lies right of the midline.", "right", "correct"),
        (
            SIDES,
            "On which side does the clip lie?",
            "Centrally, neither left nor right.",
            "midline",
            "correct",
        ),
        (SIDES, "On which side does the clip lie?", "left and right", "right", "incorrect"),
        (SIDES, "On which side does the clip lie?", "either left or right", "right", "unanswered"),
        (SIDES, "On which side does the clip lie?", "It is not on the left.", "right", "unanswered"),
        (SIDES, "On which side does the clip lie?", "Not on the right.", "right", "incorrect"),
        (SIDES, "On which side does the clip lie?", "D", "right", "incorrect"),
        (
            KIDNEYS,
            "Which kidneys contain cysts?",
            "The left kidney, no cyst on the right.",
            KIDNEYS[0],
            "correct",
        ),
        (KIDNEYS, "Which kidneys contain cysts?", "left and right", KIDNEYS[2], "correct"),
        (
            KIDNEYS,
            "Which kidneys contain cysts?",
            "No cysts in the left or the right kidney",
            KIDNEYS[3],
            "correct",
        ),
        (HALVES, "Which sides contain lesions?", "Both sides", HALVES[2], "correct"),
        (HALVES, "Which sides contain lesions?", "left and right", HALVES[2], "correct"),
        (HALVES, "Which sides contain lesions?", "left and right", HALVES[0], "incorrect"),
        (
            HALVES,
            "Which sides contain lesions?",
            "Neither the left nor the right side does.",
            HALVES[3],
            "correct",
        ),
        (HALVES, "Which sides contain lesions?", "None", HALVES[3], "correct"),
        (
            HALVES,
            "Which sides contain lesions?",
            "The left side only; nothing on the right",
            HALVES[0],
            "correct",
        ),
        (LARGER, "Which kidney is larger?", "The right one is smaller.", LARGER[0], "correct"),
        (LARGER, "Which kidney is larger?", "Neither is larger.", LARGER[2], "correct"),
        (LARGER, "Which kidney is larger?", "They are similar in size.", LARGER[2], "correct"),
        (
            LARGER,
            "Which kidney is larger?",
            "The left one is as large as the right one",
            LARGER[2],
            "correct",
        ),
        (
            LARGER,
            "Which kidney is larger?",
            "They are not equal; the left one is larger.",
            LARGER[0],
            "correct",
        ),
        (LARGER, "Which kidney is larger?", "Left: 180 ml, right: 150 ml", LARGER[0], "correct"),
        (
            LARGER,
            "Which kidney is larger?",
            "The right kidney is larger than the left.",
            LARGER[0],
            "incorrect",
        ),
        (LARGER, "Which kidney is larger?", "Both", LARGER[0], "unanswered"),
    ],
)
def test_sides_as_options(options, question, reply, answer, outcome):
    assert verdict(reply, answer, options, question).outcome == outcome


def test_the_extracted_answer_is_the_option():
    assert verdict("Yes. There is no gap.", "yes", YES_NO, TOUCH).extracted == "A: yes"
    assert (
        verdict("The right one is smaller.", LARGER[0], LARGER, "Which is larger?").extracted
        == f"A: {LARGER[0]}"
    )
