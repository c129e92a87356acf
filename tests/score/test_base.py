from __future__ import annotations

import pytest

from medspatial.records import Prediction, Score
from medspatial.score import Mark, Metric, Tally, metric
from medspatial.score.base import unscored


class Halves(Metric):
    """Scores the first half of a batch right, leaves the rest unscored."""

    name = "halves"

    def marks(self, rows):
        half = len(rows) // 2
        return [Mark(1.0, True)] * half + [unscored("second half", figure=1)] * (len(rows) - half)


class Short(Metric):
    name = "short"

    def marks(self, rows):
        return []


def failed(**fields):
    return Prediction(
        case_id="c", question="q?", answer="a", status="failed", error="out of memory", id="f", **fields
    )


def test_failed_predictions_are_unscored_with_their_cause_and_keep_their_place(row):
    rows = [row("left", id="a"), failed(), row("right", id="b")]
    scores = metric("exact").score(rows)
    assert [score.id for score in scores] == ["a", "f", "b"]
    assert scores[1].status == "unscored"
    assert scores[1].score is None
    assert scores[1].correct is None
    assert scores[1].reason == "the prediction failed: out of memory"
    assert [scores[0].correct, scores[2].correct] == [True, False]


def test_a_score_carries_the_rows_identity_and_is_a_valid_record(row):
    given = row(
        "left kidney",
        answer="left kidney",
        options=("left kidney", "right kidney"),
        model="m",
        arm="mirrored",
        subtype="V1",
        category="volume",
        id="x",
    )
    score = metric("structured").score([given])[0]
    assert Score.model_validate_json(score.to_json()) == score
    for name in (
        "id",
        "case_id",
        "patient_id",
        "model",
        "arm",
        "subtype",
        "category",
        "options",
        "prediction",
    ):
        assert getattr(score, name) == getattr(given, name)


def test_a_metric_that_loses_rows_is_an_error(row):
    with pytest.raises(RuntimeError, match="0 marks for 1 rows"):
        Short().score([row("left")])


def test_no_rows_no_scores():
    assert metric("exact").score([]) == []
    result = metric("exact").aggregate([])
    assert (result.rows, result.mean, result.accuracy) == (0, None, None)


def test_aggregate_leaves_unscored_rows_out_and_counts_them(row):
    judged = Halves()
    result = judged.aggregate(judged.score([row("a", id=str(n)) for n in range(4)] + [failed()]))
    assert (result.rows, result.scored, result.unanswered, result.unscored) == (5, 2, 0, 3)
    assert result.mean == 1.0
    assert result.accuracy == 1.0
    assert result.details["unscored_causes"] == {"failed": 1, "second half": 2}


def test_unanswered_counts_as_wrong_in_the_accuracy(row):
    judged = metric("structured")
    scores = judged.score([row("left", answer_type="side"), row("", answer_type="side")])
    result = judged.aggregate(scores)
    assert (result.scored, result.unanswered) == (1, 1)
    assert result.accuracy == 0.5


def test_aggregate_ignores_other_metrics_scores(row):
    scores = metric("exact").score([row("left")]) + metric("exact_naive").score([row("left")])
    assert metric("exact").aggregate(scores).rows == 1


def test_tally_takes_scores_one_by_one(row):
    tally = Tally("exact")
    for score in metric("exact").score([row("left", id="1"), row("right", id="2")]):
        tally.add(score)
    assert tally.result().accuracy == 0.5


def test_describe_names_the_metric_and_warns():
    described = metric("exact_naive").describe()
    assert described["metric"] == "exact_naive"
    assert "23 cm" in described["warning"]
