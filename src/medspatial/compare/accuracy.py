"""Accuracy of every model on every group of questions, with its intervals."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from medspatial.compare.clustered import Floats, PatientSums, design_effect, sum_by_patient
from medspatial.compare.intervals import main_interval, symmetric, t_quantile, wilson
from medspatial.compare.resample import bootstrap_means, percentile_limits
from medspatial.compare.result import Accuracy, Interval
from medspatial.compare.table import MISSING, SCORED, UNANSWERED, UNSCORED, ArmTable

Group = tuple[str, str]
Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Settings:
    """Level of the intervals, number of draws, and their seed."""

    confidence: float = 0.95
    resamples: int = 10_000
    seed: int = 0

    def rng(self) -> np.random.Generator:
        """Return a fresh generator: equal seeds give equal draws in every part of a comparison."""
        return np.random.default_rng(self.seed)


def group_accuracies(
    table: ArmTable, masks: Mapping[Group, Mask], settings: Settings
) -> dict[Group, list[Accuracy]]:
    """Accuracies per group and model (in the order of ``table.models``).

    All groups share the bootstrap draws of patients.
    """
    sums = {
        group: sum_by_patient(table.values[mask], table.patients[mask], len(table.patient_ids))
        for group, mask in masks.items()
    }
    limits = _bootstrap_limits(list(sums.values()), settings)
    return {
        group: [
            _accuracy(table, mask, column, sums[group], limit[:, column], settings)
            for column in range(len(table.models))
        ]
        for (group, mask), limit in zip(masks.items(), limits, strict=True)
    }


def _bootstrap_limits(groups: list[PatientSums], settings: Settings) -> list[Floats]:
    """For each group (2, models): limits of the percentile interval."""
    means = bootstrap_means(groups, settings.resamples, settings.rng())
    return [percentile_limits(mean, settings.confidence) for mean in means]


def _accuracy(
    table: ArmTable, mask: Mask, column: int, sums: PatientSums, limit: Floats, settings: Settings
) -> Accuracy:
    states = np.bincount(table.states[mask, column], minlength=4)
    counts = {
        "n": sums.n,
        "clusters": sums.clusters,
        "scored": int(states[SCORED]),
        "unanswered": int(states[UNANSWERED]),
        "unscored": int(states[UNSCORED]),
        "missing": int(states[MISSING]),
    }
    if sums.n == 0:
        return Accuracy(correct=0.0, **counts)
    correct = float(sums.sums[:, column].sum())
    answered = counts["scored"] + counts["unanswered"]
    return Accuracy(
        correct=correct,
        accuracy=correct / sums.n,
        accuracy_scored=correct / answered if answered else None,
        **counts,
        **_intervals(correct / sums.n, column, sums, limit, settings),
        **_chance(table, mask, column, settings),
    )


def _intervals(
    p: float, column: int, sums: PatientSums, limit: Floats, settings: Settings
) -> dict[str, Interval | float | str | None]:
    """Everything of an ``Accuracy`` that follows from its patient sums."""
    cr0, cr1 = float(sums.se_cr0()[column]), sums.se_cr1()
    se = None if cr1 is None else float(cr1[column])
    found: dict[str, Interval | float | str | None] = {"se": se}
    proportion = 0.0 <= p <= 1.0
    if proportion:
        effect = design_effect(p, sums.n, cr0) if se is not None else None
        found["design_effect"] = effect
        found["effective_n"] = None if effect is None else sums.n / effect
        low, high = wilson(p, sums.n, settings.confidence)
        found["wilson"] = Interval(low=low, high=high, method="wilson")
        found["interval"], found["note"] = main_interval(p, sums.n, sums.clusters, se, settings.confidence)
    if se is not None:
        quantile = t_quantile(settings.confidence, sums.clusters - 1)
        found["cluster_t"] = symmetric(p, se, quantile, "cluster_t")
        found["bootstrap"] = Interval(low=float(limit[0]), high=float(limit[1]), method="cluster_bootstrap")
    if not proportion:
        found["interval"] = found.get("cluster_t")
    return found


def _chance(
    table: ArmTable, mask: Mask, column: int, settings: Settings
) -> dict[str, float | Interval | None]:
    """Chance level and chance-corrected accuracy over the closed questions of the group."""
    closed = mask & np.isfinite(table.chance)
    if not closed.any():
        return {}
    chance = table.chance[closed]
    found: dict[str, float | Interval | None] = {"closed": int(closed.sum()), "chance": float(chance.mean())}
    able = chance < 1
    if not able.any():
        return found
    corrected = ((table.values[closed, column] - chance) / (1 - chance))[able, None]
    sums = sum_by_patient(corrected, table.patients[closed][able], len(table.patient_ids))
    value, se = float(sums.means[0]), sums.se_cr1()
    found["chance_corrected"] = value
    if se is not None and se[0] > 0:
        quantile = t_quantile(settings.confidence, sums.clusters - 1)
        found["chance_corrected_interval"] = symmetric(value, float(se[0]), quantile, "cluster_t")
    return found
