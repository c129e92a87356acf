"""Accuracy against a figure of the question: its margin, the size of its structure, what was visible."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import cycle

from matplotlib.figure import Figure

from medspatial.report.figures.forest import short_name
from medspatial.report.figures.style import MUTED, ONE_COLUMN, new_figure, paper_style, settled
from medspatial.report.palette import model_style

_IDEAL_STYLES = ((0, (5, 2)), (0, (1, 1.5)), (0, (5, 1.5, 1, 1.5)), (0, (8, 1.5)))


@dataclass(frozen=True)
class CurvePoint:
    """Accuracy of the questions whose figure lies between two ends; shares between 0 and 1."""

    low: float
    high: float
    value: float | None
    interval: tuple[float, float] | None = None


def accuracy_curves(
    curves: Mapping[str, Sequence[CurvePoint]],
    xlabel: str,
    *,
    chance: float | None = None,
    width: float = ONE_COLUMN,
    ylabel: str = "Accuracy (%)",
    limits: tuple[float, float] = (0.0, 100.0),
    ideals: Mapping[str, Sequence[CurvePoint]] | None = None,
) -> Figure:
    """Draw each model's accuracy over bins of a figure, with intervals; the dashed line is chance.

    Points stand in the middle of their bin and models are set a little apart, so that intervals do
    not cover each other. Bins without a figure leave a gap.

    Parameters
    ----------
    curves
        Model to its bins in rising order.
    xlabel
        What the bins are of, with its unit.
    ylabel, limits
        What the figures are, and the ends of their axis in hundredths.
    ideals
        The same for the ideal observers of inputs; their lines are grey and dashed.
    """
    lines = len(curves) + len(ideals or {})
    with paper_style():
        figure = new_figure(width, min(0.72 * width, 3.0) + 0.12 * ((lines + 1) // 2))
        axes = figure.add_subplot()
        bins = next(iter(curves.values()), ())
        for (name, points), style in zip((ideals or {}).items(), cycle(_IDEAL_STYLES)):
            shares = [float("nan") if one.value is None else 100 * one.value for one in points]
            axes.plot(range(len(points)), shares, color=MUTED, ls=style, lw=1, label=short_name(name))
        for row, (model, points) in enumerate(curves.items()):
            colour, marker = model_style(row)
            shift = (row - (len(curves) - 1) / 2) * 0.5 / max(len(curves), 1)
            shares = [float("nan") if one.value is None else 100 * one.value for one in points]
            places = [place + shift for place in range(len(points))]
            axes.plot(
                places,
                shares,
                color=colour,
                marker=marker,
                ms=3.5,
                lw=1,
                clip_on=False,
                label=short_name(model),
            )
            for place, one in zip(places, points, strict=True):
                if one.interval is not None:
                    axes.plot([place] * 2, [100 * end for end in one.interval], color=colour, lw=0.8)
        if chance is not None:
            axes.axhline(100 * chance, color=MUTED, ls=(0, (3, 2)), lw=0.8, zorder=0.5)
        axes.set_xticks(range(len(bins)), [f"{_end(one.low)}–{_end(one.high)}" for one in bins])
        axes.set_ylim(*limits)
        axes.set_xlabel(xlabel)
        axes.set_ylabel(ylabel)
        axes.grid(visible=True, axis="y")
        figure.legend(loc="outside lower center", ncols=2)
        return settled(figure)


def _end(value: float) -> str:
    """Write an end of a bin with three significant digits, never in powers of ten."""
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"
