"""Differences and shares around zero with their intervals: control arms, grounding, pairs of models."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from medspatial.report.figures.forest import short_name
from medspatial.report.figures.style import (
    FONT_SIZE,
    INK,
    MUTED,
    ONE_COLUMN,
    PAPER,
    bare_y,
    new_figure,
    paper_style,
    settled,
)
from medspatial.report.formatting import figure as figure_text
from medspatial.report.palette import BLUE, VERMILLION

_ROW = 0.19  # inches per row


@dataclass(frozen=True)
class Effect:
    """One figure with its interval; ``firm`` when it holds (filled mark), else the mark is hollow."""

    name: str
    value: float
    low: float | None = None
    high: float | None = None
    firm: bool = False


@dataclass(frozen=True)
class EffectPanel:
    """Effects of one kind on one axis, such as the gain over one control arm."""

    title: str
    effects: tuple[Effect, ...]


def effects(
    panels: Sequence[EffectPanel], xlabel: str, limits: tuple[float, float], width: float = ONE_COLUMN
) -> Figure:
    """Draw a row per effect around a line at zero; negative ones in another colour and shape.

    Panels stand below each other on one axis, each with its own rows.

    Parameters
    ----------
    limits
        Ends of the common axis, in the unit of the effects.

    Raises
    ------
    ValueError
        No panel, or one without effects.
    """
    if not panels or not all(panel.effects for panel in panels):
        raise ValueError("needs at least one panel, each with an effect")
    rows = [len(panel.effects) for panel in panels]
    with paper_style():
        figure = new_figure(width, 0.45 + sum(0.28 * (len(panels) > 1) + _ROW * count for count in rows))
        grid = figure.subplots(len(panels), 1, sharex=True, squeeze=False, height_ratios=rows)
        for axes, panel in zip(grid[:, 0], panels, strict=True):
            _draw(axes, panel, limits)
            if len(panels) > 1:
                axes.set_title(panel.title, fontsize=FONT_SIZE)
        grid[-1, 0].set_xlabel(xlabel)
        return settled(figure)


def _draw(axes: Axes, panel: EffectPanel, limits: tuple[float, float]) -> None:
    axes.axvline(0, color=MUTED, lw=0.8, zorder=0.5)
    for row, one in enumerate(panel.effects):
        colour, marker = (VERMILLION, "s") if one.value < 0 else (BLUE, "o")
        if one.low is not None and one.high is not None:
            axes.plot([one.low, one.high], [row, row], color=colour, lw=1.2, solid_capstyle="butt")
        look: dict[str, Any] = {"marker": marker, "mec": colour, "mfc": colour if one.firm else PAPER}
        axes.plot(one.value, row, ms=4, mew=0.9, ls="none", clip_on=False, **look)
        place = ("axes fraction", "data")
        axes.annotate(_words(one, limits), (1.05, row), xycoords=place, va="center", ha="left", color=INK)
    axes.set_xlim(*limits)
    axes.set_yticks(range(len(panel.effects)), [short_name(one.name) for one in panel.effects])
    axes.set_ylim(len(panel.effects) - 0.5, -0.6)
    axes.grid(visible=True, axis="x")
    bare_y(axes)


def _words(one: Effect, limits: tuple[float, float]) -> str:
    digits = 2 if max(map(abs, limits)) <= 1 else 1
    text = figure_text(one.value, digits)
    if one.low is None or one.high is None:
        return text
    return f"{text} ({figure_text(one.low, digits)} to {figure_text(one.high, digits)})"
