"""Square tables as pictures: confusion of answers, agreement of judges."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from numpy.typing import NDArray

from medspatial.report.figures.style import FONT_SIZE, ONE_COLUMN, new_figure, paper_style, settled
from medspatial.report.palette import BLUE

_DARK, _LIGHT = "#101418", "#fdfdfd"
_BLUES = LinearSegmentedColormap.from_list("paper to blue", ["#f3f6f9", "#8fbfe0", BLUE, "#003a5c"])
_SMALLEST = 0.22  # inches per cell in which a figure of 7 points can be read


def confusion(
    counts: NDArray[np.int64], rows: Sequence[str], columns: Sequence[str], width: float = ONE_COLUMN
) -> Figure:
    """Draw how often each reference answer (row) was given each answer (column).

    Colour is the share within a row, the text is the count; rows without questions stay pale.

    Raises
    ------
    ValueError
        The shape is not (rows, columns).
    """
    if counts.shape != (len(rows), len(columns)):
        raise ValueError(f"needs shape {(len(rows), len(columns))}, got {counts.shape}")
    totals = counts.sum(axis=1, keepdims=True)
    shares = counts / np.maximum(totals, 1)
    words = [[f"{number:,}" if number else "" for number in line] for line in counts]
    titles = ("Given answer", "Reference answer")
    return _squares(shares, words, (rows, columns), width=width, titles=titles)


def judge_agreement(kappa: NDArray[np.float64], judges: Sequence[str], width: float = ONE_COLUMN) -> Figure:
    """Draw the pairwise agreement of judges (Cohen's kappa, or any measure up to 1); NaN stays blank.

    Raises
    ------
    ValueError
        The table is not square over the judges.
    """
    if kappa.shape != (len(judges), len(judges)):
        raise ValueError(f"needs shape {(len(judges), len(judges))}, got {kappa.shape}")
    words = [["" if np.isnan(value) else f"{value:.2f}" for value in line] for line in kappa]
    shares = np.nan_to_num(np.clip(kappa, 0, 1))
    return _squares(shares, words, (judges, judges), width=width, titles=("", ""))


def _squares(
    shares: NDArray[np.float64],
    words: Sequence[Sequence[str]],
    names: tuple[Sequence[str], Sequence[str]],
    *,
    width: float,
    titles: tuple[str, str],
) -> Figure:
    rows, columns = names
    with paper_style():
        cell = max((width - 1.2) / max(len(columns), 1), 0.1)
        figure = new_figure(width, min(1.3 + min(cell, 0.34) * len(rows), 9.0))
        axes = figure.add_subplot()
        # Squares, not an image: they stay sharp, and a page that allows no embedded images shows them.
        axes.pcolormesh(shares, cmap=_BLUES, vmin=0, vmax=1, edgecolors="face", linewidth=0.2)
        axes.set_ylim(len(rows), 0)
        if cell >= _SMALLEST:
            _write(axes, shares, words)
        axes.set_xticks(np.arange(len(columns)) + 0.5, columns, rotation=90 if len(columns) > 4 else 0)
        axes.set_yticks(np.arange(len(rows)) + 0.5, rows)
        axes.tick_params(length=0)
        axes.set_xlabel(titles[0])
        axes.set_ylabel(titles[1])
        for spine in axes.spines.values():
            spine.set_visible(False)
        return settled(figure)


def _write(axes: Axes, shares: NDArray[np.float64], words: Sequence[Sequence[str]]) -> None:
    for (row, column), share in np.ndenumerate(shares):
        colour = _LIGHT if share > 0.55 else _DARK
        text = words[row][column]
        if text:
            axes.text(
                column + 0.5, row + 0.5, text, ha="center", va="center", color=colour, fontsize=FONT_SIZE
            )
