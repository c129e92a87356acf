"""Curves, statuses and the ideal observer against values worked out by hand or by scipy, at the edges too."""

from __future__ import annotations

import json
import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from medspatial.acuity import QUANTITIES, Acuity, Trials
from medspatial.acuity.measure import refined
from medspatial.acuity.observer import discriminability, prepared_array, share_right
from medspatial.acuity.psychometric import Curve, bootstrap_thresholds, fit, threshold_interval
from medspatial.acuity.result import Level, acuity_of, neighbours
from medspatial.acuity.scene import FIELD_MM, NOISE_HU, SPACING_MM, TISSUE_HU, Patient, Sphere, draw
from medspatial.acuity.table import acuity_table, sentences
from medspatial.acuity.trials import Trial
from medspatial.records import Score

SIDE = QUANTITIES["side"]
THICK = QUANTITIES["thickness"]
LEVELS = np.array(SIDE.levels, dtype=float)
curves = st.builds(
    Curve,
    middle=st.floats(0.05, 200),
    width=st.floats(0.06, 2.5),
    lapse=st.floats(0, 0.24),
    falling=st.booleans(),
)


@given(curves, st.lists(st.floats(0.01, 1000), min_size=1, max_size=6))
def test_shares_are_those_of_scipys_normal_distribution(curve: Curve, levels: list[float]) -> None:
    found = curve.share(np.array(levels))
    sign = -1 if curve.falling else 1
    z = sign * (np.log(levels) - math.log(curve.middle)) / curve.width
    assert found == pytest.approx(0.5 + (0.5 - curve.lapse) * stats.norm.cdf(z))
    assert np.all((found >= 0.5 - 1e-12) & (found <= 1 - curve.lapse + 1e-12))


@given(curves)
def test_the_threshold_of_any_curve_has_three_of_four_right(curve: Curve) -> None:
    assert float(curve.share(curve.threshold)) == pytest.approx(0.75, abs=1e-6)
    ahead = math.log(curve.threshold / curve.middle) * (-1 if curve.falling else 1)
    assert ahead >= -1e-9, "lapses move it towards the easy levels"


def test_without_lapses_the_threshold_is_the_middle_and_with_some_by_the_quantile() -> None:
    assert Curve(3.0, 0.5, 0.0).threshold == pytest.approx(3.0)
    shift = 0.5 * stats.norm.ppf(0.25 / 0.4)
    assert Curve(3.0, 0.5, 0.1).threshold == pytest.approx(3 * math.exp(shift))
    assert Curve(3.0, 0.5, 0.1, falling=True).threshold == pytest.approx(3 * math.exp(-shift))


@given(st.integers(0, 2**32 - 1), st.booleans())
@settings(max_examples=15, deadline=None)
def test_a_fit_is_no_less_likely_than_the_truth(seed: int, falling: bool) -> None:
    truth = Curve(4.0, 0.6, 0.02, falling=falling)
    total = np.full(len(LEVELS), 20.0)
    right = np.random.default_rng(seed).binomial(20, truth.share(LEVELS)).astype(float)

    def loss(curve: Curve) -> float:
        p = np.clip(curve.share(LEVELS), 1e-9, 1 - 1e-9)
        return -float(stats.binom.logpmf(right, 20, p).sum()) + curve.lapse / 0.05

    assert loss(fit(LEVELS, right, total, falling=falling)) <= loss(truth) + 0.05


def test_units_of_the_levels_are_those_of_the_threshold() -> None:
    """The same answers in metres have the threshold in metres, with the same width and lapses."""
    total = np.full(len(LEVELS), 40.0)
    right = total * Curve(3.0, 0.5, 0.02).share(LEVELS)
    mm, m = fit(LEVELS, right, total), fit(LEVELS / 1000, right, total)
    assert m.threshold * 1000 == pytest.approx(mm.threshold, rel=1e-3)
    assert m.width == pytest.approx(mm.width, rel=1e-2)


def test_turning_the_levels_over_turns_the_curve_over() -> None:
    total = np.full(len(LEVELS), 40.0)
    right = total * Curve(3.0, 0.5, 0.02).share(LEVELS)
    up, down = fit(LEVELS, right, total), fit(1 / LEVELS, right, total, falling=True)
    assert down.threshold == pytest.approx(1 / up.threshold, rel=1e-3)


def test_trials_that_were_not_asked_weigh_nothing() -> None:
    total = np.array([10, 10, 10, 10, 10, 10, 10, 0.0])
    right = np.array([5, 5, 6, 8, 9, 10, 10, 0.0])
    whole, without = fit(LEVELS, right, total), fit(LEVELS[:-1], right[:-1], total[:-1])
    assert whole.threshold == pytest.approx(without.threshold, rel=0.05)


def test_patients_that_are_alike_have_an_interval_of_one_point() -> None:
    right = np.tile([1, 1, 1, 2, 2, 2, 2, 2.0], (6, 1))
    total = np.full_like(right, 2)
    curve = fit(LEVELS, right.sum(axis=0), total.sum(axis=0))
    low, high = threshold_interval(curve, LEVELS, right, total, draws=50)
    grid = bootstrap_thresholds(LEVELS, right, total, draws=50)
    assert np.ptp(grid) == 0
    assert low <= curve.threshold <= high
    assert high / low < 1.5


def test_draws_follow_the_seed_and_more_confidence_is_wider() -> None:
    rng = np.random.default_rng(2)
    right = rng.binomial(2, Curve(3.0, 0.6, 0.0).share(LEVELS), (10, len(LEVELS))).astype(float)
    total = np.full_like(right, 2)
    draws = [bootstrap_thresholds(LEVELS, right, total, draws=40, seed=seed) for seed in (0, 0, 1)]
    assert np.array_equal(draws[0], draws[1])
    assert not np.array_equal(draws[0], draws[2])
    curve = fit(LEVELS, right.sum(axis=0), total.sum(axis=0))
    wide, narrow = (
        threshold_interval(curve, LEVELS, right, total, confidence=share, draws=200) for share in (0.95, 0.5)
    )
    assert wide[0] < narrow[0] <= curve.threshold <= narrow[1] < wide[1]


def counts(rights: list[float], patients: int = 6, each: float = 2.0) -> tuple[np.ndarray, np.ndarray]:
    right = np.tile(np.array(rights) * each, (patients, 1))
    return right, np.full_like(right, each)


@pytest.mark.parametrize(
    ("quantity", "rights", "status"),
    [
        (SIDE, [1.0] * 8, "finer"),
        (SIDE, [0.5] * 8, "not reached"),
        (SIDE, [0.0] * 8, "not reached"),
        (SIDE, [0.5, 0.5, 0.5, 0.5, 1, 1, 1, 1], "found"),
        (THICK, [1.0] * 8, "finer"),
        (THICK, [0.5] * 8, "not reached"),
        (THICK, [0.0] * 8, "not reached"),
        (THICK, [1, 1, 1, 1, 0.5, 0.5, 0.5, 0.5], "found"),
    ],
)
def test_all_right_all_wrong_and_a_step(quantity, rights: list[float], status: str) -> None:
    found = acuity_of("m", quantity, *counts(rights))
    assert found.status == status
    assert (found.threshold is None) is (status != "found")
    assert (found.low is None and found.high is None) is (status != "found")
    assert (found.kind, found.patients, found.quantity) == ("model", 6, quantity.name)
    hardest, easiest = found.levels[0].level, found.levels[-1].level
    assert (hardest > easiest) is quantity.falling, "the hardest level stands first"
    if status == "found":
        steps = sorted(quantity.levels)
        assert found.threshold is not None
        assert steps[3] <= found.threshold <= steps[4]
        assert found.low is not None
        assert found.high is not None
        assert found.low <= steps[3]
        assert found.high >= steps[4], "a step lies anywhere between two levels"


def test_one_patient_has_a_threshold_and_no_interval() -> None:
    found = acuity_of("m", SIDE, *counts([0.5, 0.5, 0.5, 0.75, 1, 1, 1, 1], patients=1, each=8))
    assert (found.status, found.high) == ("found", None)
    assert found.threshold is not None
    assert 1 <= found.threshold <= 4


def test_counts_beside_the_curve_are_the_sums_over_patients() -> None:
    right, total = counts([0.5, 0.5, 0.5, 0.5, 1, 1, 1, 1])
    right[0, 0], total[0, 0] = 0, 0
    found = acuity_of("m", SIDE, right, total)
    assert [one.level for one in found.levels] == list(SIDE.levels)
    assert [one.trials for one in found.levels] == [10, *[12] * 7]
    assert [one.right for one in found.levels] == [5, 6, 6, 6, 12, 12, 12, 12]
    assert {one.blind for one in found.levels} == {None}
    seen = acuity_of("i", THICK, *counts([1.0] * 8), blind=[n / 8 for n in range(8)])
    assert [one.blind for one in seen.levels] == [n / 8 for n in reversed(range(8))]
    assert seen.kind == "input"


@pytest.mark.parametrize(
    ("threshold", "found"),
    [(0.1, (1, 1)), (1, (1, 2)), (1.5, (1, 2)), (2, (2, 4)), (4, (4, 4)), (9, (4, 4))],
)
def test_neighbours_of_a_threshold_are_levels(threshold: float, found: tuple[float, float]) -> None:
    assert neighbours((1, 2, 4), threshold) == found
    assert neighbours((4, 2, 1), threshold) == found


def acuity(**facts: object) -> Acuity:
    rows = [(32.0, 0.97), (16.0, 0.95), (8.0, 0.94), (4.0, 0.99)]
    levels = tuple(Level(level=n, right=100 * share, trials=100, fitted=share) for n, share in reversed(rows))
    shared = {"of": "m", "kind": "model", "quantity": "side", "title": SIDE.title, "unit": "mm"}
    return Acuity.model_validate(
        {**shared, "status": "found", "threshold": 3.0, "patients": 4, "levels": levels, **facts}
    )


def test_sure_is_every_level_from_one_on() -> None:
    assert acuity().sure_from == 16.0, "8 has 94 of 100, whatever 4 has"
    assert acuity(levels=acuity().levels[:3]).sure_from == 16.0
    assert acuity(levels=acuity().levels[:2]).sure_from is None


def test_finer_levels_lie_within_the_grid_and_around_the_interval() -> None:
    made = refined(acuity(threshold=3.0, low=2.5, high=5.0))
    assert made is not None
    ratio = (5.0 / 2.0) ** (1 / 7)
    assert made.levels == pytest.approx([2.0 * ratio**n for n in range(1, 7)], abs=1e-4)
    wide = refined(acuity(threshold=3.0, low=0.001, high=900.0))
    assert wide is not None
    assert min(SIDE.levels) < min(wide.levels) < max(wide.levels) < max(SIDE.levels)
    assert refined(acuity(threshold=None, status="finer")) is None


def test_the_table_has_a_row_for_each_and_the_sentence_what_the_input_allows() -> None:
    model = acuity(low=2.0, high=5.0)
    ideal = acuity(kind="input", threshold=1.0, low=0.5, high=2.0)
    table = acuity_table([model, ideal, acuity(quantity="size", title="finds", threshold=7.0)])
    assert [column.title for column in table.columns] == ["Of", "Who", "Side", "Size"]
    assert [[cell.main for cell in row][:2] for row in table.rows] == [["m", "answers"], ["m", "its input"]]
    assert table.rows[1][3].main == "", "the input was not tested for size"
    first, second = sentences([model, ideal])
    assert first == f"m {SIDE.title}: {model.words()}; its input allows {ideal.words()}"
    assert second == f"the input of m {SIDE.title}: {ideal.words()}"
    assert json.loads(model.to_json())["threshold"] == 3.0


def test_answers_come_by_turns_and_options_are_both_orders() -> None:
    trials = Trials((SIDE,), patients=4, repeats=2)
    by_level: dict[float, list[int]] = {}
    for trial in trials.by_case.values():
        by_level.setdefault(trial.level, []).append(trial.answer)
    assert all(sorted(answers) == [0] * 4 + [1] * 4 for answers in by_level.values())
    for question, trial in zip(trials.questions, trials.by_case.values(), strict=True):
        assert question.answer == SIDE.options[trial.answer]
        assert question.patient_id == f"acuity_{trial.patient.number:03d}"
        assert question.metadata == {"level": trial.level}


def test_two_repeats_show_one_place_with_either_answer() -> None:
    size = QUANTITIES["size"]
    first, second = (Trial(size, 5, Patient(1), repeat) for repeat in (0, 1))
    assert {first.answer, second.answer} == {0, 1}
    assert first.case_id != second.case_id
    assert replace(first, repeat=2).answer == first.answer


def test_scores_are_counted_by_patient_and_level_and_failures_left_out() -> None:
    trials = Trials((SIDE, THICK), patients=2, repeats=2)
    scores = {}
    for question, trial in zip(trials.questions, trials.by_case.values(), strict=True):
        facts = {
            "id": question.id,
            "case_id": question.case_id,
            "question": "q",
            "answer": "left",
            "metric": "m",
        }
        missing = trial.patient.number == 1 and trial.number == 0
        right = trial.number >= 4
        scores[question.id] = Score.model_validate(
            {**facts, "status": "unscored"} if missing else {**facts, "score": float(right), "correct": right}
        )
    right, total = trials.counts(SIDE, scores)
    assert total.tolist() == [[2.0] * 8, [0.0, *[2.0] * 7]]
    assert right.tolist() == [[0.0] * 4 + [2.0] * 4] * 2
    nothing = trials.counts(SIDE, {})
    assert not nothing[0].any()
    assert not nothing[1].any()


def test_settings_of_the_trials_are_plain_data() -> None:
    found = Trials((SIDE,), patients=3, repeats=1).settings
    assert json.loads(json.dumps(found)) == {
        "quantities": {"side": list(SIDE.levels)},
        "patients": 3,
        "repeats": 1,
    }


@pytest.mark.parametrize("level", [1.1, 2.5, 12.0])
def test_two_nodules_have_the_ratio_of_their_volumes(level: float) -> None:
    for answer, larger in ((0, "left"), (1, "right")):
        left, right = QUANTITIES["ratio"].draw(level, answer, (0.0, 3.0, 7.0))
        assert left.centre[0] < 0 < right.centre[0], "RAS: the patient's left is negative x"
        ratio = (left.diameter / right.diameter) ** 3
        assert ratio == pytest.approx(level if larger == "left" else 1 / level)
        assert left.diameter * right.diameter == pytest.approx(24.0**2)


@pytest.mark.parametrize("level", [0.25, 4.0, 32.0])
def test_levels_in_mm_are_the_distances_that_are_drawn(level: float) -> None:
    for answer, sign in ((0, -1), (1, 1)):
        (one,) = QUANTITIES["side"].draw(level, answer, (9.0, 3.0, 7.0))
        assert one.centre == (sign * level, 3.0, 7.0)
        low, high = QUANTITIES["distance"].draw(level, answer, (9.0, 3.0, 7.0))
        gap = high.centre[2] - low.centre[2] - (low.diameter + high.diameter) / 2
        assert gap == pytest.approx(0.0 if answer == 0 else level)
        left, right = QUANTITIES["height"].draw(level, answer, (9.0, 3.0, 7.0))
        assert left.centre[2] - right.centre[2] == pytest.approx(-sign * level)
    for name, there in (("size", True), ("contrast", True), ("thickness", True)):
        assert bool(QUANTITIES[name].draw(level, 0, (0.0, 0.0, 0.0))) is there
        assert QUANTITIES[name].draw(level, 1, (0.0, 0.0, 0.0)) == ()
    assert QUANTITIES["size"].draw(level, 0, (0.0, 0.0, 0.0))[0].diameter == level
    assert QUANTITIES["contrast"].draw(level, 0, (0.0, 0.0, 0.0))[0].hu == level
    assert THICK.thickness(level) == level
    assert SIDE.thickness(level) == SPACING_MM


def test_a_body_has_tissue_at_its_middle_and_its_noise() -> None:
    patient = Patient(3)
    plain = draw(patient, [], noise=None, thickness=15.0)
    noisy = draw(patient, [], noise=1, thickness=15.0)
    assert plain.shape == (200, 200, round(FIELD_MM[2] / 15))
    assert noisy.voxels.dtype == np.int16
    inside = plain.voxels == TISSUE_HU
    spread = float(np.std(noisy.voxels[inside]))
    assert spread == pytest.approx(NOISE_HU * math.sqrt(SPACING_MM / 15), rel=0.05)
    assert draw(patient, [], noise=2, thickness=15.0).voxels[inside].std() == pytest.approx(spread, rel=0.05)
    outside = draw(patient, [Sphere((500.0, 0.0, 0.0), 10.0, 100.0)], noise=None, thickness=15.0)
    assert np.array_equal(outside.voxels, plain.voxels)


@pytest.mark.parametrize(("d", "share"), [(0.0, 0.5), (2.0, 0.841345), (math.inf, 1.0)])
def test_an_observer_is_right_by_half_its_d(d: float, share: float) -> None:
    assert share_right(d) == pytest.approx(share, abs=1e-6)


def test_discriminability_of_white_noise_by_hand() -> None:
    """Ten voxels of 3 HU in noise of 2 HU: d = 3 sqrt(10) / 2."""
    noise = np.random.default_rng(3).normal(0, 2, (40, 40, 40)).astype(np.float32)
    dots = np.zeros((40, 40, 40), np.float32)
    dots[15:25, 20, 20] = 3.0
    assert discriminability(dots, dots, noise) == pytest.approx(3 * math.sqrt(10) / 2, rel=0.35)
    assert discriminability(2 * dots, dots, noise) == pytest.approx(2 * discriminability(dots, dots, noise))
    assert discriminability(-dots, dots, noise) == 0.0
    assert discriminability(dots, np.zeros_like(dots), noise) == 0.0
    silent = np.zeros_like(noise)
    assert discriminability(dots, dots, silent) == math.inf
    assert discriminability(-dots, dots, silent) == 0.0


def test_inputs_are_grey_levels_or_floats() -> None:
    assert prepared_array(np.zeros(2, np.uint8)).dtype == np.uint8
    for kind in (np.int16, np.float64, np.float32):
        assert prepared_array(np.zeros(2, kind)).dtype == np.float32
    assert prepared_array([1, 2]).tolist() == [1.0, 2.0]


def test_a_result_is_read_back_as_it_was_written() -> None:
    assert Acuity.model_validate_json(acuity().to_json()) == acuity()
