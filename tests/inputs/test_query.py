"""The default prompt says the convention and never holds the reference."""

from __future__ import annotations

from medspatial.inputs import CONVENTION, Query
from medspatial.records import Question


def test_prompt_of_a_closed_question() -> None:
    question = Question(case_id="c", question="Which side?", answer="left", options=("right", "left"))
    assert Query.of(question).prompt().splitlines() == [
        CONVENTION,
        "Which side?",
        "A. right",
        "B. left",
        "Answer with the letter of the right option.",
    ]


def test_a_query_holds_no_reference() -> None:
    question = Question(
        case_id="c", question="How far?", answer="SECRET", answer_type="number", value=1.0, unit="mm"
    )
    query = Query.of(question)
    assert "SECRET" not in repr(query)
    assert query.prompt().endswith("Answer with a number in mm.")
