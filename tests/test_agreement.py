"""Chance-corrected agreement against published examples, reference vectors and statsmodels."""

from __future__ import annotations

import csv
import json
from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from medspatial.agreement import cohen_kappa, gwet_ac1, kappa_of_pairs, krippendorff_alpha


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


def test_pairs_and_their_table_agree():
    pairs = [("a", "a")] * 20 + [("a", "b")] * 5 + [("b", "a")] * 10 + [("b", "b")] * 15
    assert kappa_of_pairs(pairs) == pytest.approx(cohen_kappa([[20, 5], [10, 15]]))
    assert kappa_of_pairs([]) is None


def test_alpha_of_nominal_data_with_missing_values():
    """Krippendorff's own example: alpha 0.743."""
    matrix = {
        "A": "1 2 3 3 2 1 4 1 2 . . .",
        "B": "1 2 3 3 2 2 4 1 2 5 . 3",
        "C": ". 3 3 3 2 3 4 2 2 5 1 .",
        "D": "1 2 3 3 2 4 4 1 2 5 1 .",
    }
    units = {}
    for line in matrix.values():
        for place, label in enumerate(line.split()):
            if label != ".":
                units.setdefault(place, []).append(label)
    paired = [labels for labels in units.values() if len(labels) > 1]
    assert round(krippendorff_alpha(paired), 3) == 0.743


def test_one_label_throughout():
    units = [["x", "x"], ["x", "x", "x"]]
    assert krippendorff_alpha(units) is None
    assert gwet_ac1(units) == 1.0
    assert gwet_ac1([]) is None
