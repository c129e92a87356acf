from __future__ import annotations

import pytest

from medspatial.records import Score
from medspatial.score.agreement import agreement, agreement_by, disagreements


def scores(values, metric="m", **fields):
    return [
        Score(
            id=str(n),
            case_id="c",
            question="q?",
            answer="a",
            metric=metric,
            correct=value,
            score=None if value is None else float(value),
            status="unscored" if value is None else "scored",
            **fields,
        )
        for n, value in enumerate(values)
    ]


def test_confusion_sensitivity_and_specificity():
    got = agreement(scores([1, 1, 0, 0, 1, None]), scores([1, 0, 1, 0, 1, 1], "judge"))
    assert (got.both, got.metric_only, got.standard_only, got.neither) == (2, 1, 1, 1)
    assert (got.rows, got.left_out) == (5, 1)
    assert got.agreement == pytest.approx(3 / 5)
    assert got.sensitivity == pytest.approx(2 / 3)
    assert got.specificity == pytest.approx(1 / 2)
    assert got.precision == pytest.approx(2 / 3)
    assert (got.metric, got.standard) == ("m", "judge")
    assert got.to_dict()["rows"] == 5


def test_rows_that_only_one_side_has_are_left_out():
    got = agreement(scores([1, 1]), scores([1, 1, 0], "judge"))
    assert (got.rows, got.left_out) == (2, 1)


def test_no_common_rows_gives_no_figures():
    got = agreement([], scores([1]))
    assert (got.kappa, got.sensitivity, got.specificity, got.agreement) == (None, None, None, None)


def test_groups_and_the_clearest_disagreements():
    metric = scores([1, 0, 1, 0], answer_type="side")[:2] + scores([1, 0, 1, 0], answer_type="free")[2:]
    standard = scores([0, 1, 1, 1], "jury")
    standard[0] = standard[0].model_copy(update={"score": 1 / 3})
    groups = agreement_by(metric, standard, lambda score: score.answer_type)
    assert list(groups) == ["free", "side"]
    assert (groups["side"].rows, groups["free"].rows) == (2, 2)
    assert groups["free"].left_out == 0
    assert [pair[0].id for pair in disagreements(metric, standard)] == ["1", "3", "0"]
