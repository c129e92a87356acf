"""McNemar, Cochran, Holm, Benjamini-Hochberg and the sign-flip test."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from medspatial.compare.discordance import cochran_q, mcnemar
from medspatial.compare.multiplicity import benjamini_hochberg, holm

P_VALUES = st.lists(st.floats(0, 1), min_size=1, max_size=12)


def test_mcnemar_is_the_binomial_test():
    exact, mid = mcnemar(9, 2)
    assert exact == pytest.approx(stats.binomtest(2, 11).pvalue)
    assert mid == pytest.approx(exact - stats.binom.pmf(2, 11, 0.5))


def test_mcnemar_of_equal_counts_and_of_none():
    assert mcnemar(3, 3) == (1.0, pytest.approx(1 - stats.binom.pmf(3, 6, 0.5)))
    assert mcnemar(0, 0) == (1.0, 1.0)


def test_cochran_of_two_models_is_mcnemars_chi_square():
    values = np.array([[1, 0]] * 9 + [[0, 1]] * 2 + [[1, 1]] * 5, dtype=float)
    found = cochran_q(values)
    assert found is not None
    assert found[0] == pytest.approx((9 - 2) ** 2 / 11)
    assert found[1] == 1


def test_cochran_without_a_difference_is_none():
    assert cochran_q(np.ones((5, 3))) is None
    assert cochran_q(np.array([[1.0], [0.0]])) is None


def test_adjustments_on_a_worked_example():
    p = [0.01, 0.04, 0.03, 0.005]
    assert holm(p) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert benjamini_hochberg(p) == pytest.approx([0.02, 0.04, 0.04, 0.02])


@given(P_VALUES)
@settings(max_examples=100)
def test_adjusted_values_keep_order_and_only_grow(p):
    for adjusted in (holm(p), benjamini_hochberg(p)):
        assert all(a >= b - 1e-12 and a <= 1 for a, b in zip(adjusted, p, strict=True))
        for (a, x), (b, y) in itertools.combinations(zip(p, adjusted, strict=True), 2):
            assert (a - b) * (x - y) >= 0
    assert all(b <= h + 1e-12 for b, h in zip(benjamini_hochberg(p), holm(p), strict=True))


def test_adjustments_agree_with_statsmodels():
    oracle = pytest.importorskip("statsmodels.stats.multitest")
    p = list(np.random.default_rng(0).random(20) ** 3)
    assert holm(p) == pytest.approx(oracle.multipletests(p, method="holm")[1])
    assert benjamini_hochberg(p) == pytest.approx(oracle.multipletests(p, method="fdr_bh")[1])
