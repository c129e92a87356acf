"""Golden values of the statistics, to their stated tolerances."""

from __future__ import annotations

import csv
import json
import math
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from medspatial.compare import compare
from medspatial.compare.agreement import agreement
from medspatial.compare.clustered import se_independent, se_miller, sum_by_patient
from medspatial.compare.groups import Settings
from medspatial.compare.multiplicity import benjamini_hochberg, holm
from medspatial.compare.sign_flip import sign_flip
from medspatial.records import Question, Score

REFERENCE = Path(__file__).parents[1] / "reference"
MODELS = ("model_a", "model_b", "model_c", "model_d")
EXACT = 1e-9


@pytest.fixture(scope="module")
def rows():
    with (REFERENCE / "correctness.csv").open() as stream:
        return list(csv.DictReader(stream))


@pytest.fixture(scope="module")
def golden():
    return json.loads((REFERENCE / "statistics.json").read_text())


@pytest.fixture(scope="module")
def found(rows):
    questions = [
        Question(
            id=row["question_id"],
            case_id=row["case_id"],
            question="Which?",
            answer="0",
            options=tuple(str(number) for number in range(int(row["n_options"]))),
            category=row["category"],
            pair_id=row["mirror_group"] or None,
        )
        for row in rows
    ]
    scores = [
        Score(
            id=row["question_id"],
            case_id=row["case_id"],
            question="Which?",
            answer="0",
            model=model,
            metric="exact",
            correct=row[model] == "1",
            score=float(row[model]),
        )
        for model in MODELS
        for row in reversed(rows)  # never joined by row
    ]
    return compare(scores, questions=questions, resamples=20_000)


def test_accuracies(found, golden):
    assert (found.n_questions, found.n_patients) == (golden["n_questions"], golden["n_cases"])
    for model in MODELS:
        want, got = golden["models"][model], found.result(model).overall
        assert got.correct == want["correct"]
        assert got.accuracy == pytest.approx(want["accuracy"], abs=EXACT)
        assert got.se == pytest.approx(want["se_clustered_cr1"], abs=EXACT)
        assert got.design_effect == pytest.approx(want["design_effect"], abs=EXACT)
        assert got.effective_n == pytest.approx(want["effective_n"], rel=EXACT)
        assert (got.wilson.low, got.wilson.high) == pytest.approx(want["ci95_wilson"], abs=EXACT)
        assert (got.cluster_t.low, got.cluster_t.high) == pytest.approx(
            want["ci95_clustered_t_cr1"], abs=EXACT
        )
        assert (got.bootstrap.low, got.bootstrap.high) == pytest.approx(
            want["ci95_cluster_bootstrap_percentile"], abs=0.006
        )
        assert got.chance == pytest.approx(want["chance_level"], abs=EXACT)
        assert got.chance_corrected == pytest.approx(
            want["chance_corrected_accuracy_per_question"], abs=EXACT
        )
        for category, wanted in want["by_category"].items():
            part = found.result(model).by_category[category]
            assert (part.n, part.correct) == (wanted["n"], wanted["correct"])
            assert (part.wilson.low, part.wilson.high) == pytest.approx(wanted["ci95_wilson"], abs=EXACT)


def test_standard_errors(rows, golden):
    values = np.array([[float(row[model]) for model in MODELS] for row in rows])
    cases = sorted({row["case_id"] for row in rows})
    patients = np.array([cases.index(row["case_id"]) for row in rows])
    sums = sum_by_patient(values, patients, len(cases))
    for column, model in enumerate(MODELS):
        want = golden["models"][model]
        assert se_independent(values)[column] == pytest.approx(want["se_iid"], abs=EXACT)
        assert se_miller(values, patients, len(cases))[column] == pytest.approx(
            want["se_clustered_miller"], abs=EXACT
        )
        assert sums.se_cr0()[column] == pytest.approx(want["se_clustered_cr0"], abs=EXACT)
        shares = sums.sums[:, column] / sums.counts
        assert shares.mean() == pytest.approx(want["mean_of_case_accuracies"], abs=EXACT)


def test_bootstrap_standard_error(rows, golden):
    from medspatial.compare.resample import bootstrap_means

    values = np.array([[float(row[model]) for model in MODELS] for row in rows])
    cases = sorted({row["case_id"] for row in rows})
    sums = sum_by_patient(values, np.array([cases.index(row["case_id"]) for row in rows]), len(cases))
    spread = bootstrap_means([sums], 20_000, np.random.default_rng(0))[0].std(axis=0)
    for column, model in enumerate(MODELS):
        assert spread[column] == pytest.approx(golden["models"][model]["se_cluster_bootstrap"], abs=0.001)


def test_chance_corrected_error(rows, golden):
    values = np.array([[float(row[model]) for model in MODELS] for row in rows])
    chance = np.array([1 / int(row["n_options"]) for row in rows])[:, None]
    cases = sorted({row["case_id"] for row in rows})
    patients = np.array([cases.index(row["case_id"]) for row in rows])
    pooled = (values.mean(axis=0) - chance.mean()) / (1 - chance.mean())
    for column, model in enumerate(MODELS):
        want = golden["models"][model]
        assert pooled[column] == pytest.approx(want["chance_corrected_accuracy_pooled"], abs=EXACT)
        corrected = (values - chance) / (1 - chance)
        se = sum_by_patient(corrected, patients, len(cases)).se_cr0()[column]
        assert se == pytest.approx(want["se_clustered_cr0_chance_corrected"], abs=EXACT)


def test_pairs(found, golden):
    by_name = {frozenset((pair.first, pair.second)): pair for pair in found.pairs}
    cases = golden["n_cases"]  # the file has the figure for many: CR0 and normal quantiles
    t, z = stats.t(cases - 1), stats.norm()
    few = math.sqrt(cases / (cases - 1)) * (t.ppf(0.975) + t.ppf(0.8)) / (z.ppf(0.975) + z.ppf(0.8))
    for name, want in golden["pairs"].items():
        first, second = name.split("__")
        got = by_name[frozenset((first, second))]
        sign = 1 if got.first == first else -1
        assert sign * got.difference == pytest.approx(want["difference"], abs=EXACT)
        assert got.se == pytest.approx(want["se_paired_clustered_cr1"], abs=EXACT)
        assert got.mde == pytest.approx(want["mde_power80_alpha05"] * few, abs=EXACT)
        assert got.p_t == pytest.approx(want["p_t_cr1"], abs=EXACT)
        assert got.p_mcnemar == pytest.approx(want["mcnemar_exact_p"], abs=EXACT)
        assert got.p_mcnemar_mid == pytest.approx(want["mcnemar_mid_p"], abs=EXACT)
        assert (got.n11, got.n00) == (want["n11"], want["n00"])
        assert {got.n10, got.n01} == {want["n10"], want["n01"]}
        limits = sorted(sign * limit for limit in (got.interval.low, got.interval.high))
        assert limits == pytest.approx(want["ci95_clustered_t_cr1"], abs=EXACT)
        drawn = sorted(sign * limit for limit in (got.bootstrap.low, got.bootstrap.high))
        assert drawn == pytest.approx(want["ci95_cluster_bootstrap_percentile"], abs=0.006)
        p = want["p_case_sign_flip"]
        assert got.p == pytest.approx(p, abs=4 * math.sqrt(p * (1 - p) / 20_000) + 1e-4)


def test_adjusted_p_values(golden):
    pairs = list(golden["pairs"].values())
    for kind in ("mcnemar_exact_p", "p_t_cr1"):
        p = [pair[kind] for pair in pairs]
        name = "t_cr1_p" if kind == "p_t_cr1" else kind
        assert holm(p) == pytest.approx([pair[f"{name}_holm"] for pair in pairs], abs=EXACT)
        assert benjamini_hochberg(p) == pytest.approx([pair[f"{name}_bh"] for pair in pairs], abs=EXACT)


def test_cochran(found, golden):
    (got,) = found.cochran_q
    want = golden["cochrans_q"]
    assert (got.statistic, got.df, got.p) == pytest.approx(
        (want["statistic"], want["df"], want["p"]), abs=EXACT
    )


def test_mirror_consistency(found, golden):
    for row in found.consistency:
        want = golden["models"][row.model]["mirror"]
        assert row.n == want["groups"]
        assert row.both_right == pytest.approx(want["both_correct"], abs=EXACT)
        assert row.consistent == pytest.approx(want["consistent"], abs=EXACT)
        assert row.exactly_one == pytest.approx(want["exactly_one_correct"], abs=EXACT)
    assert Counter(row.model for row in found.consistency) == Counter(MODELS)


def test_judge_agreement(rows, golden):
    want = golden["judge_agreement_model_a"]
    got = agreement([row["human_verdict_a"] for row in rows], [row["judge_verdict_a"] for row in rows])
    assert list(got.labels) == want["labels"]
    assert [list(line) for line in got.table] == want["table_rows_human_columns_judge"]
    assert got.raw == pytest.approx(want["raw_agreement"], abs=EXACT)
    assert got.kappa == pytest.approx(want["cohens_kappa"], abs=EXACT)
    assert got.se == pytest.approx(want["kappa_se"], abs=EXACT)
    assert (got.low, got.high) == pytest.approx(want["kappa_ci95"], abs=EXACT)
    assert got.recall[0] == pytest.approx(want["judge_accuracy_correct_class"]["sensitivity"], abs=EXACT)


def test_kappa_between_two_models(rows, golden):
    for name, want in golden["pairs"].items():
        first, second = name.split("__")
        got = agreement([row[first] for row in rows], [row[second] for row in rows])
        assert got.kappa == pytest.approx(want["cohens_kappa_correctness"], abs=EXACT)


def test_sign_flip_alone(rows, golden):
    values = np.array([[float(row[model]) for model in MODELS] for row in rows])
    cases = sorted({row["case_id"] for row in rows})
    sums = sum_by_patient(values, np.array([cases.index(row["case_id"]) for row in rows]), len(cases)).sums
    p = sign_flip(sums, [(0, 3)], Settings())[0].p
    want = golden["pairs"]["model_a__model_d"]["p_case_sign_flip"]
    assert p == pytest.approx(want, abs=4 * math.sqrt(want * (1 - want) / 20_000) + 1e-4)
