"""Accuracy by category on one page: the radar chart, and the same figures where they can be read."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure

from medspatial.report.figures.forest import Panel, short_name
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

_ROW = 0.3  # inches per category


def category_radar(panels: Sequence[Panel], width: float = ONE_COLUMN, *, top: float | None = None) -> Figure:
    """Draw each model as a polygon over the categories, from 0 % in the middle to ``top`` percent.

    Without ``top`` the rim is the end of the panels' axis.

    Areas and shapes depend on the order of the categories and intervals cannot be shown: use
    `category_dots` where figures are to be compared. A category without a figure leaves a gap.

    Raises
    ------
    ValueError
        Fewer than three categories make no polygon.
    """
    if len(panels) < 3:
        raise ValueError(f"a radar chart needs at least 3 categories, got {len(panels)}")
    top = panels[0].limits[1] if top is None else top
    with paper_style():
        figure = new_figure(width, 0.95 * width)
        axes = figure.add_subplot(projection="polar")
        axes.set_theta_zero_location("N")  # type: ignore[attr-defined]
        axes.set_theta_direction(-1)  # type: ignore[attr-defined]
        angles = np.linspace(0, 2 * np.pi, len(panels), endpoint=False)
        for row, one in enumerate(panels[0].estimates):
            values = [panel.estimates[row].value for panel in panels]
            shares = [np.nan if value is None else 100 * value for value in values]
            colour, marker = model_style(row)
            axes.plot(
                [*angles, angles[0]], [*shares, shares[0]], color=colour, marker=marker, ms=3, lw=1,
                label=short_name(one.model),
            )  # fmt: skip
        axes.set_xticks(angles, [panel.title.replace(" ", "\n", 1) for panel in panels])
        for label, angle in zip(axes.get_xticklabels(), angles, strict=True):
            side = np.sin(angle)
            label.set_horizontalalignment("left" if side > 0.1 else "right" if side < -0.1 else "center")
        axes.tick_params(axis="x", pad=2)
        axes.set_rlabel_position(180 / len(panels))  # type: ignore[attr-defined]
        axes.set_ylim(0, top)
        rings = [top / 4 * part for part in (1, 2, 3, 4)]
        axes.set_yticks(rings, [f"{ring:g}" for ring in rings], color=MUTED)
        axes.grid(visible=True, axis="both")
        axes.spines["polar"].set_visible(False)
        figure.legend(loc="outside lower center", ncols=2)
        return settled(figure)


def category_dots(panels: Sequence[Panel], width: float = ONE_COLUMN) -> Figure:
    """Draw one row per category with every model's point and interval, side by side on one scale.

    The honest alternative to the radar chart: positions on a common scale, with intervals and the
    chance level (short vertical line).
    """
    with paper_style():
        models = len(panels[0].estimates)
        step = 0.7 / max(models, 1)
        figure = new_figure(width, 0.9 + len(panels) * max(_ROW, 0.11 * models))
        axes = figure.add_subplot()
        for row, panel in enumerate(panels):
            for place, one in enumerate(panel.estimates):
                at = row + (place - (models - 1) / 2) * step
                colour, marker = model_style(place)
                label = short_name(one.model) if row == 0 else None
                if one.value is None:
                    axes.plot([], [], color=colour, marker=marker, ms=3.5, lw=1, label=label)
                    continue
                if one.low is not None and one.high is not None:
                    axes.plot([100 * one.low, 100 * one.high], [at, at], color=colour, lw=1)
                axes.plot([100 * one.value], [at], color=colour, marker=marker, ms=3.5, lw=1, label=label)
            for level in {one.chance for one in panel.estimates if one.chance is not None}:
                axes.plot([100 * level] * 2, [row - 0.45, row + 0.45], color=MUTED, lw=0.8, ls=(0, (3, 2)))
        axes.set_yticks(range(len(panels)), [panel.title.replace(" ", "\n", 1) for panel in panels])
        axes.set_ylim(len(panels) - 0.5, -0.5)
        axes.set_xlim(*panels[0].limits)
        axes.set_xlabel(panels[0].axis, color=INK)
        axes.grid(visible=True, axis="x")
        bare_y(axes)
        figure.legend(loc="outside lower center", ncols=2)
        return settled(figure)
