"""Simulations: do intervals hold what they promise, and do tests keep their level."""

from __future__ import annotations

import numpy as np
import pytest

from medspatial.anatomy import OTHER_SIDE
from medspatial.compare.clustered import PatientSums, sum_by_patient
from medspatial.compare.grounding import groundings
from medspatial.compare.groups import Settings
from medspatial.compare.intervals import main_interval, t_quantile
from medspatial.compare.resample import bootstrap_means, percentile_limits
from medspatial.compare.sign_flip import sign_flip
from medspatial.compare.table import arm_tables
from medspatial.records import Score

CLUSTERS = 40


def _patients(rng, p, correlation, clusters=CLUSTERS, models=1):
    """Draw (clusters, models) right answers and (clusters,) questions: 1 to 9 per patient, beta-binomial."""
    counts = rng.integers(1, 10, clusters)
    skill = p
    if correlation:
        spread = (1 - correlation) / correlation
        skill = rng.beta(p * spread, (1 - p) * spread, (clusters, models))
    right = rng.binomial(counts[:, None], np.broadcast_to(skill, (clusters, models)))
    return PatientSums(right.astype(float), counts.astype(float))


def _coverages(p, correlation, repeats, clusters=CLUSTERS):
    rng = np.random.default_rng([int(100 * p), int(100 * correlation), clusters])
    hits = np.zeros(4)
    for _ in range(repeats):
        sums = _patients(rng, p, correlation, clusters)
        mean, se = float(sums.means[0]), float(sums.se_cr1()[0])
        main, _ = main_interval(mean, sums.n, clusters, se)
        plain, _ = main_interval(mean, sums.n, 1, None)
        half = t_quantile(0.95, clusters - 1) * se
        low, high = percentile_limits(bootstrap_means([sums], 400, rng)[0], 0.95)[:, 0]
        hits += [
            main.low <= p <= main.high,
            mean - half <= p <= mean + half,
            low <= p <= high,
            plain.low <= p <= plain.high,
        ]
    return hits / repeats


def test_main_interval_covers_in_a_short_run():
    main, _, _, plain = _coverages(0.6, 0.2, 300)
    assert 0.92 <= main <= 0.98
    assert plain < main  # taking questions as independent promises too much


@pytest.mark.slow
@pytest.mark.parametrize("p", [0.3, 0.5, 0.7, 0.9])
@pytest.mark.parametrize("correlation", [0.0, 0.1, 0.3])
def test_main_interval_covers_93_to_97_percent_for_40_patients(p, correlation):
    main, t, bootstrap, plain = _coverages(p, correlation, 4000)
    print(f"\np {p} correlation {correlation}: main {main:.3f} t {t:.3f}")
    print(f"    bootstrap {bootstrap:.3f} wilson of independent questions {plain:.3f}")
    assert 0.93 <= main <= 0.97


def _null_p_values(correlation, repeats, clusters=CLUSTERS):
    """P values of the sign-flip test for two equally good models that share the patients' difficulty."""
    rng = np.random.default_rng([int(100 * correlation), clusters])
    found = np.empty(repeats)
    for number in range(repeats):
        sums = _patients(rng, 0.5, correlation, clusters, models=2).sums
        found[number] = sign_flip(sums, [(0, 1)], Settings())[0].p
    return found


def test_paired_test_keeps_its_level_in_a_short_run():
    assert (_null_p_values(0.2, 300) < 0.05).mean() <= 0.085


@pytest.mark.slow
@pytest.mark.parametrize("clusters", [10, 40])
@pytest.mark.parametrize("correlation", [0.0, 0.1, 0.3])
def test_paired_test_has_at_most_5_percent_false_positives(correlation, clusters):
    p = _null_p_values(correlation, 4000, clusters)
    shares = [(p < level).mean() for level in (0.05, 0.01)]
    print(
        f"\n{clusters} patients, correlation {correlation}: under 0.05 {shares[0]:.4f}, 0.01 {shares[1]:.4f}"
    )
    assert (p < 0.05).mean() <= 0.05 + 3 * np.sqrt(0.05 * 0.95 / 4000)
    assert (p < 0.01).mean() <= 0.01 + 3 * np.sqrt(0.01 * 0.99 / 4000)


@pytest.mark.slow
def test_paired_test_finds_the_minimum_detectable_effect_about_four_times_in_five():
    rng = np.random.default_rng(4)
    found, repeats = 0, 1500
    for _ in range(repeats):
        counts = rng.integers(2, 9, CLUSTERS)
        patients = np.repeat(np.arange(CLUSTERS), counts)
        right = np.column_stack([rng.random(len(patients)) < 0.5 + delta for delta in (0.0732, -0.0732)])
        sums = sum_by_patient(right.astype(float), patients, CLUSTERS)
        found += sign_flip(sums.sums, [(0, 1)], Settings())[0].p < 0.05
    power = found / repeats
    print(f"\npower at a true difference of 0.146: {power:.3f}")
    assert 0.74 <= power <= 0.90


@pytest.mark.slow
@pytest.mark.parametrize("style", ["guesses", "first option", "always left"])
def test_grounding_of_who_ignores_the_image_covers_zero(style):
    rng = np.random.default_rng(7)
    repeats, hits = 1000, 0
    for _ in range(repeats):
        scores = []
        for patient in range(CLUSTERS):
            for number in range(int(rng.integers(1, 4))):
                options = tuple(rng.permutation(["left", "right"]))
                answer = str(rng.choice(options))
                for arm, reference in (("standard", answer), ("mirrored", _turned(answer))):
                    shown = options if arm == "standard" else tuple(_turned(option) for option in options)
                    given = {
                        "guesses": str(rng.choice(shown)),
                        "first option": shown[0],
                        "always left": "left",
                    }[style]
                    scores.append(
                        Score(
                            id=f"{patient}-{number}",
                            case_id=f"p{patient}",
                            question="side?",
                            answer=reference,
                            options=shown,
                            model="m",
                            arm=arm,
                            metric="exact",
                            correct=given == reference,
                            score=float(given == reference),
                            extracted=given,
                        )
                    )
        interval = groundings(arm_tables(scores, None, "standard"), "standard", Settings())[0].interval
        hits += interval.low <= 0 <= interval.high
    print(f"\n{style}: {hits / repeats:.3f}")
    assert hits / repeats >= 0.92


def _turned(side):
    return OTHER_SIDE[side]
