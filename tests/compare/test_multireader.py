"""Multi-reader multi-case analysis against printed examples, and against itself by another way."""

from __future__ import annotations

import math

import numpy as np
import pytest

from medspatial.compare.multireader import (
    dorfman_berbaum_metz,
    jackknife,
    jackknife_covariance,
    obuchowski_rockette,
    pseudovalues,
)
from medspatial.errors import InputError

# Van Dyke's study (spin echo against cine MRI, 5 readers, 114 patients): areas and covariances as printed
# by MRMCaov and RJafroc for the empirical area under the ROC curve with the jackknife.
VAN_DYKE = np.array(
    [
        [0.91964573, 0.85877617, 0.90386473, 0.97310789, 0.82979066],
        [0.94782609, 0.90531401, 0.92173913, 0.99935588, 0.92995169],
    ]
)
VARIANCE, COV1, COV2, COV3 = 0.0008022883, 0.0003466137, (0.0004839618, 0.0002041879), 0.0002390284


def van_dyke_covariance() -> np.ndarray:
    found = np.empty((2, 5, 2, 5))
    for i, j, k, m in np.ndindex(found.shape):
        if i == k:
            found[i, j, k, m] = VARIANCE if j == m else COV2[i]
        else:
            found[i, j, k, m] = COV1 if j == m else COV3
    return found


def test_van_dyke_to_the_printed_digits() -> None:
    found = obuchowski_rockette(VAN_DYKE, van_dyke_covariance())
    parts, test = found.components, found.test
    assert test is not None
    assert parts.ms_treatment == pytest.approx(0.004796171, abs=5e-10)
    assert parts.ms_interaction == pytest.approx(0.0005510306, abs=5e-11)
    assert parts.reader == pytest.approx(0.0015349993, abs=5e-10)
    assert parts.interaction == pytest.approx(0.0002004025, abs=5e-10)
    assert test.f == pytest.approx(4.456319, abs=5e-6)
    assert test.df2 == pytest.approx(15.25967, abs=5e-5)
    assert test.p == pytest.approx(0.05166569, abs=5e-8)
    apart = found.differences[0, 1]
    assert (apart.value, apart.se) == pytest.approx((-0.04380032, 0.02074862), abs=5e-8)
    assert (apart.low, apart.high) == pytest.approx((-0.0879594986, 0.0003588544), abs=5e-8)
    assert apart.p == pytest.approx(0.05166569, abs=5e-8)
    first, second = found.means
    assert (first.value, first.se) == pytest.approx((0.8970370, 0.03317360), abs=5e-8)
    assert first.df == pytest.approx(12.74465, abs=5e-5)
    assert (first.low, first.high) == pytest.approx((0.8252236, 0.9688505), abs=5e-7)
    assert (second.value, second.se) == pytest.approx((0.9408374, 0.02156637), abs=5e-8)
    assert second.df == pytest.approx(12.71019, abs=5e-5)
    assert (second.low, second.high) == pytest.approx((0.8941378, 0.9875369), abs=5e-7)


def area(scores: np.ndarray) -> np.ndarray:
    """The empirical area under the ROC curve; a score over 10 marks a diseased case."""
    diseased = scores[0, 0] > 10
    ratings = np.where(scores > 10, scores - 20, scores)
    apart = ratings[..., diseased][..., :, None] - ratings[..., ~diseased][..., None, :]
    return ((apart > 0) + 0.5 * (apart == 0)).mean(axis=(-1, -2))


def simulated(seed: int, t: int = 2, r: int = 4, n: int = 60) -> np.ndarray:
    rng = np.random.default_rng(seed)
    shared = rng.normal(size=n) + rng.normal(size=(t, 1, n)) * 0.4 + rng.normal(size=(r, n)) * 0.4
    return shared + rng.normal(size=(t, r, n)) * 0.5


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("kind", ["accuracy", "area"])
def test_both_methods_agree(seed: int, kind: str) -> None:
    """Hillis' identity: the two models with the jackknife are one test."""
    scores = simulated(seed, t=2 + seed % 2)
    if kind == "area":
        scores = np.clip(scores, -4, 4) + np.where(np.arange(60) < 25, 20.5, 0.0)
        figures, without = jackknife(scores, figure=area)
    else:
        figures, without = jackknife((scores > -0.5).astype(float))
    one = obuchowski_rockette(figures, jackknife_covariance(without)).test
    other = dorfman_berbaum_metz(pseudovalues(figures, without))
    assert one is not None
    assert (one.f, one.df1, one.df2, one.p) == pytest.approx((other.f, other.df1, other.df2, other.p))


def test_jackknife_of_a_mean_is_its_sampling_covariance() -> None:
    scores = simulated(7)
    _, without = jackknife(scores)
    expected = np.cov(scores.reshape(8, -1)) / scores.shape[-1]
    assert np.allclose(jackknife_covariance(without).reshape(8, 8), expected)


def test_questions_of_a_patient_leave_together() -> None:
    scores = np.repeat(simulated(8), 3, axis=2)
    _, one = jackknife(simulated(8))
    _, other = jackknife(scores, [place // 3 for place in range(180)])
    assert np.allclose(jackknife_covariance(one), jackknife_covariance(other))


def test_size_of_the_test_is_held() -> None:
    """Where treatments are alike, about one study in twenty says otherwise."""
    wrong = 0
    for seed in range(400):
        rng = np.random.default_rng(seed)
        level = rng.normal(size=(1, 4, 1)) * 0.3 + rng.normal(size=(1, 1, 50)) + rng.normal(size=(2, 4, 50))
        figures, without = jackknife((level > 0).astype(float))
        test = obuchowski_rockette(figures, jackknife_covariance(without)).test
        wrong += test is not None and test.p < 0.05
    assert 5 <= wrong <= 32


def test_what_cannot_be_analysed_is_said() -> None:
    with pytest.raises(InputError, match="two readers"):
        obuchowski_rockette(np.ones((2, 1)), np.ones((2, 1, 2, 1)))
    with pytest.raises(InputError, match="every reader reads"):
        jackknife(np.full((1, 2, 3), np.nan))
    with pytest.raises(InputError, match="two patients"):
        jackknife(np.ones((1, 2, 3)), ["a", "a", "a"])
    with pytest.raises(InputError, match="shape"):
        dorfman_berbaum_metz(np.ones((1, 2, 3)))
    perfect = obuchowski_rockette(np.ones((2, 3)), np.zeros((2, 3, 2, 3)))
    assert perfect.test is not None
    assert math.isnan(perfect.test.p)
    assert perfect.means[0].low == perfect.means[0].high == 1
