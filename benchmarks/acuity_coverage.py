"""How often the interval of a threshold holds the true one: simulated readers with a known function.

    python benchmarks/acuity_coverage.py [RUNS] [FIGURE]

Each run is a sight test as `medspatial acuity` gives it: 12 patients, 8 levels, 2 trials each. Every patient
has a threshold of their own, drawn about the one of the reader.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

from medspatial.acuity.psychometric import Curve, fit, threshold_interval

LEVELS = np.array((0.25, 0.5, 1, 2, 4, 8, 16, 32), dtype=float)
READERS = (Curve(4.0, 0.6, 0.03), Curve(1.0, 0.3, 0.0), Curve(9.0, 1.0, 0.08))


def simulate(
    truth: Curve, runs: int, *, patients: int = 12, trials: int = 2, spread: float = 0.3, draws: int = 400
) -> np.ndarray:
    """Return (runs, 3): estimated threshold, lower and upper limit."""
    rng = np.random.default_rng(5)
    rows = []
    for _ in range(runs):
        middles = truth.middle * np.exp(spread * rng.standard_normal(patients))
        shares = np.array([Curve(m, truth.width, truth.lapse).share(LEVELS) for m in middles])
        right = rng.binomial(trials, shares).astype(float)
        total = np.full_like(right, trials)
        curve = fit(LEVELS, right.sum(axis=0), total.sum(axis=0))
        rows.append((curve.threshold, *threshold_interval(curve, LEVELS, right, total, draws=draws)))
    return np.array(rows)


def true_threshold(truth: Curve, spread: float) -> float:
    """Level at which a patient drawn at random is answered rightly in 75 of 100 trials."""
    width = float(np.hypot(truth.width, spread))
    return Curve(truth.middle, width, truth.lapse).threshold


def covered(found: np.ndarray, truth: float) -> float:
    """Share of runs whose interval holds the truth."""
    return float(((found[:, 1] <= truth) & (truth <= found[:, 2])).mean())


def main() -> None:
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 500
    results = []
    for truth in READERS:
        level = true_threshold(truth, 0.3)
        found = simulate(truth, runs)
        results.append((truth, level, found))
        bias = float(np.median(found[:, 0]) / level - 1)
        print(
            f"threshold {level:.2f}, width {truth.width:g}, lapse {truth.lapse:g}: "
            f"covered {covered(found, level):.1%} of {runs}, median estimate {bias:+.1%} off",
            flush=True,
        )
    if len(sys.argv) > 2:
        draw(results, Path(sys.argv[2]))


def draw(results: list[tuple[Curve, float, np.ndarray]], path: Path) -> None:
    """Draw 60 intervals of each reader about the true threshold."""
    import matplotlib.pyplot as plt

    figure, panels = plt.subplots(1, len(results), figsize=(7, 3), layout="constrained", sharey=True)
    for axes, (truth, level, found) in zip(panels, results, strict=True):
        for row, (_, low, high) in enumerate(found[:60]):
            holds = low <= level <= high
            axes.plot([low, min(high, 200)], [row, row], lw=1, color="C0" if holds else "C3")
        axes.axvline(level, color="0.3", lw=0.8)
        axes.set_xscale("log")
        axes.set_title(
            f"width {truth.width:g}, lapse {truth.lapse:g}: {covered(found, level):.1%}", fontsize=8
        )
        axes.set_xlabel("Threshold (mm)", fontsize=8)
        axes.set_yticks([])
    figure.savefig(path, dpi=110)


if __name__ == "__main__":
    main()
