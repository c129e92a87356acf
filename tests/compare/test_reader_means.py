"""The mean of readers who read a part each: by the crossed analysis, by moments, by repeated studies."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from medspatial.compare.multireader import jackknife, jackknife_covariance, obuchowski_rockette
from medspatial.compare.reader_means import reader_mean
from medspatial.errors import InputError

READERS, PATIENTS, EACH = 5, 40, 2
WHO = [number // EACH for number in range(PATIENTS * EACH)]


def study(seed: int, *, overlap: int | None = None, spread: float = 0.35) -> np.ndarray:
    """Verdicts of readers and questions that differ in skill and difficulty; NaN where not read."""
    rng = np.random.default_rng(seed)
    skill = rng.normal(0.5, spread, size=(READERS, 1))
    hard = np.repeat(rng.normal(size=PATIENTS), EACH) + rng.normal(size=PATIENTS * EACH) * 0.5
    right = (skill + hard + rng.normal(size=(READERS, PATIENTS * EACH)) > 0).astype(float)
    if overlap is not None:
        start = rng.permutation(PATIENTS * EACH) % READERS
        for reader in range(READERS):
            right[reader, (reader - start) % READERS >= overlap] = np.nan
    return right


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10**6), st.booleans())
def test_where_all_read_all_it_is_the_crossed_analysis(seed: int, cluster: bool) -> None:
    scores = study(seed)
    who = np.random.default_rng(seed).integers(0, 17, len(WHO)).tolist() if cluster else None
    figures, without = jackknife(scores[None], who)
    expected = obuchowski_rockette(figures, jackknife_covariance(without)).means[0]
    found = reader_mean(scores, who)
    assert found.crossed
    assert found.answers == scores.size
    for name in ("value", "se", "df", "low", "high", "p"):
        assert getattr(found.estimate, name) == pytest.approx(getattr(expected, name), nan_ok=True), name


@pytest.mark.parametrize("turned", [False, True])
def test_one_patient_s_covariance_by_hand(turned: bool) -> None:
    """Two readers, one common patient of three and four: the formula written out."""
    nan = math.nan
    scores = np.array([[1.0, 0.0, 1.0, nan, nan, nan], [nan, nan, 0.0, 1.0, 1.0, 0.0]])
    if turned:
        scores[1] = 1 - scores[1]
    first, second = scores[0, :3], scores[1, 2:]
    cross = (first[2] - first.mean()) * (second[0] - second.mean()) / (3 * 4 * (1 - 1 / 3 - 1 / 4 + 1 / 12))
    assert (cross > 0) == turned
    total = (first.mean() - second.mean()) ** 2 / 2 + 2 * max(cross, 0)
    assert reader_mean(scores).estimate.se == pytest.approx(math.sqrt(total / 2))


def by_moments(scores: np.ndarray, who: list[int]) -> float:
    """The variance of the mean by another way: what pairs of other reader and other patient do not share.

    The U-statistic of Gallas for any design, on scores with their mean taken off.
    """
    read = np.isfinite(scores)
    weight = np.where(read, 1 / read.sum(axis=1, keepdims=True), 0.0) / len(scores)
    part = np.where(read, weight * (scores - np.nansum(weight * np.nan_to_num(scores))), 0.0)
    patients = np.equal.outer(who, who)
    other = ~np.eye(len(scores), dtype=bool)[:, None, :, None] & ~patients[None, :, None, :]
    products = np.multiply.outer(part, part)[other].sum()
    return float(-products / np.multiply.outer(weight, weight)[other].sum())


@pytest.mark.parametrize("overlap", [None, 2, 3])
def test_variance_is_that_of_repeated_studies(overlap: int | None) -> None:
    """Over many studies the mean squared standard error is the variance of the means, by both ways."""
    made = [study(seed, overlap=overlap) for seed in range(600)]
    found = [reader_mean(scores, WHO).estimate for scores in made]
    truth = np.var([one.value for one in found], ddof=1)
    assert np.mean([one.se**2 for one in found]) == pytest.approx(truth, rel=0.2)
    moments = [by_moments(scores, WHO) for scores in made[:60]]
    ours = [one.se**2 for one in found[:60]]
    if overlap is None:
        assert ours == pytest.approx(moments)
    assert np.mean(moments) == pytest.approx(np.mean(ours), rel=0.1)
    mean = np.mean([one.value for one in found])
    inside = np.mean([one.low <= mean <= one.high for one in found])
    assert 0.92 <= inside <= 0.985


def test_readers_against_a_model_are_differences() -> None:
    """With no spread between readers, what remains is the paired test over cases."""
    rng = np.random.default_rng(3)
    reader, model = rng.random(200) < 0.8, rng.random(200) < 0.6
    apart = reader.astype(float) - model
    found = reader_mean(np.stack([apart] * 3)).estimate
    assert found.value == pytest.approx(apart.mean())
    assert found.se == pytest.approx(apart.std(ddof=1) / math.sqrt(200))
    assert math.isinf(found.df)


def test_what_it_rests_on_is_counted() -> None:
    scores = study(1, overlap=2)
    found = reader_mean(scores, WHO)
    assert (found.readers, found.questions, found.patients) == (READERS, PATIENTS * EACH, PATIENTS)
    assert found.answers == 2 * PATIENTS * EACH
    assert not found.crossed


def test_what_cannot_be_analysed_is_said() -> None:
    few = np.full((2, 4), np.nan)
    few[0] = 1.0
    few[1, :2] = 1.0
    with pytest.raises(InputError, match="one with 1 patients"):
        reader_mean(few, [0, 0, 1, 1])
    with pytest.raises(InputError, match="two readers"):
        reader_mean(np.ones((1, 4)))
    with pytest.raises(InputError, match="one for each of 4 questions"):
        reader_mean(np.ones((2, 4)), [1])
    with pytest.raises(InputError, match="shape"):
        reader_mean(np.ones(4))
