"""The correctness matrix as a picture: which questions which models get right, models by likeness."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.colors import ListedColormap
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from numpy.typing import NDArray

from medspatial.report.figures.forest import short_name
from medspatial.report.figures.style import (
    INK,
    MUTED,
    ONE_COLUMN,
    TWO_COLUMNS,
    new_figure,
    paper_style,
    settled,
)
from medspatial.report.palette import BLUE, ORANGE

_MISSING_GREY = "#b8bec7"
_PALE_ORANGE, _PALE_BLUE = "#f2d9a8", "#a9cde6"
_ROW = 0.2  # inches per model
_MOST_COLUMNS = 2000  # pixels of a printed page; more questions than that cannot be seen


def correctness_map(values: NDArray[np.float64], models: Sequence[str], width: float = TWO_COLUMNS) -> Figure:
    """Draw questions (columns) by models (rows) with a dendrogram of the models.

    Questions are ordered by how many models get them right. Models are joined by average linkage
    of the share of questions on which their verdicts differ.

    Parameters
    ----------
    values
        Shape (questions, models): 0 to 1, NaN where there is not a verdict. Beyond 2,000 questions
        neighbours in that order are averaged, so that every question still counts.

    Raises
    ------
    ValueError
        The columns are not the models, or there is no question.
    """
    if values.ndim != 2 or values.shape[1] != len(models) or values.shape[0] == 0:
        raise ValueError(f"needs (questions, {len(models)} models), got shape {values.shape}")
    with paper_style():
        figure = new_figure(width, 0.85 + _ROW * len(models))
        tree_axes, axes = figure.subplots(1, 2, width_ratios=(1, 8))
        order = _draw_tree(tree_axes, values)
        shown = _thinned(_ranked(values[:, order]).T)
        colours = ListedColormap([ORANGE, _PALE_ORANGE, _PALE_BLUE, BLUE]).with_extremes(bad=_MISSING_GREY)
        axes.imshow(shown, aspect="auto", cmap=colours, vmin=0, vmax=1, interpolation="none",
                    extent=(0, values.shape[0], len(models) - 0.5, -0.5))  # fmt: skip
        axes.set_yticks(range(len(models)), [short_name(models[place]) for place in order])
        axes.yaxis.tick_right()
        axes.tick_params(axis="y", length=0)
        axes.set_xlabel("Questions, by how many models get them right", color=INK)
        for side in ("left", "bottom"):
            axes.spines[side].set_visible(False)
        parts = [("right", BLUE), ("wrong", ORANGE), ("no verdict", _MISSING_GREY)]
        if not np.isin(values[np.isfinite(values)], (0, 1)).all():
            parts[1:1] = [("mostly right", _PALE_BLUE), ("mostly wrong", _PALE_ORANGE)]
        handles = [Patch(color=colour, label=name) for name, colour in parts]
        figure.legend(
            handles=handles, loc="outside lower center", ncols=len(parts) if width > ONE_COLUMN + 1 else 3
        )
        return settled(figure)


def disagreement(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Mean absolute difference of verdicts between models, shape (models, models).

    Over the questions on which both have one; 1 for two models without any question in common.
    """
    there = ~np.isnan(values)
    filled = np.where(there, values, 0.0)
    count = values.shape[1]
    found = np.zeros((count, count))
    for first in range(count):
        both = there & there[:, [first]]
        apart = (np.abs(filled - filled[:, [first]]) * both).sum(axis=0)
        shared = both.sum(axis=0)
        found[first] = np.where(shared > 0, apart / np.maximum(shared, 1), 1.0)
    np.fill_diagonal(found, 0.0)
    return found


def _draw_tree(axes: object, values: NDArray[np.float64]) -> list[int]:
    """Draw the dendrogram and return the models in its order, top to bottom."""
    from scipy.cluster.hierarchy import dendrogram, linkage
    from scipy.spatial.distance import squareform

    axes.set_axis_off()  # type: ignore[attr-defined]
    if values.shape[1] < 2:
        return list(range(values.shape[1]))
    tree = linkage(squareform(disagreement(values), checks=False), method="average", optimal_ordering=True)
    drawn = dendrogram(tree, orientation="left", no_plot=True)
    for across, along in zip(drawn["dcoord"], drawn["icoord"], strict=True):
        rows = [(place - 5) / 10 for place in along]  # scipy puts the leaves at 5, 15, 25, ...
        axes.plot(across, rows, color=MUTED, lw=0.8)  # type: ignore[attr-defined]
    axes.invert_xaxis()  # type: ignore[attr-defined]
    axes.set_ylim(values.shape[1] - 0.5, -0.5)  # type: ignore[attr-defined]
    return [int(leaf) for leaf in drawn["leaves"]]


def _ranked(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Put questions that most models get right first, and those with the same pattern together."""
    keys = np.nan_to_num(values, nan=-0.5)
    columns = [-keys[:, place] for place in reversed(range(values.shape[1]))]
    return values[np.lexsort([*columns, -np.nan_to_num(values).sum(axis=1)])]


def _thinned(rows: NDArray[np.float64]) -> NDArray[np.float64]:
    """Average neighbouring columns so that at most `_MOST_COLUMNS` are left."""
    if rows.shape[1] <= _MOST_COLUMNS:
        return rows
    edges = np.linspace(0, rows.shape[1], _MOST_COLUMNS + 1).round().astype(int)
    parts = np.split(rows, edges[1:-1], axis=1)  # sizes alternate, so that the axis stays even
    sums = [(np.nansum(part, axis=1), (~np.isnan(part)).sum(axis=1)) for part in parts]
    return np.stack([np.where(n > 0, total / np.maximum(n, 1), np.nan) for total, n in sums], axis=1)
