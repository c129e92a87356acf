from __future__ import annotations

import numpy as np
import pytest

from medspatial.compare.agreement import agreement


def test_perfect_and_none():
    found = agreement(["a", "b", "a"], ["a", "b", "a"])
    assert (found.raw, found.kappa, found.recall) == (1.0, 1.0, (1.0, 1.0))
    single = agreement(["a", "a"], ["a", "a"])
    assert (single.raw, single.kappa, single.low) == (1.0, None, None)
    assert agreement([], []).n == 0


def test_a_label_only_the_second_gave_has_no_recall():
    found = agreement(["a", "a"], ["a", "b"])
    assert found.labels == ("a", "b")
    assert found.recall == (0.5, None)


def test_lengths_must_agree():
    with pytest.raises(ValueError, match="longer"):
        agreement(["a"], ["a", "b"])


def test_kappa_agrees_with_statsmodels():
    oracle = pytest.importorskip("statsmodels.stats.inter_rater")
    rng = np.random.default_rng(2)
    first = rng.choice(["x", "y", "z"], 300)
    second = np.where(rng.random(300) < 0.6, first, rng.choice(["x", "y", "z"], 300))
    found = agreement(list(first), list(second))
    expected = oracle.cohens_kappa(np.array(found.table))
    assert found.kappa == pytest.approx(expected.kappa)
    assert found.se == pytest.approx(expected.std_kappa)
