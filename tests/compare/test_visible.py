"""The visible share: from predictions into scores, failure classes and curves."""

from __future__ import annotations

import pytest

from medspatial.compare import compare, visible_share, with_visible_shares
from medspatial.errors import InputError
from medspatial.records import Prediction


def _prediction(score, **metadata):
    facts = score.model_dump(include={"id", "case_id", "patient_id", "question", "answer", "model", "arm"})
    return Prediction(**facts, prediction="x", metadata=metadata)


def test_a_question_is_as_visible_as_its_least_visible_point():
    assert visible_share({"visible_points": [1.0, 0.25, 0.5]}) == 0.25
    assert visible_share({"visible_share": 0.75, "visible_points": [0.0]}) == 0.75
    assert visible_share({"visible_points": []}) is None
    assert visible_share({"visible_points": None}) is None
    assert visible_share({}) is None


@pytest.mark.parametrize(
    "bad", [{"visible_share": 1.2}, {"visible_points": [0.1, True]}, {"visible_points": 1}]
)
def test_a_bad_figure_is_an_error(bad):
    with pytest.raises(InputError, match="visible_"):
        visible_share(bad)


def test_shares_reach_failures_and_curves(make_scores):
    scores = make_scores({"m": [0, 0, 1, 1], "k": [0, 0, 0, 0]}, ["a", "b", "c", "d"])
    seen = [0.0, 1.0, 0.2, 1.0]
    rows = [
        _prediction(score, visible_points=[1.0, share]) for score, share in zip(scores[:4], seen, strict=True)
    ]
    joined = with_visible_shares(scores, rows)
    assert [score.metadata.get("visible_share") for score in joined] == [*seen, None, None, None, None]
    comparison = compare(joined, resamples=50)
    counts = {(one.model, one.failure): one.count for one in comparison.failures if one.category is None}
    assert counts["m", "not_visible"] == 1, "a right answer about what was cut away is no failure"
    assert ("k", "not_visible") not in counts, "nothing is known about what the other model saw"
    (curve,) = [one for one in comparison.curves if one.against == "visible"]
    assert curve.model == "m"
    assert sum(part.accuracy.n for part in curve.bins) == 4


def test_another_arm_is_another_prediction(make_scores):
    (score,) = make_scores({"m": [0]})
    row = _prediction(score, visible_share=0.1).model_copy(update={"arm": "mirrored"})
    assert with_visible_shares([score], [row]) == [score]
