"""Replies that say more than their answer: explanations, spreads, causes, lesser places, reserve."""

from __future__ import annotations

from typing import Any

import pytest

from medspatial.records import Prediction
from medspatial.score import metric

QUESTIONS: dict[str, dict[str, Any]] = {
    "larger": {
        "question": "Which lung contains the larger nodule?", "answer": "Right", "answer_type": "side"
    },
    "fluid": {
        "question": "Which pleural cavity holds more fluid, the left or the right?", "answer": "Left",
        "answer_type": "side",
    },
    "shift": {
        "question": "To which side is the trachea displaced?", "answer": "Left", "answer_type": "side"
    },
    "shift_choice": {
        "question": "In which direction is the mediastinum displaced?", "answer": "To the left",
        "answer_type": "choice", "options": ("To the left", "To the right", "It is not displaced"),
    },
    "lobe": {
        "question": "Which lobe contains the cavity?", "answer": "Left upper lobe", "answer_type": "anatomy"
    },
    "disc": {
        "question": "At which disc level is the herniation?", "answer": "L4-L5", "answer_type": "anatomy"
    },
    "hu": {
        "question": "What is the mean density of the lesion in HU?", "answer": "35 HU", "value": 35.0,
        "unit": "HU", "answer_type": "number",
    },
    "length": {
        "question": "How long is the stenosis, in cm?", "answer": "2.5 cm", "value": 2.5, "unit": "cm",
        "answer_type": "number",
    },
    "size": {
        "question": "What is the largest diameter of the nodule in mm?", "answer": "14 mm", "value": 14.0,
        "unit": "mm", "answer_type": "number",
    },
    "touch": {
        "question": "Does the mass touch the duodenum?", "answer": "Yes", "answer_type": "yes_no"
    },
    "organ": {
        "question": "Which organ lies nearest to the collection?", "answer": "Pancreatic tail",
        "answer_type": "choice", "options": ("Stomach", "Spleen", "Left kidney", "Pancreatic tail"),
    },
}  # fmt: skip


@pytest.mark.parametrize(
    ("key", "reply", "verdict"),
    [
        # answers first, then explains
        ("larger", "**Right.** The right nodule is 14 mm; the left one is no more than 6 mm.", "right"),
        ("larger", "Left. The right-sided nodule is smaller.", "wrong"),
        ("fluid", "The left. There's fluid on both sides, but the right-sided layer is thin.", "right"),
        ("fluid", "Right. There is fluid on both sides; the left layer is thin.", "wrong"),
        ("fluid", "Left. Also on the right there is fluid.", "wrong"),
        # towards, not from or because of
        ("shift", "The trachea is shifted away from the right side, i.e. towards the left.", "right"),
        ("shift", "Pushed from the left to the right.", "wrong"),
        ("shift", "Deviated to the left by the right-sided effusion.", "right"),
        ("shift_choice", "Shifted toward the left, due to mass effect from the right pneumothorax.", "right"),
        ("shift_choice", "Shifted to the right by the left-sided effusion.", "wrong"),
        # a lobe with its side elsewhere
        ("lobe", "a cavity in the upper lobe apicoposterior segment of the left lung", "right"),
        ("lobe", "The cavity lies in the left lung. Upper lobe is favoured over the lower lobe.", "right"),
        ("lobe", "In the right lung. Upper lobe.", "wrong"),
        ("lobe", "Left base, lower lobe.", "wrong"),
        # discs
        ("disc", "L4/5", "right"),
        ("disc", "The herniation is at **L4-L5**; the L5-S1 disc shows only a mild bulge.", "right"),
        ("disc", "The herniation is at L5/S1; the L4-L5 disc shows only a mild bulge.", "wrong"),
        ("disc", "Not L4-L5.", "wrong"),
        ("disc", "L4-L5 or L5-S1", "unanswered"),
        ("disc", "L4", "wrong"),
        # figures beside the figure
        ("hu", "About 38 HU (standard deviation 11 HU).", "right"),
        ("hu", "Mean 60 HU, SD 35 HU.", "wrong"),
        ("length", "The narrowed segment extends over approximately 25 mm.", "right"),
        ("length", "It is over 25 mm long.", "unanswered"),
        ("length", "It spans over 4 cm.", "wrong"),
        # reserve
        ("touch", "I wouldn't commit to contact. No fat plane is seen, which is suspicious.", "unanswered"),
        ("touch", "I wouldn't commit fully, but it most likely touches the duodenum.", "right"),
        ("touch", "I cannot say for sure. Typically it touches the duodenum.", "unanswered"),
        ("touch", "I can't be certain, but it probably touches the duodenum.", "right"),
        ("size", "I can't measure this. A typical nodule would be about 14 mm.", "unanswered"),
        ("size", "I cannot measure exactly, but it is about 14 mm.", "right"),
        ("organ", "Between stomach and pancreatic tail. Either A or D could be argued for.", "unanswered"),
        ("organ", "Both A and D are plausible; I cannot pick one.", "unanswered"),
        ("organ", "It could be A or D, but D is the closest.", "right"),
    ],
)  # fmt: skip
def test_verdicts(key: str, reply: str, verdict: str) -> None:
    row = Prediction(case_id="c", prediction=reply, **QUESTIONS[key])
    score = metric("structured").score([row])[0]
    got = {True: "right", False: "wrong"}[bool(score.correct)] if score.status == "scored" else score.status
    assert got == verdict, (score.rule, score.extracted, score.reason)
