"""Ranks of models, with how sure they are."""

from __future__ import annotations

import numpy as np

from medspatial.compare.accuracy_result import Rank
from medspatial.compare.clustered import Floats
from medspatial.compare.groups import OVERALL, Grouped, Settings
from medspatial.compare.resample import Singles


def bootstrap_ranks(data: Grouped, order: list[str], settings: Settings) -> list[Rank]:
    """Rank models in every bootstrap draw of patients.

    Ties share the mean of their ranks; the first place of a draw is shared among equals. The interval
    is the percentile interval of the ranks over the draws.
    """
    draws = data.draws[OVERALL]
    observed = ranks_of(data.sums[OVERALL].means[None])[0]
    ranks = ranks_of(draws)
    first = draws == draws.max(axis=1, keepdims=True)
    p_best = (first / first.sum(axis=1, keepdims=True)).mean(axis=0)
    tail = (1 - settings.confidence) / 2
    low, high = np.quantile(ranks, [tail, 1 - tail], axis=0)
    column = {model: number for number, model in enumerate(data.table.models)}
    return [
        Rank(
            model=model,
            arm=data.table.arm,
            rank=float(observed[column[model]]),
            low=float(low[column[model]]),
            high=float(high[column[model]]),
            p_best=float(p_best[column[model]]),
        )
        for model in order
        if model in column
    ]


def ranks_of(values: Floats | Singles) -> Floats:
    """Rank each row of a (rows, models) table, the largest first; ties share the mean of their ranks."""
    found = np.empty(values.shape)
    for column in range(values.shape[1]):
        own = values[:, column, None]
        above, equal = (values > own).sum(axis=1), (values == own).sum(axis=1)
        found[:, column] = above + (equal + 1) / 2
    return found
