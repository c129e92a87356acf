"""How long answers are: the reference answers beside every model's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.figure import Figure

from medspatial.report.figures.forest import short_name
from medspatial.report.figures.style import (
    INK,
    MUTED,
    ONE_COLUMN,
    bare_y,
    new_figure,
    paper_style,
    settled,
)
from medspatial.report.palette import model_style

_ROW = 0.26  # inches per group


def answer_lengths(lengths: Mapping[str, Sequence[int]], width: float = ONE_COLUMN) -> Figure:
    """Draw the distribution of answer lengths (words) per group on a logarithmic axis.

    Each row has a line from the 5th to the 95th percentile, a thick one over the middle half, and a
    mark with its figure at the median. Empty answers count as length 0 and are drawn at the left
    edge, half a word.

    Parameters
    ----------
    lengths
        Group (such as ``reference`` or a model) to the number of words of each answer.
    """
    with paper_style():
        figure = new_figure(width, 0.55 + _ROW * max(len(lengths), 1))
        axes = figure.add_subplot()
        for row, words in enumerate(lengths.values()):
            if not len(words):
                continue
            low, first, middle, third, high = np.percentile(words, [5, 25, 50, 75, 95])
            colour, marker = model_style(row)
            seen = [max(value, 0.5) for value in (low, high, first, third, middle)]
            axes.plot(seen[:2], [row, row], color=colour, lw=0.8)
            axes.plot(seen[2:4], [row, row], color=colour, lw=4, solid_capstyle="butt", alpha=0.5)
            axes.plot(seen[4], row, color=colour, marker=marker, ms=4, ls="none")
            axes.annotate(
                f"{middle:g}", (1.02, row), xycoords=("axes fraction", "data"), va="center", color=INK
            )
        axes.set_xscale("log")
        ticks = (0.5, 1, 3, 10, 30, 100, 300, 1000)
        longest = max((max(words) for words in lengths.values() if len(words)), default=1)
        axes.set_xlim(0.4, max(longest * 1.2, 4))
        shown = [tick for tick in ticks if tick <= longest * 1.2]
        axes.set_xticks(shown, ["0" if tick == 0.5 else f"{tick:g}" for tick in shown])
        axes.minorticks_off()
        axes.set_yticks(range(len(lengths)), [short_name(name) for name in lengths])
        axes.set_ylim(len(lengths) - 0.5, -0.5)
        axes.set_xlabel("Words per answer (median on the right)")
        axes.grid(visible=True, axis="x", color=MUTED, alpha=0.3)
        bare_y(axes)
        return settled(figure)
