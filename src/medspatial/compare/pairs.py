"""Differences between two models on the same questions, tested by patient."""

from __future__ import annotations

import math
from itertools import combinations
from statistics import NormalDist
from typing import Any

import numpy as np
from numpy.typing import NDArray

from medspatial.compare.accuracy_result import Interval, PairedDifference
from medspatial.compare.clustered import Floats, PatientSums
from medspatial.compare.discordance import mcnemar
from medspatial.compare.groups import OVERALL, Group, Grouped, Settings
from medspatial.compare.intervals import symmetric, t_quantile
from medspatial.compare.multiplicity import benjamini_hochberg, holm
from medspatial.compare.resample import percentile_limits
from medspatial.compare.sign_flip import SignFlip, sign_flip, smallest_p

_POWER = 0.8


def paired_differences(
    data: Grouped, order: list[str], settings: Settings
) -> tuple[list[PairedDifference], list[PairedDifference]]:
    """Compare all pairs of models, over all questions and in each category.

    Parameters
    ----------
    order
        Models in the order of the tables; the first of a pair stands earlier.

    Returns
    -------
    overall, by_category
        Holm and Benjamini-Hochberg run over the pairs of all questions, and within each category.
    """
    models = [model for model in order if model in data.table.models]
    columns = [data.table.models.index(model) for model in models]
    pairs = list(combinations(columns, 2))
    if not pairs:
        return [], []
    groups: list[Group] = [OVERALL, *(("category", name) for name in data.names("category"))]
    side_by_side = np.hstack([data.sums[group].sums for group in groups])
    p_values = sign_flip(side_by_side, _shifted(pairs, data, len(groups)), settings)
    tables = [
        _table(data, group, pairs, p_values[number * len(pairs) :], settings)
        for number, group in enumerate(groups)
    ]
    return tables[0], [row for table in tables[1:] for row in table]


def _table(
    data: Grouped, group: Group, pairs: list[tuple[int, int]], p_values: list[SignFlip], settings: Settings
) -> list[PairedDifference]:
    """All pairs of one group with their adjusted p values (``p_values`` may go on behind them).

    Where Holm leaves no p value below the level, however large the difference, none is detectable.
    """
    both = _both_right(data, group)
    rows = [_pair(data, group, pair, tested, settings) for pair, tested in zip(pairs, p_values, strict=False)]
    if both is not None:
        rows = [
            row.model_copy(update={**_possible(row.interval), **_discordant(both, pair, data.sums[group].n)})
            for row, pair in zip(rows, pairs, strict=True)
        ]
    p = [row.p for row in rows]
    level = 1 - settings.confidence
    least = min(1.0, len(rows) * _least_p(rows[0], settings))
    known: dict[str, Any] = {"p_least": least} if least < level else {"p_least": least, "mde": None}
    return [
        row.model_copy(update={**known, "p_holm": first, "p_bh": second, "significant": first < level})
        for row, first, second in zip(rows, holm(p), benjamini_hochberg(p), strict=True)
    ]


def _least_p(row: PairedDifference, settings: Settings) -> float:
    """Smallest p value that the test of a row could have given."""
    return smallest_p(row.clusters) if row.p_exact else 1 / (1 + settings.resamples)


def _shifted(pairs: list[tuple[int, int]], data: Grouped, groups: int) -> list[tuple[int, int]]:
    """Column pairs of the models in each of ``groups`` blocks laid side by side."""
    width = len(data.table.models)
    return [(a + width * g, b + width * g) for g in range(groups) for a, b in pairs]


def minimum_detectable(se: float, patients: int, level: float = 0.05) -> float | None:
    """Smallest true difference that the sign flip finds with power 80 %; None where it can find none.

    ``(t_.975 + t_.8) * se`` with ``patients - 1`` degrees of freedom. Where only equal signs in all patients
    reach the level (6 patients at 5 %), it is what makes these likely enough.

    Parameters
    ----------
    se
        Cluster-robust standard error of the difference (CR1).
    level
        Unadjusted level of the test, two-sided.
    """
    least = smallest_p(patients)
    if least >= level:
        return None
    factor = t_quantile(1 - level, patients - 1) + t_quantile(2 * _POWER - 1, patients - 1)
    if 2 * least >= level:  # the next pattern is one patient with the other sign
        factor = max(factor, NormalDist().inv_cdf(_POWER ** (1 / patients)) * math.sqrt(patients))
    return factor * se


def _pair(
    data: Grouped, group: Group, pair: tuple[int, int], tested: SignFlip, settings: Settings
) -> PairedDifference:
    a, b = pair
    sums = data.sums[group]
    difference = PatientSums(sums.sums[:, [a]] - sums.sums[:, [b]], sums.counts)
    value = float(difference.means[0])
    return PairedDifference(
        first=data.table.models[a],
        second=data.table.models[b],
        arm=data.table.arm,
        category=group[1] or None,
        n=sums.n,
        clusters=sums.clusters,
        difference=value,
        p=tested.p,
        p_exact=tested.exact,
        **_clustered(value, difference, data.draws[group][:, a] - data.draws[group][:, b], settings),
    )


def _clustered(
    value: float, difference: PatientSums, draws: NDArray[np.float32], settings: Settings
) -> dict[str, Any]:
    cr1 = difference.se_cr1()
    if cr1 is None:
        return {}
    se, df = float(cr1[0]), difference.clusters - 1
    low, high = percentile_limits(draws[:, None], settings.confidence)[:, 0]
    mde = minimum_detectable(se, difference.clusters, 1 - settings.confidence)
    found: dict[str, Any] = {"se": se, "mde": mde}
    if np.isfinite(low):
        found["bootstrap"] = Interval(low=float(low), high=float(high), method="cluster_bootstrap")
    if se > 0:
        found["interval"] = symmetric(value, se, t_quantile(settings.confidence, df), "cluster_t")
        from scipy import special

        found["p_t"] = 2 * float(special.stdtr(df, -abs(value) / se))
    return found


def _possible(interval: Interval | None) -> dict[str, Any]:
    """Cut an interval at the differences that two shares can have."""
    if interval is None:
        return {}
    low, high = max(-1.0, interval.low), min(1.0, interval.high)
    return {"interval": interval.model_copy(update={"low": low, "high": high})}


def _both_right(data: Grouped, group: Group) -> Floats | None:
    """(models, models) number of questions that both answered rightly; None for graded metrics."""
    values = data.table.values[data.masks[group]]
    if not np.isin(values, (0.0, 1.0)).all():
        return None
    return np.asarray(values.T @ values, dtype=np.float64)


def _discordant(both_right: Floats, pair: tuple[int, int], n: int) -> dict[str, Any]:
    a, b = pair
    n11, first, second = (int(both_right[cell]) for cell in ((a, b), (a, a), (b, b)))
    counts = {"n11": n11, "n10": first - n11, "n01": second - n11, "n00": n - first - second + n11}
    exact, mid = mcnemar(counts["n10"], counts["n01"])
    return {**counts, "p_mcnemar": exact, "p_mcnemar_mid": mid}
