"""Where something is shifted to answers what asks for it, and places no finding."""

from __future__ import annotations

import pytest

from medspatial.records import Prediction
from medspatial.score import metric

STRUCTURED = metric("structured")
SHIFT = ("To which side of the patient is the mediastinum shifted?", "Right", "side")
EFFUSION = ("On which side is the pleural effusion larger?", "Right", "side")
LOBE = ("In which lobe is the spiculated nodule located?", "Right upper lobe", "anatomy")
SEGMENT = ("Which lung segment shows the opacity?", "Superior segment of the left lower lobe", "anatomy")

SHORT = (
    "Which segment of the right lung upper lobe shows ground glass opacity?",
    "The posterior segment of the right lung upper lobe.",
    "anatomy",
)


@pytest.mark.parametrize(
    ("asked", "reply", "verdict"),
    [
        (SHIFT, "The mediastinum is shifted to the right side of the patient.", "correct"),
        (SHIFT, "The mediastinal structures are shifted to the left.", "incorrect"),
        (SHIFT, "The trachea and the heart deviate to the left.", "incorrect"),
        (SHIFT, "There is rightward displacement of the trachea.", "correct"),
        (EFFUSION, "A large left effusion; the mediastinum is shifted to the right.", "incorrect"),
        (
            EFFUSION,
            "It may be larger on the left or on the right side, which depends on position.",
            "unanswered",
        ),
        (EFFUSION, "It is larger on the right than on the left side.", "correct"),
        (LOBE, "It is in the right upper lobe, attached to the major fissure.", "correct"),
        (LOBE, "It is in the right upper lobe with a pleural tag.", "correct"),
        (LOBE, "It is in the right lower lobe, tethered to the major fissure.", "incorrect"),
        (SEGMENT, "The density is located in the left lung lower lobe superior segment.", "correct"),
        (SEGMENT, "The density is located in the right lung lower lobe superior segment.", "incorrect"),
        (SEGMENT, "Left lung, lower lobe.", "incorrect"),
        (SHORT, "Posterior segment", "correct"),
        (SHORT, "Anterior segment", "incorrect"),
    ],
)
def test_what_is_asked_decides(asked: tuple[str, str, str], reply: str, verdict: str) -> None:
    question, answer, kind = asked
    row = Prediction(case_id="c", question=question, answer=answer, answer_type=kind, prediction=reply)
    (score,) = STRUCTURED.score([row])
    found = score.status if score.status != "scored" else "correct" if score.correct else "incorrect"
    assert found == verdict, score.reason


def test_a_reference_may_be_a_shift_itself() -> None:
    row = Prediction(
        case_id="c",
        question=SHIFT[0],
        answer="Shifted to the right",
        answer_type="side",
        prediction="to the right",
    )
    assert STRUCTURED.score([row])[0].correct
