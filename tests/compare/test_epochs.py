"""Repeated runs: their variance components by simulation, and that nothing else changes."""

from __future__ import annotations

import numpy as np
import pytest

from medspatial.compare import compare
from medspatial.compare.epochs import components
from medspatial.records import Score


def _sizes(draw, patients):
    return draw.integers(2, 9, patients)


def test_components_are_unbiased():
    """Normal verdicts with known components, unbalanced patients: the mean of the estimates is the truth."""
    draw = np.random.default_rng(1)
    truth = np.array([0.04, 0.09, 0.16])
    sizes = _sizes(draw, 60)
    patients = np.repeat(np.arange(60), sizes)
    n, epochs = len(patients), 4
    scale = np.array([np.square(sizes).sum() / n**2, 1 / n, 1 / n])
    found = []
    for _ in range(800):
        own = draw.normal(0, np.sqrt(truth[0]), 60)[patients]
        question = draw.normal(0, np.sqrt(truth[1]), n)
        values = 0.5 + (own + question)[:, None] + draw.normal(0, np.sqrt(truth[2]), (n, epochs))
        found.append(components(values, patients))
    assert np.mean(found, axis=0) == pytest.approx(truth * scale, rel=0.04)


def test_their_sum_is_the_variance_of_an_accuracy():
    """Right and wrong answers: the sum of the components is how much one accuracy really varies."""
    draw = np.random.default_rng(2)
    sizes = _sizes(draw, 40)
    patients = np.repeat(np.arange(40), sizes)
    sums, means, accuracies, all_runs = [], [], [], []
    for _ in range(2000):
        level = draw.beta(3, 2, 40)[patients]
        chance = draw.beta(4 * level + 0.01, 4 * (1 - level) + 0.01)
        values = (draw.random((len(patients), 3)) < chance[:, None]).astype(float)
        patient, question, epoch = components(values, patients)
        sums.append(patient + question + epoch)
        means.append(patient + question + epoch / 3)
        accuracies.append(values[:, 0].mean())
        all_runs.append(values.mean())
    assert np.mean(sums) == pytest.approx(np.var(accuracies), rel=0.08)
    assert np.mean(means) == pytest.approx(np.var(all_runs), rel=0.08)


def test_one_question_per_patient_has_no_patient_part():
    values = np.array([[1.0, 1.0], [0.0, 1.0], [0.0, 0.0], [1.0, 0.0]])
    patient, question, epoch = components(values, np.arange(4))
    assert patient == 0
    assert epoch == pytest.approx(0.25 / 4)  # mean variance within a question is (0 + .5 + 0 + .5) / 4
    assert question == pytest.approx(max(0.0, np.var([1, 0.5, 0, 0.5], ddof=1) - 0.25 / 2) / 4)


def test_equal_runs_have_no_draws():
    values = np.repeat(np.array([[1.0], [0.0], [1.0], [1.0]]), 3, axis=1)
    assert components(values, np.array([0, 0, 1, 1]))[2] == 0


def _score(number, arm, correct, model="m", status="scored"):
    done = status == "scored"
    return Score(
        id=f"q{number}", case_id=f"c{number // 3}", question=f"Is it {number}?", answer="yes",
        options=("yes", "no"), answer_type="yes_no", model=model, arm=arm, prediction="yes", metric="exact",
        score=float(correct) if done else None, correct=bool(correct) if done else None, status=status,
    )  # fmt: skip


def _runs(model, seed, epochs=3, n=60):
    draw = np.random.default_rng(seed)
    arms = ["standard", *(f"standard-epoch-{number}" for number in range(2, epochs + 1))]
    return [_score(n_, arm, draw.random() < 0.6, model) for arm in arms for n_ in range(n)]


def test_repeats_change_nothing_else():
    scores = [*_runs("m", 1), *_runs("k", 2)]
    alone = [one for one in scores if one.arm == "standard"]
    first, both = compare(alone, resamples=200), compare(scores, resamples=200)
    assert first.epochs == ()
    assert "epochs" not in first.model_dump(mode="json")
    assert both.model_copy(update={"epochs": ()}) == first
    assert [row.model for row in both.epochs] == list(both.models)
    row = both.epochs[0]
    assert (row.epochs, row.n, row.patients, row.arm) == (3, 60, 20, "standard")
    assert row.share == pytest.approx(row.epoch / (row.patient + row.question + row.epoch))
    assert 0 < row.share_of_mean < row.share <= 1
    assert row.accuracy == pytest.approx(np.mean(row.accuracies))


def test_only_questions_with_a_verdict_in_every_run_count():
    scores = _runs("m", 3, epochs=2)
    scores[70] = _score(10, "standard-epoch-2", False, status="unscored")
    found = compare([one for number, one in enumerate(scores) if number != 5], resamples=50)
    assert found.epochs[0].n == 58


def test_a_repeat_without_its_first_run_stays_an_arm():
    scores = [*_runs("m", 4, epochs=1), *(_score(n, "text_only-epoch-2", True) for n in range(60))]
    found = compare(scores, resamples=50)
    assert found.arms == ("standard", "text_only-epoch-2")
    assert found.epochs == ()


def test_the_table_says_the_shares():
    from medspatial.report.tables import comparison_tables, epochs_table

    found = compare(_runs("m", 5), resamples=50)
    table = epochs_table(found)
    (row,) = table.rows
    assert row[1].main == "3"
    parts = [float(cell.main) for cell in row[4:7]]
    assert sum(parts) == pytest.approx(100, abs=0.2)
    assert "epochs" in {one.name for one in comparison_tables(found)}
    assert "epochs" not in {
        one.name for one in comparison_tables(compare(_runs("m", 5, epochs=1), resamples=50))
    }
