"""How fast the statistics of a large table are, and how much faster than the plain loop.

    python benchmarks/compare.py [--questions 50000 --models 30 --resamples 10000]

The plain loop draws patients and averages their questions, one draw at a time; it is timed on a few
draws and its time for all of them is extrapolated.
"""

from __future__ import annotations

import argparse
import json
import resource
import time

import numpy as np

from medspatial.compare import compare
from medspatial.compare.clustered import sum_by_patient
from medspatial.compare.resample import bootstrap_means, percentile_limits
from medspatial.records import CATEGORIES, Score


def make_scores(questions: int, models: int, per_patient: int, seed: int = 0) -> list[Score]:
    rng = np.random.default_rng(seed)
    skill = rng.uniform(0.3, 0.7, models)
    patient_shift = rng.normal(0, 0.1, questions // per_patient + 1)
    scores = []
    for number in range(questions):
        patient = number // per_patient
        subtype = number % 32
        right = rng.random(models) < skill + patient_shift[patient]
        scores += [
            Score.model_construct(
                id=f"q{number}",
                case_id=f"case{patient}",
                patient_id=f"patient{patient}",
                question="On which side does it lie?",
                answer="left",
                options=("left", "right"),
                category=CATEGORIES[subtype % 5],
                subtype=f"S{subtype}",
                answer_type="side",
                model=f"model{model}",
                metric="exact",
                score=float(right[model]),
                correct=bool(right[model]),
                extracted="left" if right[model] else "right",
            )
            for model in range(models)
        ]
    return scores


def plain_loop(values: np.ndarray, patients: np.ndarray, draws: int, rng: np.random.Generator) -> np.ndarray:
    count = int(patients.max()) + 1
    rows = [np.flatnonzero(patients == patient) for patient in range(count)]
    means = np.empty((draws, values.shape[1]))
    for draw in range(draws):
        chosen = np.concatenate([rows[patient] for patient in rng.integers(count, size=count)])
        means[draw] = values[chosen].mean(axis=0)
    return means


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--questions", type=int, default=50_000)
    parser.add_argument("--models", type=int, default=30)
    parser.add_argument("--resamples", type=int, default=10_000)
    parser.add_argument("--per-patient", type=int, default=10)
    parser.add_argument("--loop-draws", type=int, default=50)
    options = parser.parse_args()

    scores = make_scores(options.questions, options.models, options.per_patient)
    start = time.perf_counter()
    comparison = compare(scores, resamples=options.resamples)
    whole = time.perf_counter() - start

    rng = np.random.default_rng(1)
    values = (rng.random((options.questions, options.models)) < 0.5).astype(np.float64)
    patients = np.arange(options.questions, dtype=np.intp) // options.per_patient
    start = time.perf_counter()
    sums = sum_by_patient(values, patients, int(patients[-1]) + 1)
    fast = percentile_limits(bootstrap_means([sums], options.resamples, rng)[0], 0.95)
    bootstrap = time.perf_counter() - start
    start = time.perf_counter()
    slow = plain_loop(values, patients, options.loop_draws, rng)
    loop = (time.perf_counter() - start) * options.resamples / options.loop_draws
    assert np.all(np.abs(slow.mean(axis=0) - fast.mean(axis=0)) < 0.01)
    report = {
        "questions": options.questions,
        "models": options.models,
        "resamples": options.resamples,
        "pairs": len(comparison.pairs) + len(comparison.category_pairs),
        "compare_s": round(whole, 1),
        "bootstrap_s": round(bootstrap, 2),
        "plain_loop_s": round(loop, 1),
        "bootstrap_ratio": round(loop / bootstrap, 1),
        "peak_gib": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20, 2),
    }
    print(json.dumps(report))


if __name__ == "__main__":
    main()
