"""What the paired test can find at all: it belongs to the number of patients and of pairs."""

from __future__ import annotations

import numpy as np
import pytest

from medspatial.compare import compare
from medspatial.compare.groups import Settings
from medspatial.compare.pairs import minimum_detectable
from medspatial.compare.sign_flip import sign_flip
from medspatial.records import Score


def _scores(patients, models, per_patient=4):
    """Models whose skill falls from all right to all wrong."""
    return [
        Score(
            id=f"q{patient}-{number}",
            case_id=f"case{patient}",
            question=f"What is number {number}?",
            answer="x",
            model=f"model{model}",
            metric="exact",
            score=float(number >= model),
            correct=number >= model,
        )
        for patient in range(patients)
        for number in range(per_patient)
        for model in range(models)
    ]


def test_many_patients_have_the_usual_figure():
    assert minimum_detectable(0.01, 10_000) == pytest.approx(2.80158 * 0.01, rel=1e-3)


def test_five_patients_can_show_nothing_at_five_percent():
    assert minimum_detectable(0.01, 5) is None
    assert minimum_detectable(0.01, 5, level=0.1) is not None


@pytest.mark.parametrize("patients", [6, 7, 9, 12, 20])
def test_what_is_called_detectable_is_found_four_times_in_five(patients):
    rng = np.random.default_rng(patients)
    shift = minimum_detectable(1 / np.sqrt(patients), patients)
    found, repeats = 0, 400
    for _ in range(repeats):
        differences = np.round(1000 * rng.normal(shift, 1, patients))  # whole: the exact test
        sums = np.column_stack([differences, np.zeros(patients)])
        found += sign_flip(sums, [(0, 1)], Settings())[0].p < 0.05
    assert 0.72 <= found / repeats <= 0.87


def test_three_patients_promise_nothing_and_say_how_far_p_can_fall():
    (pair,) = compare(_scores(3, 2), resamples=50).pairs
    assert pair.p == pytest.approx(0.25)
    assert pair.p_least == pytest.approx(0.25)
    assert pair.p_exact
    assert pair.mde is None


def test_holm_over_many_pairs_can_leave_nothing_to_find():
    found = compare(_scores(8, 5), resamples=50)
    assert len(found.pairs) == 10
    assert {pair.p_least for pair in found.pairs} == {10 * 2 / 2**8}
    assert found.mde is None
    assert not any(pair.significant for pair in found.pairs)


def test_with_ten_patients_a_difference_can_be_found():
    scores = [score for score in _scores(10, 3) if score.model != "model2"]
    (pair,) = compare(scores, resamples=50).pairs
    assert pair.p_least == pytest.approx(2 / 2**10)
    assert pair.mde is not None
    assert pair.significant


def test_an_interval_ends_where_differences_of_shares_end():
    """Two patients who differ much: the t interval alone would reach beyond 100 points."""
    rows = [one for one in _scores(2, 2) if not (one.case_id == "case0" and one.model == "model0")]
    rows += [
        one.model_copy(update={"model": "model0", "score": value, "correct": bool(value)})
        for one, value in zip(_scores(1, 1), (1.0, 0.0, 0.0, 0.0), strict=True)
    ]
    (pair,) = compare(rows, resamples=50).pairs
    assert pair.interval is not None
    assert (pair.interval.low, pair.interval.high) == (-1.0, 1.0)
    graded = [one.model_copy(update={"correct": None, "score": 3 * (one.score or 0) + 0.5}) for one in rows]
    (wide,) = compare(graded, resamples=50).pairs
    assert wide.interval is not None
    assert wide.interval.high > 1
