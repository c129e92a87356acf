from __future__ import annotations

import csv
import json
from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from medspatial.records import Score
from medspatial.score.agreement import agreement, agreement_by, cohen_kappa, disagreements


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


def test_kappa_without_variation_is_undefined():
    assert cohen_kappa([[5, 0], [0, 0]]) is None
    assert cohen_kappa([[0, 0], [0, 0]]) is None


@settings(max_examples=50, deadline=None)
@given(st.lists(st.integers(1, 40), min_size=4, max_size=4))
def test_kappa_and_its_error_equal_statsmodels(cells):
    inter_rater = pytest.importorskip("statsmodels.stats.inter_rater")
    table = np.array(cells).reshape(2, 2)
    got = cohen_kappa(table.tolist())
    want = inter_rater.cohens_kappa(table)
    assert got[0] == pytest.approx(want.kappa, abs=1e-12)
    assert got[1] == pytest.approx(want.std_kappa, abs=1e-9)


def test_perfect_agreement_is_one_with_no_error():
    assert cohen_kappa([[5, 0], [0, 7]]) == pytest.approx((1.0, 0.0))


def test_groups_and_the_clearest_disagreements():
    metric = scores([1, 0, 1, 0], answer_type="side")[:2] + scores([1, 0, 1, 0], answer_type="free")[2:]
    standard = scores([0, 1, 1, 1], "jury")
    standard[0] = standard[0].model_copy(update={"score": 1 / 3})
    groups = agreement_by(metric, standard, lambda score: score.answer_type)
    assert list(groups) == ["free", "side"]
    assert (groups["side"].rows, groups["free"].rows) == (2, 2)
    assert groups["free"].left_out == 0
    assert [pair[0].id for pair in disagreements(metric, standard)] == ["1", "3", "0"]


def test_three_way_table_of_the_reference_vectors(shared):
    expected = json.loads((shared / "parity" / "statistics" / "expected.json").read_text())[
        "judge_agreement_model_a"
    ]
    with (shared / "parity" / "statistics" / "correctness.csv").open() as stream:
        cells = Counter((r["human_verdict_a"], r["judge_verdict_a"]) for r in csv.DictReader(stream))
    labels = expected["labels"]
    table = [[cells[human, judge] for judge in labels] for human in labels]
    assert table == expected["table_rows_human_columns_judge"]
    kappa, error = cohen_kappa(table)
    assert kappa == pytest.approx(expected["cohens_kappa"], abs=1e-9)
    assert error == pytest.approx(expected["kappa_se"], abs=1e-9)
