"""A judge's accuracies corrected by a small set of human verdicts, with valid intervals.

Prediction-powered inference (A. N. Angelopoulos et al., Science 2023;382:669) with the weight of its later
form (PPI++, arXiv 2311.01453): the judge's mean over all questions, plus what people find the judge to be
off by on those that they looked at. Standard errors are clustered by patient over both parts.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from medspatial.compare.accuracy_result import Interval
from medspatial.compare.intervals import t_quantile
from medspatial.errors import InputError
from medspatial.records import Score

Floats = NDArray[np.float64]
FEWEST_PATIENTS = 2
METHOD = "prediction_powered"


@dataclass(frozen=True)
class Corrected:
    """One model's accuracy by a judge, corrected by people.

    Attributes
    ----------
    judged, human
        Questions that only the judge decided, and those that people decided too.
    patients
        Patients among the questions that people decided: the interval's degrees of freedom are one less.
    by_judge, by_people
        Plain accuracy: of the judge on all questions, of people on theirs.
    bias
        Judge minus people on the questions that both decided.
    weight
        How much the judge is used, 0 (people alone) to 1.
    accuracy, se, interval
        The corrected accuracy, its clustered standard error, and the interval.
    gain
        Width of the interval relative to that of people alone; below 1 the judge helps.
    """

    model: str
    judged: int
    human: int
    patients: int
    by_judge: float
    by_people: float
    bias: float
    weight: float
    accuracy: float
    se: float
    interval: Interval
    gain: float


def correct_judge(
    judged: Iterable[Score], human: Iterable[Score], *, confidence: float = 0.95
) -> list[Corrected]:
    """Correct a judge's accuracies by human verdicts on some of the same answers.

    Parameters
    ----------
    judged
        The judge's scores on all questions; what has no verdict counts as not right, as in all tables.
    human
        People's scores on some of them, joined by id, model and arm.

    Returns
    -------
    list of Corrected
        One per model and arm, in the order of the judge's scores.

    Raises
    ------
    InputError
        People decided on an answer that the judge did not see, or twice on one; under two patients decided by
        people for a model.
    """
    by_model: dict[str, dict[str, Score]] = defaultdict(dict)
    for one in judged:
        by_model[_name(one)][one.id] = one
    truth: dict[str, dict[str, float]] = defaultdict(dict)
    for one in human:
        if one.status == "unscored":
            continue
        if one.id not in by_model.get(_name(one), {}):
            raise InputError(
                f"human verdict on question {one.id!r} of {_name(one)}: the judge has none on it"
            )
        if one.id in truth[_name(one)]:
            raise InputError(
                f"two human verdicts on question {one.id!r} of {_name(one)}: adjudicate them first"
            )
        truth[_name(one)][one.id] = _figure(one)
    return [
        _corrected(name, list(rows.values()), truth.get(name, {}), confidence)
        for name, rows in by_model.items()
    ]


def _corrected(name: str, rows: list[Score], truth: dict[str, float], confidence: float) -> Corrected:
    judge = np.array([_figure(one) for one in rows])
    seen = np.array([one.id in truth for one in rows])
    people = np.array([truth.get(one.id, math.nan) for one in rows])
    _, owner = np.unique([one.patient_id or one.case_id for one in rows], return_inverse=True)
    patients = len(np.unique(owner[seen]))
    if patients < FEWEST_PATIENTS:
        raise InputError(
            f"{name}: people decided on {patients} patients, at least {FEWEST_PATIENTS} are needed"
        )
    weight = _weight(judge, people, seen)
    accuracy, se = _estimate(judge, people, seen, owner, weight)
    _, alone = _estimate(judge, people, seen, owner, 0.0)
    half = t_quantile(confidence, patients - 1) * se
    return Corrected(
        model=name,
        judged=int((~seen).sum()),
        human=int(seen.sum()),
        patients=patients,
        by_judge=float(judge.mean()),
        by_people=float(people[seen].mean()),
        bias=float((judge[seen] - people[seen]).mean()),
        weight=weight,
        accuracy=accuracy,
        se=se,
        interval=Interval(low=max(0.0, accuracy - half), high=min(1.0, accuracy + half), method=METHOD),
        gain=se / alone if alone > 0 else 1.0,
    )


def _weight(judge: Floats, people: Floats, seen: NDArray[np.bool_]) -> float:
    """The weight with the least variance when questions are independent, held between 0 and 1."""
    n, more = int(seen.sum()), int((~seen).sum())
    spread = float(judge.var())
    if not more or spread <= 0 or n < 2:
        return 0.0
    together = float(np.mean((judge[seen] - judge[seen].mean()) * (people[seen] - people[seen].mean())))
    return float(np.clip(together / spread * more / (n + more), 0.0, 1.0))


def _estimate(
    judge: Floats, people: Floats, seen: NDArray[np.bool_], owner: NDArray[np.intp], weight: float
) -> tuple[float, float]:
    """Accuracy and its standard error, from each patient's influence on both means."""
    off = people[seen] - weight * judge[seen]
    rest = weight * judge[~seen]
    mean = float(off.mean()) + (float(rest.mean()) if len(rest) else 0.0)
    influence = np.zeros(int(owner.max()) + 1)
    np.add.at(influence, owner[seen], (off - off.mean()) / len(off))
    if len(rest):
        np.add.at(influence, owner[~seen], (rest - rest.mean()) / len(rest))
    groups = len(np.unique(owner[seen]))
    return float(np.clip(mean, 0.0, 1.0)), float(np.sqrt(groups / (groups - 1) * np.square(influence).sum()))


def _figure(one: Score) -> float:
    return float(one.score or 0.0) if one.status == "scored" else 0.0


def _name(one: Score) -> str:
    return one.model if one.arm == "standard" else f"{one.model} ({one.arm})"
