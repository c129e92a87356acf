from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from medspatial.compare.groups import Settings
from medspatial.compare.sign_flip import sign_flip, smallest_p

SMALL = st.lists(st.integers(-7, 7), min_size=1, max_size=11)


def _p(differences, **settings):
    sums = np.column_stack([differences, np.zeros(len(differences))]).astype(float)
    return sign_flip(sums, [(0, 1)], Settings(**settings))[0]


def _by_brute_force(differences):
    patterns = np.array(list(itertools.product((-1, 1), repeat=len(differences))))
    return np.mean(np.abs(patterns @ differences) >= abs(sum(differences)))


@given(SMALL)
def test_whole_differences_equal_all_sign_patterns(differences):
    found = _p(differences)
    assert found.exact
    assert found.p == pytest.approx(_by_brute_force(differences), rel=1e-12)


@pytest.mark.parametrize("seed", range(3))
def test_seventeen_patients_equal_all_sign_patterns(seed):
    differences = np.random.default_rng(seed).integers(-5, 7, size=17)
    assert _p(differences).p == pytest.approx(_by_brute_force(differences), rel=1e-12)


def test_differences_of_one_are_the_sign_test_at_any_number_of_patients():
    for first, second in ((9, 2), (700, 601), (15_000, 14_700)):
        found = _p(np.r_[np.ones(first), -np.ones(second)])
        assert found.p == pytest.approx(stats.binomtest(first, first + second).pvalue, rel=1e-10)


def test_a_tiny_p_value_keeps_its_digits():
    assert _p(np.full(300, 2)).p == pytest.approx(2.0**-299, rel=1e-12)
    assert smallest_p(300) == 2.0**-299


def test_sizes_without_a_common_step_count_every_pattern():
    differences = np.r_[np.full(400, 1), np.full(350, -1), np.full(20, 3), np.full(15, -4), 113]
    drawn = 2 * np.random.default_rng(0).integers(2, size=(20_000, len(differences))) - 1
    share = np.mean(np.abs(drawn @ differences) >= abs(differences.sum()))
    assert _p(differences).p == pytest.approx(share, abs=4 * math.sqrt(share / 20_000))


def test_no_difference_has_p_one():
    assert _p(np.zeros(1)).p == 1.0
    assert _p([3, -3]).p == 1.0
    assert _p([0.5, -0.5]).p == 1.0
    assert smallest_p(1) == 1.0


def test_fractions_of_few_patients_are_counted():
    found = _p([0.5, 0.25, 0.75])
    assert found == (pytest.approx(2 / 8), True)


def test_fractions_of_many_patients_are_drawn_and_near_the_t_test():
    difference = np.random.default_rng(5).normal(0.3, 1, 200)
    sums = np.column_stack([difference, np.zeros(200)])
    first, second = sign_flip(sums, [(0, 1), (1, 0)], Settings(resamples=20_000))
    assert first == second
    assert not first.exact
    assert first.p == pytest.approx(stats.ttest_1samp(difference, 0).pvalue, abs=0.002)


def test_chunks_of_draws_change_nothing(monkeypatch):
    difference = np.random.default_rng(5).normal(0.1, 1, 40)
    whole = _p(difference, resamples=500)
    monkeypatch.setattr("medspatial.compare.sign_flip._CHUNK_CELLS", 40 * 500)
    assert _p(difference, resamples=500) == whole
    monkeypatch.setattr("medspatial.compare.sign_flip._CHUNK_CELLS", 40 * 70)
    assert _p(difference, resamples=500).p == pytest.approx(whole.p, abs=0.1)


def test_huge_whole_sums_are_drawn():
    differences = np.full(20, 1_000_000.0)
    assert not _p(differences, resamples=50).exact
