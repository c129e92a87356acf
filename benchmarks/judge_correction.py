"""How often the corrected interval holds the truth, beside the judge's own: by simulation.

    python benchmarks/judge_correction.py [--runs 500]

Patients differ in how hard they are; a judge is lenient by a share of wrong answers; people look at some
patients' questions. Prints coverage of a 95 % interval, mean width, and the judge's own bias.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass

import numpy as np

from medspatial.compare.prediction_powered import correct_judge
from medspatial.records import Score


@dataclass(frozen=True)
class Setting:
    """One simulated benchmark."""

    patients: int = 200
    questions: int = 10
    looked_at: int = 40
    accuracy: float = 0.6
    spread: float = 0.15
    lenient: float = 0.25
    strict: float = 0.05

    @property
    def shape(self) -> tuple[float, float]:
        """Of the beta distribution of patients' shares, with the mean and spread of the setting."""
        size = self.accuracy * (1 - self.accuracy) / self.spread**2 - 1
        return self.accuracy * size, (1 - self.accuracy) * size


def simulate(setting: Setting, rng: np.random.Generator) -> tuple[list[Score], list[Score]]:
    """Return the judge's scores on all questions, and people's on some patients."""
    judged, human = [], []
    for patient in range(setting.patients):
        right = rng.random(setting.questions) < rng.beta(*setting.shape)
        said = np.where(
            right, rng.random(right.size) >= setting.strict, rng.random(right.size) < setting.lenient
        )
        for number, (true, verdict) in enumerate(zip(right, said, strict=True)):
            judged.append(_score(patient, number, bool(verdict), "judge"))
            if patient < setting.looked_at:
                human.append(_score(patient, number, bool(true), "people"))
    return judged, human


def coverage(setting: Setting, runs: int, seed: int = 0) -> tuple[float, float, float]:
    """Return coverage, mean width, and the judge's mean error."""
    rng = np.random.default_rng(seed)
    held, widths, errors = [], [], []
    for _ in range(runs):
        judged, human = simulate(setting, rng)
        (found,) = correct_judge(judged, human)
        held.append(found.interval.low <= setting.accuracy <= found.interval.high)
        widths.append(found.interval.high - found.interval.low)
        errors.append(found.by_judge - setting.accuracy)
    return float(np.mean(held)), float(np.mean(widths)), float(np.mean(errors))


def _score(patient: int, number: int, right: bool, metric: str) -> Score:
    return Score.model_construct(
        id=f"{patient}-{number}", case_id=f"p{patient}", patient_id=f"p{patient}", model="m", arm="standard",
        metric=metric, score=float(right), correct=right, status="scored",
    )  # fmt: skip


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--runs", type=int, default=500)
    options = parser.parse_args()
    for setting in (
        Setting(),
        Setting(looked_at=15),
        Setting(lenient=0.5),
        Setting(spread=0.3),
        Setting(lenient=0.0, strict=0.0),
        Setting(lenient=0.6, strict=0.4),
    ):
        held, width, error = coverage(setting, options.runs)
        print(
            f"{setting}: coverage {held:.1%}, width {width:.3f}, judge alone off by {error:+.3f}", flush=True
        )


if __name__ == "__main__":
    main()
