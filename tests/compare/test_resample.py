from __future__ import annotations

import numpy as np
import pytest

from medspatial.compare.clustered import PatientSums, design_effect, se_independent, se_miller, sum_by_patient
from medspatial.compare.resample import (
    bootstrap_means,
    bootstrap_weights,
    percentile_limits,
)


def _plain_loop(values, patients, drawn):
    rows = np.concatenate([np.flatnonzero(patients == patient) for patient in drawn])
    return values[rows].mean(axis=0)


def test_sums_equal_a_plain_loop():
    rng = np.random.default_rng(0)
    values, patients = rng.random((50, 3)), rng.integers(7, size=50)
    sums = sum_by_patient(values, patients, 8)
    for patient in range(8):
        assert sums.sums[patient] == pytest.approx(values[patients == patient].sum(axis=0))
        assert sums.counts[patient] == (patients == patient).sum()
    assert sums.n == 50
    assert sums.clusters == 7


def test_bootstrap_equals_the_plain_loop_draw_by_draw():
    rng = np.random.default_rng(3)
    values = (rng.random((60, 4)) < 0.4).astype(float)
    patients = rng.integers(9, size=60)
    sums = sum_by_patient(values, patients, 9)
    means = bootstrap_means([sums], 25, np.random.default_rng(11))[0]
    for row, weights in zip(
        means, np.vstack(list(bootstrap_weights(9, 25, np.random.default_rng(11)))), strict=True
    ):
        drawn = np.repeat(np.arange(9), weights.astype(int))
        assert len(drawn) == 9
        assert row == pytest.approx(_plain_loop(values, patients, drawn), abs=1e-6)


def test_groups_share_their_draws():
    sums = PatientSums(np.array([[1.0], [0.0], [2.0]]), np.array([1.0, 1.0, 2.0]))
    first, second = bootstrap_means([sums, sums], 50, np.random.default_rng(0))
    assert np.array_equal(first, second)


def test_chunks_do_not_change_the_number_of_draws(monkeypatch):
    monkeypatch.setattr("medspatial.compare.resample._CHUNK_CELLS", 30)
    weights = np.vstack(list(bootstrap_weights(10, 8, np.random.default_rng(0))))
    assert weights.shape == (8, 10)
    assert (weights.sum(axis=1) == 10).all()


def test_draws_without_a_question_are_left_out():
    draws = np.array([[np.nan], [0.5], [0.7]], dtype=np.float32)
    assert percentile_limits(draws, 0.95)[:, 0] == pytest.approx([0.505, 0.695], abs=1e-6)
    assert np.isnan(percentile_limits(draws[:1], 0.95)).all()


def test_standard_errors_of_independent_questions_agree():
    values = np.array([[1.0], [0.0], [1.0], [1.0]])
    patients = np.arange(4)
    sums = sum_by_patient(values, patients, 4)
    assert sums.se_cr1() == pytest.approx(se_independent(values))
    assert se_miller(values, patients, 4) == pytest.approx(se_independent(values))
    assert sum_by_patient(values, np.zeros(4, dtype=int), 1).se_cr1() is None
    assert np.isnan(PatientSums(np.zeros((2, 1)), np.zeros(2)).means).all()


def test_design_effect_of_copies_is_their_number():
    values = np.repeat(np.array([[1.0], [0.0], [1.0], [0.0]]), 5, axis=0)
    sums = sum_by_patient(values, np.repeat(np.arange(4), 5), 4)
    assert design_effect(0.5, 20, float(sums.se_cr0()[0])) == pytest.approx(5)
    assert design_effect(1.0, 20, 0.0) is None
