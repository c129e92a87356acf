"""Sides of the image, the screen and the viewer beside those of the patient."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medspatial.language.image_sides import without_image_sides
from medspatial.records import Prediction
from medspatial.score.structured import match


def verdict(
    reply, answer="right", options=(), question="On which side of the body does the clip lie?", **fields
):
    kind = fields.pop("answer_type", "side")
    row = Prediction(
        case_id="c", question=question, answer=answer, options=options, answer_type=kind, prediction=""
    )
    return match(row, reply)


BOTH_NAMED = [
    "It is on the {} side of the image, i.e. the patient's {}.",
    "Image {}, patient {}",
    "On the {} side of the image, which is the {} side of the patient",
    "On the viewer's {}, therefore on the patient's {}",
    "{} of the screen = patient's {}",
    "The clip is on image {}, which by radiological convention is the {} side.",
    "It appears on the {} in the image. That is the patient's {}.",
    "{}, i.e. the patient's {}",
    "{} (patient's {})",
    "Viewer's {} / patient's {}",
    "From the viewer's perspective it is on the {}, but anatomically it is on the {}.",
    "On the {} side of the picture, but on the patient's {} side.",
    "Shown on the {} of the slice, so it's the {} side.",
    "{} on the screen; {} in the patient",
    "The image's {} side corresponds to the {}.",
    "On the {} of the scan, that is the patient's {}.",
]
PATIENT_FIRST = [
    "The patient's {} side (shown on the {} of the image)",
    "{} ({} on the image)",
    "{} (image {}).",
    "patient-{} (screen-{})",
    "The clip lies to the {} of the patient, on the {}-hand side of the image.",
    "The {} side of the patient's body, displayed on the {} side of the image",
    "It is on the patient's {}, the {} of the image",
    "The patient's {} and the {} of the image",
]


@pytest.mark.parametrize("options", [("right", "left", "midline"), ()])
@pytest.mark.parametrize("form", BOTH_NAMED + PATIENT_FIRST)
def test_the_patients_side_counts(form, options):
    first = form in PATIENT_FIRST
    right = form.format("right", "left") if first else form.format("left", "right")
    left = form.format("left", "right") if first else form.format("right", "left")
    assert verdict(right, options=options).outcome == "correct"
    assert verdict(left, options=options).outcome == "incorrect"
    assert verdict(left, answer="left", options=options).outcome == "correct"


def test_the_image_may_show_the_patient_as_he_lies():
    assert verdict("On the left side of the image, which is the patient's left").outcome == "incorrect"
    assert verdict("On the right of the image, the patient's right").outcome == "correct"


@pytest.mark.parametrize("options", [("right", "left", "midline"), ()])
@pytest.mark.parametrize(
    "reply",
    [
        "On the right side of the image.",
        "image right",
        "The clip lies in the right half of the picture.",
        "viewer's right",
        "on the right-hand side of the screen",
        "in the right upper corner of the axial slice",
        "on the left and right of the image",
    ],
)
def test_an_image_side_alone_does_not_state_the_patients(reply, options):
    found = verdict(reply, options=options)
    assert (found.outcome, found.rule) == ("unanswered", "R9")
    assert found.reason == "names only a side of the image, not the patient's"
    assert found.trace[0].startswith("R9: '")


@pytest.mark.parametrize(
    ("reply", "answer", "outcome"),
    [
        ("In this image, the clip is on the left side.", "left", "correct"),
        ("The clip in the image is on the left.", "left", "correct"),
        ("The left side of the scan", "left", "correct"),
        ("The image shows the clip on the right and nothing on the left.", "right", "correct"),
        ("In this image left lung holds the clip", "left", "correct"),
        ("The patient's right side is clear; the clip is on the left in the image.", "left", "correct"),
        ("The patient's right side is clear but the clip is on the left in this scan.", "left", "correct"),
        ("It is not on the patient's right but on the left.", "right", "incorrect"),
        ("the patient's left and the patient's right", "right", "incorrect"),
        ("left or the patient's right", "right", "unanswered"),
        ("Left side of the image, and the patient's left or right", "right", "unanswered"),
        ("In the midline of the image", "midline", "correct"),
    ],
)
def test_what_is_no_side_of_the_image(reply, answer, outcome):
    assert verdict(reply, answer).outcome == outcome
    assert verdict(reply, answer, ("right", "left", "midline")).outcome == outcome


def test_a_letter_chooses_whatever_side_stands_behind_it():
    options = ("right", "left", "midline")
    assert verdict("A (image left)", options=options).outcome == "correct"
    assert verdict("B. left of the image", options=options).outcome == "incorrect"


def test_questions_about_the_image_mean_its_sides():
    question = "On which side of the image is the liver?"
    assert verdict("on the left side of the image", "left", question=question).outcome == "correct"


@pytest.mark.parametrize("options", [("yes", "no"), ()])
def test_yes_and_no_need_the_patients_side_too(options):
    question = "Does the clip lie on the right side of the body?"

    def judged(reply):
        return verdict(reply, "yes", options, question, answer_type="yes_no").outcome

    assert judged("The clip lies on the right side of the image.") == "unanswered"
    assert judged("Yes, on the left side of the image.") == "correct"
    assert judged("No, on the left side of the image.") == "incorrect"
    assert judged("The clip lies on the patient's right, the left of the image.") == "correct"


@given(st.text("lefright imagptns',.()-of", max_size=60))
def test_blanking_keeps_places(text):
    blanked, views = without_image_sides(text)
    assert len(blanked) == len(text)
    assert all(a in {b, " "} for a, b in zip(blanked, text, strict=True))
    assert bool(views) == (blanked != text)
