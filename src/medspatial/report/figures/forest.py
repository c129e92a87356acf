"""Accuracy with its intervals and the chance level, as a forest plot and per category."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from medspatial.report.figures.style import (
    FONT_SIZE,
    INK,
    MUTED,
    ONE_COLUMN,
    TWO_COLUMNS,
    bare_y,
    new_figure,
    paper_style,
    settled,
)
from medspatial.report.formatting import interval, percent
from medspatial.report.palette import model_style

_ROW = 0.19  # inches per model
_LONGEST_NAME = 22
_TITLE_LINES, _TITLE_LINE = 3, 0.14  # most lines of a title; inches per further line
_POINTS_PER_LETTER = 4.1
_POINTS_PER_BOLD_LETTER = 4.7
PERCENT = (0.0, 100.0)
_FINE, _COARSE = (0, 25, 50, 75, 100), (0, 50, 100)


@dataclass(frozen=True)
class Estimate:
    """One model's accuracy on one group of questions; shares between 0 and 1, None where undefined.

    ``chance`` is what guessing gives on the same questions.
    """

    model: str
    value: float | None
    low: float | None = None
    high: float | None = None
    chance: float | None = None


@dataclass(frozen=True)
class Panel:
    """A group of questions and every model's accuracy on it, in one order of models for all panels.

    Attributes
    ----------
    axis
        What the figures are, with their unit.
    limits
        Ends of the axis, in hundredths; the same for all panels of one figure.
    """

    title: str
    estimates: tuple[Estimate, ...]
    axis: str = "Accuracy (%)"
    limits: tuple[float, float] = PERCENT


def forest(panel: Panel, width: float = ONE_COLUMN, *, limits: tuple[float, float] | None = None) -> Figure:
    """Plot one group: a row per model with point, interval and the figures in words.

    The axis is the panel's (0 to 100 %) unless ``limits`` (percent) say otherwise.

    The dashed line is what guessing gives.
    """
    with paper_style():
        rows = len(panel.estimates)
        figure = new_figure(width, 0.55 + _ROW * rows)
        axes = figure.add_subplot()
        _draw(axes, panel, names=True, ticks=_FINE)
        if limits is not None:
            axes.set_xlim(*limits)
            axes.set_xticks(_round_ticks(*limits))
        axes.set_xlabel(panel.axis)
        for row, one in enumerate(panel.estimates):
            axes.annotate(
                _words(one),
                (1.04, row),
                xycoords=("axes fraction", "data"),
                va="center",
                ha="left",
                color=INK,
                annotation_clip=False,
            )
        return settled(figure)


def _round_ticks(low: float, high: float) -> list[float]:
    """Every fifth percent that lies inside."""
    return [tick for tick in range(0, 101, 5) if low <= tick <= high]


def category_panels(panels: Sequence[Panel], width: float = TWO_COLUMNS) -> Figure:
    """Plot several groups side by side (two columns of a paper) or in pairs (one column).

    Where titles are long, there are more rows, so that no word is broken and no title has more than
    three lines.
    """
    with paper_style():
        most = len(panels) if width > ONE_COLUMN + 1 else min(2, len(panels))
        names = _POINTS_PER_LETTER * max(len(short_name(one.model)) for one in panels[0].estimates)  # points
        letters, columns = _title_room([panel.title for panel in panels], width * 72 - names, most)
        rows = math.ceil(len(panels) / columns)
        models = max(len(panel.estimates) for panel in panels)
        lines = max(len(textwrap.wrap(panel.title, letters)) for panel in panels)
        figure = new_figure(width, rows * (0.55 + _ROW * models + _TITLE_LINE * (lines - 1)))
        grid = figure.subplots(rows, columns, squeeze=False)
        for place, axes in enumerate(grid.flat):
            if place < len(panels):
                _draw(axes, panels[place], names=place % columns == 0, ticks=_COARSE)
                axes.set_title(textwrap.fill(panels[place].title, letters), fontsize=FONT_SIZE)
            else:
                axes.set_visible(False)
        figure.supxlabel(panels[0].axis, fontsize=FONT_SIZE, color=INK)
        return settled(figure)


def _title_room(titles: Sequence[str], points: float, most: int) -> tuple[int, int]:
    """Return how many letters a title may have on a line, and in how many columns the panels stand."""
    for columns in range(most, 0, -1):
        letters = max(1, int(points * 0.9 / columns / _POINTS_PER_BOLD_LETTER))
        whole = all(len(word) <= letters for title in titles for word in title.split())
        if columns == 1 or (
            whole and all(len(textwrap.wrap(one, letters)) <= _TITLE_LINES for one in titles)
        ):
            break
    rows = math.ceil(len(titles) / columns)
    return letters, math.ceil(len(titles) / rows)  # rows as even as can be


def _draw(axes: Axes, panel: Panel, *, names: bool, ticks: tuple[int, ...]) -> None:
    for row, one in enumerate(panel.estimates):
        if one.value is None:
            continue
        colour, marker = model_style(row)
        if one.low is not None and one.high is not None:
            axes.plot(
                [100 * one.low, 100 * one.high], [row, row], color=colour, lw=1.4, solid_capstyle="butt"
            )
        axes.plot(100 * one.value, row, marker=marker, color=colour, ms=4, mew=0, ls="none", clip_on=False)
    levels = {round(one.chance, 6) for one in panel.estimates if one.chance is not None}
    for level in sorted(levels):
        axes.axvline(100 * level, color=MUTED, ls=(0, (3, 2)), lw=0.8, zorder=0.5)
    axes.set_xlim(*panel.limits)
    if panel.limits == PERCENT:
        axes.set_xticks(ticks)
    axes.set_ylim(len(panel.estimates) - 0.5, -0.6)
    axes.set_yticks(range(len(panel.estimates)))
    axes.set_yticklabels([short_name(one.model) for one in panel.estimates] if names else [])
    axes.grid(visible=True, axis="x")
    bare_y(axes)


def short_name(model: str) -> str:
    """Shorten a model's name in the middle, so that its end (often its size) stays readable."""
    if len(model) <= _LONGEST_NAME:
        return model
    return f"{model[: _LONGEST_NAME - 11]}…{model[-10:]}"


def _words(one: Estimate) -> str:
    if one.value is None:
        return percent(None)
    return f"{percent(one.value)} ({interval(one.low, one.high)})"
