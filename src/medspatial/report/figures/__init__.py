"""Figures on plain data: each is one function that returns a matplotlib figure."""

from medspatial.report.figures.distribution import question_distribution
from medspatial.report.figures.forest import Estimate, Panel, category_panels, forest
from medspatial.report.figures.style import (
    FIGURE_FORMATS,
    ONE_COLUMN,
    TWO_COLUMNS,
    inline_svg,
    save_figure,
)

__all__ = [
    "FIGURE_FORMATS",
    "ONE_COLUMN",
    "TWO_COLUMNS",
    "Estimate",
    "Panel",
    "category_panels",
    "forest",
    "inline_svg",
    "question_distribution",
    "save_figure",
]
