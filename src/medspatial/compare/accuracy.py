"""Accuracy of every model on every group of questions, with its intervals."""

from __future__ import annotations

from typing import Any

import numpy as np

from medspatial.compare.accuracy_result import Accuracy, Interval
from medspatial.compare.clustered import Floats, PatientSums, design_effect, sum_by_patient
from medspatial.compare.groups import Group, Grouped, Mask, Settings
from medspatial.compare.intervals import main_interval, symmetric, t_quantile, wilson
from medspatial.compare.resample import percentile_limits
from medspatial.compare.score_rows import MISSING, SCORED, UNANSWERED, UNSCORED
from medspatial.compare.table import ArmTable


def group_accuracies(data: Grouped, group: Group, settings: Settings) -> list[Accuracy]:
    """Accuracies of one group, per model in the order of ``data.table.models``."""
    limits = percentile_limits(data.draws[group], settings.confidence)
    return [
        accuracy_of(data.table, data.masks[group], column, settings, limits[:, column], data.sums[group])
        for column in range(len(data.table.models))
    ]


def accuracy_of(  # noqa: PLR0917
    table: ArmTable,
    mask: Mask,
    column: int,
    settings: Settings,
    bootstrap: Floats | None = None,
    sums: PatientSums | None = None,
) -> Accuracy:
    """Accuracy of one model (a column of the table) on the questions of ``mask``.

    Parameters
    ----------
    bootstrap
        (2,) limits of the bootstrap interval, where it was drawn.
    sums
        Patient sums of the group, where they are known already.
    """
    if sums is None:
        sums = sum_by_patient(table.values[mask], table.patients[mask], len(table.patient_ids))
    states = np.bincount(table.states[mask, column], minlength=4)
    counts: dict[str, Any] = {
        "n": sums.n,
        "clusters": sums.clusters,
        "scored": int(states[SCORED]),
        "unanswered": int(states[UNANSWERED]),
        "unscored": int(states[UNSCORED]),
        "failed": int(table.failed[mask, column].sum()),
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
        **_intervals(correct / sums.n, column, sums, bootstrap, settings),
        **_chance(table, mask, column, settings),
    )


def _intervals(
    p: float, column: int, sums: PatientSums, bootstrap: Floats | None, settings: Settings
) -> dict[str, Any]:
    """Everything of an ``Accuracy`` that follows from its patient sums."""
    cr0, cr1 = float(sums.se_cr0()[column]), sums.se_cr1()
    se = None if cr1 is None else float(cr1[column])
    found: dict[str, Any] = {"se": se}
    if se is not None:
        quantile = t_quantile(settings.confidence, sums.clusters - 1)
        found["cluster_t"] = symmetric(p, se, quantile, "cluster_t")
        if bootstrap is not None and np.isfinite(bootstrap).all():
            low, high = float(bootstrap[0]), float(bootstrap[1])
            found["bootstrap"] = Interval(low=low, high=high, method="cluster_bootstrap")
    if not 0.0 <= p <= 1.0:  # a graded metric with a range of its own: no interval of a proportion
        return found | {"interval": found.get("cluster_t")}
    effect = design_effect(p, sums.n, cr0) if se is not None else None
    low, high = wilson(p, sums.n, settings.confidence)
    interval, note = main_interval(p, sums.n, sums.clusters, se, settings.confidence)
    return found | {
        "design_effect": effect,
        "effective_n": None if effect is None else sums.n / effect,
        "wilson": Interval(low=low, high=high, method="wilson"),
        "interval": interval,
        "note": note,
    }


def _chance(table: ArmTable, mask: Mask, column: int, settings: Settings) -> dict[str, Any]:
    """What guessing gives; chance level and chance-corrected accuracy of the closed questions."""
    closed = mask & np.isfinite(table.chance)
    if not closed.any():
        return {"guess": 0.0}
    chance = table.chance[closed]
    found: dict[str, Any] = {
        "closed": int(closed.sum()),
        "chance": float(chance.mean()),
        "guess": float(chance.sum() / mask.sum()),
    }
    able = chance < 1
    if not able.any():
        return found
    corrected = ((table.values[closed, column] - chance) / np.where(able, 1 - chance, 1.0))[able, None]
    sums = sum_by_patient(corrected, table.patients[closed][able], len(table.patient_ids))
    value, se = float(sums.means[0]), sums.se_cr1()
    found["chance_corrected"] = value
    if se is not None and se[0] > 0:
        quantile = t_quantile(settings.confidence, sums.clusters - 1)
        found["chance_corrected_interval"] = symmetric(value, float(se[0]), quantile, "cluster_t")
    return found
