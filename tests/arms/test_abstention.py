"""Questions that may be declined, and questions about what no patient has."""

from __future__ import annotations

import pytest

from medspatial.arms import ABSTAIN, ARMS
from medspatial.models import create_model
from medspatial.predict import predict, read_predictions
from medspatial.records import Question
from medspatial.score import metric
from medspatial.score.structured import match


def question(text: str, options: tuple[str, ...] = ("yes", "no")) -> Question:
    return Question(
        case_id="a",
        question=text,
        answer=options[0] if options else "4",
        options=options,
        answer_type="choice",
    )


@pytest.mark.parametrize(
    ("text", "changed"),
    [
        ("Which side of the spleen?", "Which side of the right spleen?"),
        ("How far is L3 from the left kidney?", "How far is L9 from the left kidney?"),
        ("Is the left kidney above T12?", "Is the left kidney above T16?"),
        ("Is the left kidney large?", "Is the third kidney large?"),
        ("Is the middle lobe of the right lung large?", "Is the middle lobe of the left lung large?"),
        ("Is the liver whole?", "Is the second liver whole?"),
    ],
)
def test_a_false_premise_names_what_no_patient_has(text: str, changed: str) -> None:
    (found,) = ARMS["false_premise"].questions([question(text)])
    assert found.question == changed
    assert found.answer == ABSTAIN


@pytest.mark.parametrize(
    "text", ["Where is the liver tumor?", "Is the left kidney cyst large?", "Is it large?"]
)
def test_what_a_patient_can_have_is_no_false_premise(text: str) -> None:
    assert ARMS["false_premise"].questions([question(text)]) == []


def test_the_option_stands_at_any_place_and_open_questions_are_left_out() -> None:
    asked = [question(f"Is it large, {n}?") for n in range(60)]
    found = ARMS["abstain_offered"].questions(asked)
    assert {one.options.index(ABSTAIN) for one in found} == {0, 1, 2}
    assert [one.answer for one in found] == [one.answer for one in asked]
    assert ARMS["abstain_offered"].questions([question("How many?", ())]) == []


def test_declining_is_scored_like_any_option(tmp_path) -> None:
    asked = [question(f"Is the spleen large, {n}?") for n in range(8)]
    run = predict(create_model("oracle"), asked, tmp_path / "oracle.jsonl", arm="false_premise")
    for name in ("structured", "exact"):
        assert all(one.correct for one in metric(name).score(read_predictions(run.path)))


@pytest.mark.parametrize("reply", ["I cannot tell from this scan.", "I'm unable to determine this."])
def test_declining_in_words_of_ones_own_is_the_option_that_declines(reply) -> None:
    (asked,) = ARMS["abstain_offered"].questions([question("Is the spleen large?")])
    assert asked.answer == "yes"
    offered = asked.model_copy(update={"answer": ABSTAIN})
    for item, right in ((asked, False), (offered, True)):
        verdict = match(item, reply)
        assert (verdict.outcome, verdict.rule) == ("correct" if right else "incorrect", "R11")
    assert match(question("Is the spleen large?"), reply).outcome == "unanswered"


def test_same_answer_of_another_patient_is_shown_with_that_patients_evidence() -> None:
    one, two, three = (
        question("Which side?", ("left", "right")).model_copy(update={"case_id": c, "patient_id": c, "id": c})
        for c in "abc"
    )
    three = three.model_copy(update={"answer": "right"})
    arm = ARMS["same_answer_other_patient"]
    found = arm.questions([one, two, three])
    assert [(q.id, arm.view(q), q.answer) for q in found] == [("a", "b", "left"), ("b", "a", "left")]
