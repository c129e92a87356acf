"""How often the interval of the causal grounding holds the true one: readers whose reasons are known.

    python benchmarks/causes_coverage.py [RUNS] [FIGURE]

Each run is a study of 24 patients with 4 questions of two options each, in the arms ``standard``,
``evidence_removed`` and ``irrelevant_removed``. What is simulated is who answers; the figures are those of
`medspatial compare`.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from medspatial.compare.causes import causes
from medspatial.compare.groups import Settings
from medspatial.compare.table import arm_tables
from medspatial.records import Score

ARMS = ("standard", "evidence_removed", "irrelevant_removed")
PATIENTS, QUESTIONS = 24, 4
OPTIONS = ("left", "right")


@dataclass(frozen=True)
class Reader:
    """Shares of right answers in the three arms, each drawn anew, with skill that differs between patients.

    Attributes
    ----------
    keeps
        Whether the answer of the first arm is given again in the others: the words are the same.
    spread
        Standard deviation of a patient's share.
    """

    name: str
    shares: tuple[float, float, float]
    keeps: bool = False
    spread: float = 0.08

    @property
    def grounding(self) -> float:
        """The true one: accuracy beside the irrelevant minus accuracy without the evidence."""
        return 0.0 if self.keeps else self.shares[2] - self.shares[1]


READERS = (
    Reader("measures the voxels, never wrong, says so without", (1.0, 0.0, 1.0), spread=0.0),
    Reader("measures the voxels, guesses without", (0.85, 0.5, 0.85)),
    Reader("measures, upset by any change", (0.85, 0.5, 0.7)),
    Reader("reads only the words, draws each answer", (0.5, 0.5, 0.5), spread=0.0),
    Reader("knows the anatomy from the words", (0.8, 0.8, 0.8), keeps=True),
    Reader("looks at the wrong place", (0.5, 0.5, 0.5)),
    Reader("sees the image mirrored, guesses without", (0.15, 0.5, 0.15)),
)


def simulate(readers: Iterable[Reader], runs: int, seed: int = 7) -> dict[str, np.ndarray]:
    """Return per reader (runs, 4): grounding, lower and upper limit, 1 where it is called grounded."""
    readers = list(readers)
    rng = np.random.default_rng(seed)
    found: dict[str, list[tuple[float, ...]]] = {reader.name: [] for reader in readers}
    for _ in range(runs):
        scores = [score for reader in readers for score in _study(reader, rng)]
        result = causes(arm_tables(scores, None, "standard"), "standard", Settings())
        for one in result.grounding:
            ends = one.grounding.interval
            row = one.grounding.value, ends.low, ends.high, float(one.verdict == "grounded")
            found[one.model].append(row)
    return {name: np.array(rows) for name, rows in found.items()}


def _study(reader: Reader, rng: np.random.Generator) -> Iterable[Score]:
    # a patient is easy or hard in all arms alike; the mean over patients stays the reader's own
    easy = rng.uniform(-1, 1, PATIENTS) * reader.spread * np.sqrt(3)
    shares = np.array(reader.shares)[:, None, None] + easy[None, :, None]
    right = rng.uniform(size=(3, PATIENTS, QUESTIONS)) < shares
    if reader.keeps:
        right[1:] = right[0]
    for number, patient, question in np.ndindex(right.shape):
        correct = bool(right[number, patient, question])
        answer = OPTIONS[(patient + question) % 2]
        given = answer if correct else OPTIONS[(patient + question + 1) % 2]
        yield Score(
            id=f"{patient}-{question}",
            case_id=str(patient),
            patient_id=str(patient),
            question=f"Which side, {question}?",
            answer=answer,
            options=OPTIONS,
            model=reader.name,
            arm=ARMS[number],
            prediction=given,
            extracted=given,
            metric="exact",
            score=float(correct),
            correct=correct,
        )


def covered(rows: np.ndarray, truth: float) -> float:
    """Share of runs whose interval holds the truth."""
    return float(((rows[:, 1] <= truth + 1e-9) & (truth <= rows[:, 2] + 1e-9)).mean())


def main() -> None:
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 500
    found = simulate(READERS, runs)
    print("| reader | true | mean estimate | intervals that hold it | called grounded |")
    print("|---|---|---|---|---|")
    for reader in READERS:
        rows = found[reader.name]
        print(
            f"| {reader.name} | {reader.grounding:.2f} | {rows[:, 0].mean():.3f} | "
            f"{covered(rows, reader.grounding):.1%} of {runs} | {rows[:, 3].mean():.1%} |"
        )
    if len(sys.argv) > 2:
        draw(found, Path(sys.argv[2]))


def draw(found: dict[str, np.ndarray], path: Path) -> None:
    """Draw 60 intervals of each reader about the true figure."""
    import matplotlib.pyplot as plt

    figure, panels = plt.subplots(
        1, len(READERS), figsize=(11, 3.2), layout="constrained", sharey=True, sharex=True
    )
    for axes, reader in zip(panels, READERS, strict=True):
        for row, (_, low, high, _) in enumerate(found[reader.name][:60]):
            holds = low - 1e-9 <= reader.grounding <= high + 1e-9
            axes.plot([low, high], [row, row], lw=1, color="C0" if holds else "C3")
        axes.axvline(reader.grounding, color="0.3", lw=0.8)
        axes.set_title(reader.name.replace(", ", ",\n").replace("the words", "\nthe words"), fontsize=6.5)
        axes.set_xlabel("Causal grounding", fontsize=7)
        axes.tick_params(labelsize=7)
        axes.set_yticks([])
    figure.savefig(path, dpi=110)


if __name__ == "__main__":
    main()
