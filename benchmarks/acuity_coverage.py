"""How often the interval of a threshold holds the true one: simulated readers whose eyes are known.

    python benchmarks/acuity_coverage.py [RUNS] [FIGURE]

Each run is a sight test as `medspatial acuity` gives it: 12 patients, 8 levels, 2 trials each. Every patient
has a threshold of their own, drawn about the one of the reader. Readers with a psychometric function come
first. One measures the voxels, with an error of its own, so that its function is another one than the fitted.
Those that read only the words, look at the wrong place or see the image mirrored have no threshold, and none
must be found.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.optimize import brentq
from scipy.special import ndtr

from medspatial.acuity.psychometric import Curve, fit, threshold_interval
from medspatial.acuity.quantities import QUANTITIES
from medspatial.acuity.result import acuity_of

SIDE = QUANTITIES["side"]
LEVELS = np.array(SIDE.levels, dtype=float)
PATIENTS, TRIALS, SPREAD = 12, 2, 0.3
VOXEL_MM = 1.5

Draw = Callable[[np.random.Generator], np.ndarray]


@dataclass(frozen=True)
class Reader:
    """Who answers: right answers of (patients, levels), and the level of 75 % right answers, if any."""

    name: str
    draw: Draw
    threshold: float | None = None


def known(curve: Curve, *, patients: int = PATIENTS, trials: int = TRIALS, spread: float = SPREAD) -> Reader:
    """A reader with a psychometric function; patients' thresholds differ about its own."""
    level = Curve(curve.middle, float(np.hypot(curve.width, spread)), curve.lapse).threshold
    name = f"width {curve.width:g}, lapses {curve.lapse:g}"

    def shares(factor: float) -> np.ndarray:
        return Curve(curve.middle * factor, curve.width, curve.lapse).share(LEVELS)

    return Reader(name, _drawn(shares, patients, trials, spread), level)


def measures(error_mm: float) -> Reader:
    """A reader that measures the offset in the voxels, with a normal error, and says its sign."""
    z = np.random.default_rng(1).standard_normal(20_000) * SPREAD

    def mean_share(level: float) -> float:
        return float(ndtr(level / (error_mm * np.exp(z))).mean()) - 0.75

    def shares(factor: float) -> np.ndarray:
        return ndtr(LEVELS / (error_mm * factor))

    level = float(brentq(mean_share, 1e-3, 100))
    return Reader(f"measures the voxels to {error_mm:g} mm", _drawn(shares, PATIENTS, TRIALS, SPREAD), level)


def mirrored(curve: Curve) -> Reader:
    """A reader that sees left and right exchanged: right only where it does not see."""

    def shares(factor: float) -> np.ndarray:
        return 1 - Curve(curve.middle * factor, curve.width, curve.lapse).share(LEVELS)

    return Reader("sees the image mirrored", _drawn(shares, PATIENTS, TRIALS, SPREAD))


def words_alone() -> Reader:
    """A reader that never looks, and draws each answer."""
    return Reader(
        "reads only the words", _drawn(lambda factor: np.full(len(LEVELS), 0.5), PATIENTS, TRIALS, 0)
    )


def wrong_place() -> Reader:
    """A reader that says where something else lies: in a patient always the same side."""

    def draw(rng: np.random.Generator) -> np.ndarray:
        side = rng.integers(2, size=(PATIENTS, 1, 1))
        answers = (
            np.arange(PATIENTS)[:, None, None] + np.arange(len(LEVELS))[:, None] + np.arange(TRIALS)
        ) % 2
        return (answers == side).sum(axis=2).astype(float)

    return Reader("looks at the wrong place", draw)


def _drawn(shares: Callable[[float], np.ndarray], patients: int, trials: int, spread: float) -> Draw:
    def draw(rng: np.random.Generator) -> np.ndarray:
        factors = np.exp(spread * rng.standard_normal(patients))
        return rng.binomial(trials, np.array([shares(factor) for factor in factors])).astype(float)

    return draw


SEES = (
    known(Curve(4.0, 0.6, 0.03)),
    known(Curve(1.0, 0.3, 0.0)),
    known(Curve(9.0, 1.0, 0.08)),
    measures(VOXEL_MM),
    measures(4 * VOXEL_MM),
)
SEES_NOT = (words_alone(), wrong_place(), mirrored(Curve(4.0, 0.6, 0.03)))


def simulate(reader: Reader, runs: int, *, trials: int = TRIALS, draws: int = 400) -> np.ndarray:
    """Return (runs, 3): estimated threshold, lower and upper limit."""
    rng = np.random.default_rng(5)
    rows = []
    for _ in range(runs):
        right = reader.draw(rng)
        total = np.full_like(right, trials)
        curve = fit(LEVELS, right.sum(axis=0), total.sum(axis=0))
        rows.append((curve.threshold, *threshold_interval(curve, LEVELS, right, total, draws=draws)))
    return np.array(rows)


def false_thresholds(reader: Reader, runs: int) -> tuple[float, float]:
    """Return the shares of runs that name a threshold for who has none, and that also bound it above."""
    rng = np.random.default_rng(6)
    named = bounded = 0
    for _ in range(runs):
        right = reader.draw(rng)
        total = np.full_like(right, TRIALS)
        if fit(LEVELS, right.sum(axis=0), total.sum(axis=0)).threshold > LEVELS[-1]:
            continue  # not reached: no interval is needed
        found = acuity_of(reader.name, SIDE, right, total)
        named += found.status != "not reached"
        bounded += found.status == "found" and found.high is not None and found.high <= LEVELS[-1]
    return named / runs, bounded / runs


def covered(found: np.ndarray, truth: float) -> float:
    """Share of runs whose interval holds the truth."""
    return float(((found[:, 1] <= truth) & (truth <= found[:, 2])).mean())


def main() -> None:
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 500
    results = []
    for reader in SEES:
        found = simulate(reader, runs)
        results.append((reader, found))
        assert reader.threshold is not None
        bias = float(np.median(found[:, 0]) / reader.threshold - 1)
        print(
            f"{reader.name} (threshold {reader.threshold:.2f} mm): "
            f"covered {covered(found, reader.threshold):.1%} of {runs}, median estimate {bias:+.1%} off",
            flush=True,
        )
    for reader in SEES_NOT:
        named, bounded = false_thresholds(reader, runs)
        print(
            f"{reader.name}: a threshold named in {named:.1%} of {runs}, bounded above in {bounded:.1%}",
            flush=True,
        )
    if len(sys.argv) > 2:
        draw_figure(results, Path(sys.argv[2]))


def draw_figure(results: list[tuple[Reader, np.ndarray]], path: Path) -> None:
    """Draw 60 intervals of each reader about the true threshold."""
    import matplotlib.pyplot as plt

    figure, panels = plt.subplots(1, len(results), figsize=(10, 3), layout="constrained", sharey=True)
    for axes, (reader, found) in zip(panels, results, strict=True):
        truth = reader.threshold or float("nan")
        for row, (_, low, high) in enumerate(found[:60]):
            holds = low <= truth <= high
            axes.plot([low, min(high, 200)], [row, row], lw=1, color="C0" if holds else "C3")
        axes.axvline(truth, color="0.3", lw=0.8)
        axes.set_xscale("log")
        ends = axes.get_xlim()
        ticks = [level for level in (0.25, 0.5, 1, 2, 4, 8, 16, 32, 64, 128) if ends[0] <= level <= ends[1]]
        axes.set_xticks(ticks, [f"{level:g}" for level in ticks], fontsize=7)
        axes.minorticks_off()
        name = reader.name.replace(", ", ",\n").replace("voxels ", "voxels\n")
        axes.set_title(name, fontsize=7)
        axes.set_xlabel("Threshold (mm)", fontsize=8)
        axes.set_yticks([])
    figure.savefig(path, dpi=110)


if __name__ == "__main__":
    main()
