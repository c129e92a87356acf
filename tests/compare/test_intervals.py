from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from medspatial.compare.intervals import main_interval, symmetric, t_quantile, wilson, z_quantile


@pytest.mark.parametrize(("successes", "n"), [(0, 10), (3, 10), (10, 10), (153, 200), (1, 1)])
def test_wilson_equals_scipy(successes, n):
    expected = stats.binomtest(successes, n).proportion_ci(method="wilson")
    assert wilson(successes / n, n) == pytest.approx((expected.low, expected.high), abs=1e-12)


def test_quantiles():
    assert z_quantile(0.95) == pytest.approx(1.959964, abs=1e-6)
    assert t_quantile(0.95, 39) == pytest.approx(stats.t.ppf(0.975, 39), abs=1e-10)


@given(
    right=st.integers(0, 60),
    wrong=st.integers(0, 60),
    clusters=st.integers(1, 60),
    se=st.floats(0, 0.5),
)
@settings(max_examples=100, deadline=None)
def test_main_interval_holds_the_estimate_and_has_a_width(right, wrong, clusters, se):
    n = right + wrong
    if n == 0 or clusters > n:
        return
    p = right / n
    interval, _ = main_interval(p, n, clusters, None if clusters == 1 else se)
    assert 0 <= interval.low <= p <= interval.high <= 1
    assert interval.high - interval.low > 0


def test_all_right_counts_patients_not_questions():
    interval, note = main_interval(1.0, 400, 40, 0.0)
    assert interval.method == "wilson_clustered"
    assert interval.low == pytest.approx(wilson(1.0, 40, quantile=t_quantile(0.95, 39))[0])
    assert interval.high == 1.0
    assert note is not None
    assert "each patient counts as one observation" in note


def test_one_patient_says_so():
    interval, note = main_interval(0.5, 20, 1, None)
    assert interval.method == "wilson"
    assert note is not None
    assert "one patient" in note


def test_clustering_widens_and_never_narrows():
    plain, _ = main_interval(0.5, 400, 40, 0.001)
    clustered, _ = main_interval(0.5, 400, 40, 0.08)
    at_most_n = wilson(0.5, 400, quantile=t_quantile(0.95, 39))
    assert (plain.low, plain.high) == pytest.approx(at_most_n)
    assert clustered.high - clustered.low > 2 * (plain.high - plain.low)


def test_symmetric_is_not_clipped():
    interval = symmetric(0.99, 0.1, 2.0, "cluster_t")
    assert (interval.low, interval.high) == pytest.approx((0.79, 1.19))
