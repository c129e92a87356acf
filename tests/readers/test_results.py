"""A reader study's figures, against a second computation."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from scipy import stats

from medspatial.compare.multireader import dorfman_berbaum_metz, jackknife, pseudovalues
from medspatial.readers.learning import trend
from medspatial.readers.results import reader_results
from medspatial.records import Prediction, Score

QUESTIONS, READERS = 80, 4


def answers(assisted: bool = False, seed: int = 0) -> tuple[list[Prediction], list[Score], np.ndarray]:
    """Readers and a model on questions of 40 patients; who was right, (condition, reader, question)."""
    rng = np.random.default_rng(seed)
    ability = rng.normal(0.6, 0.4, size=(1, READERS, 1)) + np.array([0.0, 0.5])[:, None, None]
    hard = np.repeat(rng.normal(size=QUESTIONS // 2), 2)
    right = ability + hard + rng.normal(size=(2, READERS, QUESTIONS)) > 0
    predictions, scores = [], []
    names = [[f"reader:{n}" for n in range(READERS)], [f"reader:{n} assisted" for n in range(READERS)]]
    for group in range(2 if assisted else 1):
        for reader, name in enumerate(names[group]):
            for question in range(QUESTIONS):
                rows = pair(question, name, bool(right[group, reader, question]))
                predictions.append(rows[0])
                scores.append(rows[1])
    for question in range(QUESTIONS):
        scores.append(pair(question, "model", question % 2 == 0)[1])
    return predictions, scores, right


def pair(question: int, name: str, correct: bool) -> tuple[Prediction, Score]:
    shared: dict[str, Any] = {
        "id": f"q{question}",
        "case_id": f"case {question // 2}",
        "patient_id": f"patient {question // 2}",
        "question": "Which side?",
        "answer": "left",
        "model": name,
        "prediction": "left" if correct else "right",
    }
    facts = {"order": question, "seconds": 10.0 * math.exp(-0.02 * question)}
    score = Score(**shared, metric="structured", correct=correct, score=float(correct))
    return Prediction(**shared, metadata=facts), score


def test_mean_interval_and_help_equal_a_second_computation() -> None:
    predictions, scores, right = answers(assisted=True)
    found = reader_results(predictions, scores)
    alone = found.mean["alone"]
    assert (alone.readers, alone.questions, alone.patients) == (READERS, QUESTIONS, QUESTIONS // 2)
    assert alone.crossed
    assert alone.estimate.value == pytest.approx(right[0].mean())
    assert found.assistance is not None
    help_given = found.assistance.estimate
    assert help_given.value == pytest.approx(right[1].mean() - right[0].mean())
    # The difference by the analysis of variance of pseudovalues over patients.
    figures, without = jackknife(right.astype(float), [n // 2 for n in range(QUESTIONS)])
    test = dorfman_berbaum_metz(pseudovalues(figures, without))
    assert help_given.p == pytest.approx(test.p)
    assert (help_given.value / help_given.se) ** 2 == pytest.approx(test.f)
    assert help_given.low < help_given.value < help_given.high


def test_readers_against_a_model_by_pseudovalues() -> None:
    """One mean of differences: its variance from readers' and patients' mean squares."""
    predictions, scores, right = answers(seed=1)
    found = reader_results(predictions, scores).against["model"].estimate
    apart = right[0].astype(float) - (np.arange(QUESTIONS) % 2 == 0)
    by_patient = apart.reshape(READERS, -1, 2).mean(axis=2)
    n = by_patient.shape[1]
    grand = by_patient.mean()
    ms_r = n * ((by_patient.mean(axis=1) - grand) ** 2).sum() / (READERS - 1)
    ms_c = READERS * ((by_patient.mean(axis=0) - grand) ** 2).sum() / (n - 1)
    rest = by_patient - by_patient.mean(axis=1)[:, None] - by_patient.mean(axis=0) + grand
    ms_rc = (rest**2).sum() / ((READERS - 1) * (n - 1))
    variance = (ms_r + max(ms_c - ms_rc, 0)) / (n * READERS)
    df = (ms_r + max(ms_c - ms_rc, 0)) ** 2 / (ms_r**2 / (READERS - 1))
    assert found.value == pytest.approx(grand)
    assert found.se == pytest.approx(math.sqrt(variance))
    assert found.df == pytest.approx(df)
    reach = stats.t.ppf(0.975, df) * math.sqrt(variance)
    assert (found.low, found.high) == pytest.approx((grand - reach, grand + reach))


def test_agreement_and_course() -> None:
    predictions, scores, right = answers(seed=2)
    found = reader_results(predictions, scores)
    assert found.agreement is not None
    assert found.agreement.items == QUESTIONS
    same = [(right[0, i] == right[0, j]).mean() for i in range(READERS) for j in range(i)]
    assert found.agreement.raw == pytest.approx(np.mean(same))
    assert found.speed is not None
    assert found.speed.mean == pytest.approx(-0.2)  # log seconds, per ten questions
    assert found.learning is not None
    assert set(found.learning.by_reader) == {f"reader:{n}" for n in range(READERS)}


def test_a_trend_is_held_to_the_spread_of_readers() -> None:
    slopes = [0.01, 0.02, 0.04]
    found = trend({str(n): [slope * k for k in range(30)] for n, slope in enumerate(slopes)})
    assert found is not None
    expected = stats.ttest_1samp(np.array(slopes) * 10, 0)
    assert (found.mean, found.p) == pytest.approx((np.mean(slopes) * 10, expected.pvalue))
    assert trend({"a": [1.0, 0.0]}) is None
    alone = trend({"a": [0.0, 1.0, 2.0]})
    assert alone is not None
    assert math.isnan(alone.p)


def test_readers_who_read_a_part_each() -> None:
    """Every reader's own questions enter; nobody's gaps count as wrong."""
    predictions, scores, right = answers(seed=3)
    kept = [row for row in scores if row.model == "model" or _reads(row.model, row.id)]
    found = reader_results([row for row in predictions if _reads(row.model, row.id)], kept)
    mean = found.mean["alone"]
    assert (mean.readers, mean.questions, mean.answers) == (READERS, QUESTIONS, QUESTIONS * 2)
    assert not mean.crossed
    own = [right[0, n][[_reads(f"reader:{n}", f"q{q}") for q in range(QUESTIONS)]] for n in range(READERS)]
    assert mean.estimate.value == pytest.approx(np.mean([one.mean() for one in own]))
    assert found.accuracy["reader:1"] == (pytest.approx(own[1].mean()), QUESTIONS // 2)
    assert found.against["model"].answers == QUESTIONS * 2
    assert found.why_not == []


def _reads(name: str, question: str) -> bool:
    """Two of four readers per question, neighbours in a ring."""
    number = int(name.removeprefix("reader:"))
    return (number - int(question[1:]) // 2) % READERS < 2


def test_models_are_counted_on_what_people_read() -> None:
    predictions, scores, _ = answers()
    people = [row for row in scores if row.model == "model" or int(row.id[1:]) < 10]
    found = reader_results(predictions, people)
    assert found.accuracy["model"] == (0.5, 10)
    assert found.against["model"].questions == 10


def test_what_cannot_be_computed_is_said() -> None:
    predictions, scores, _ = answers()
    one = [row for row in scores if row.model in {"reader:0", "model"}]
    found = reader_results(predictions[:QUESTIONS], one)
    assert found.mean == found.against == {}
    assert len(found.why_not) == 2
    assert "two readers" in found.why_not[0]
    assert reader_results([], []).accuracy == {}
    few = [row for row in scores if row.model != "reader:3" or row.id in {"q0", "q1"}]
    found = reader_results(predictions, few)
    assert found.mean["alone"].readers == 3
    assert any("without reader:3, with fewer than two patients" in why for why in found.why_not)


def test_not_the_same_readers_in_both_conditions() -> None:
    predictions, scores, right = answers(assisted=True)
    uneven = [
        row
        for row in scores
        if row.model != "reader:0 assisted" and not (row.model == "reader:1" and row.id == "q5")
    ]
    found = reader_results(predictions, uneven)
    assert found.assistance is not None
    assert found.assistance.readers == 3
    assert f"{QUESTIONS + 1} answers were given in one condition only" in found.why_not[-1]
    keep = np.arange(QUESTIONS) != 5
    apart = right[1].astype(float) - right[0]
    expected = np.mean([apart[1, keep].mean(), apart[2].mean(), apart[3].mean()])
    assert found.assistance.estimate.value == pytest.approx(expected)
    assert set(found.mean) == {"alone", "assisted"}
