"""Scores: typed figures and votes, and files of earlier versions."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from medspatial.records import NumericAccuracy, Prediction, Reading, Score
from medspatial.score import metric
from medspatial.score.structured.target import accuracy

ROW = {
    "case_id": "c",
    "question": "How large is it?",
    "answer": "20 mm",
    "metric": "structured",
    "score": 1.0,
}


def score(**fields):
    return Score.model_validate({**ROW, **fields})


def test_figures_of_an_earlier_file_become_a_field():
    old = {"figure": 25.0, "reference": 20.0, "relative_error": 0.25, "mra": 0.5, "band": "within 25%"}
    found = score(metadata={**old, "trace": ["R10"]})
    assert found.numeric == NumericAccuracy(**old)
    assert found.metadata == {"trace": ["R10"]}


@pytest.mark.parametrize(
    "foreign",
    [
        {"figure": "Fig. 2", "reference": 3.0},
        {"figure": 2.0},
        {"reference": 2.0, "band": "L"},
        {"figure": True, "reference": 1},
        {"figure": 2.0, "reference": 3.0},
        {"figure": "2", "reference": 3, "relative_error": 0.1, "mra": 1, "band": "A"},
        {"votes": ["yes", "no"]},
        {"votes": {"likes": 3}},
        {"votes": "three"},
        {"self_consistency": 0.5},
        {"mra": 0.3},
    ],
)
def test_what_others_keep_under_such_names_stays_where_it_is(foreign):
    found = score(metadata=foreign)
    assert found.metadata == foreign
    assert found.numeric is None
    assert found.votes is None


def test_a_jurys_votes_of_an_earlier_file_become_words():
    found = score(metadata={"votes": {"judge:a": True, "judge:b": False, "judge:c": None}})
    assert found.votes == {"judge:a": "correct", "judge:b": "incorrect", "judge:c": None}
    assert found.metadata == {}


def test_the_counted_repeats_of_an_earlier_file_become_votes_of_the_same_consistency():
    found = score(metadata={"votes": {"correct": 2, "incorrect": 1}, "self_consistency": 2 / 3, "cost": 0.1})
    assert sorted((found.votes or {}).values()) == ["correct", "correct", "incorrect"]
    assert found.self_consistency == pytest.approx(2 / 3)
    assert found.metadata == {"cost": 0.1}


def test_a_field_that_is_given_is_not_replaced_by_metadata():
    given_ = NumericAccuracy(figure=1, reference=1, relative_error=0, mra=1, band="within 5%")
    found = score(numeric=given_.model_dump(), metadata={"figure": 9.0, "reference": 1.0})
    assert found.numeric == given_


@pytest.mark.parametrize(
    ("votes", "share"),
    [
        (None, None),
        ({}, None),
        ({"a": None}, None),
        ({"a": "correct", "b": None}, 1.0),
        ({"a": "correct", "b": "incorrect"}, 0.5),
        ({"a": "unanswered", "b": "unanswered", "c": "correct"}, 2 / 3),
    ],
)
def test_consistency_counts_the_votes_that_were_cast(votes, share):
    assert score(votes=votes).self_consistency == (None if share is None else pytest.approx(share))


def test_a_vote_is_one_of_three_words():
    with pytest.raises(ValidationError, match=r"votes\.a"):
        score(votes={"a": "right"})


@given(
    st.floats(-1e6, 1e6), st.floats(-1e6, 1e6), st.sampled_from(["committed", "hedged"]), st.text(max_size=20)
)
def test_a_score_comes_back_from_its_line_as_it_was(figure, reference, standing, said):
    one = score(
        numeric=accuracy(figure, reference).model_dump(),
        reading=Reading(standing=standing, figure=figure, unit="mm").model_dump(),
        extracted=said,
        votes={"sample 1": "correct", "sample 2": None},
    )
    assert Score.model_validate_json(one.model_dump_json()) == one


def test_scores_made_without_checks_equal_those_that_are_checked():
    row = {
        "case_id": "c",
        "question": "How large is it?",
        "answer": "20 mm",
        "answer_type": "number",
        "value": 20,
        "unit": "mm",
        "prediction": "2.1 cm",
    }
    made = metric("structured").score([Prediction.model_validate(row)])[0]
    assert Score.model_validate(json.loads(made.model_dump_json())) == made
    assert made.numeric is not None
    assert made.numeric.figure == pytest.approx(21.0)
    assert made.reading is not None
    assert (made.reading.figure, made.reading.unit) == (pytest.approx(21.0), "mm")


def test_a_row_of_too_few_values_is_refused():
    with pytest.raises(ValueError, match="argument"):
        Score.unchecked(("id", "case"))
