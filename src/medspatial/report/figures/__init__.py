"""Figures on plain data: each is one function that returns a matplotlib figure."""

from medspatial.report.figures.curves import CurvePoint, accuracy_curves
from medspatial.report.figures.distribution import question_distribution
from medspatial.report.figures.effects import Effect, EffectPanel, effects
from medspatial.report.figures.forest import Estimate, Panel, category_panels, forest
from medspatial.report.figures.lengths import answer_lengths
from medspatial.report.figures.matrix import correctness_map, disagreement
from medspatial.report.figures.radar import category_dots, category_radar
from medspatial.report.figures.squares import confusion, judge_agreement
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
    "CurvePoint",
    "Effect",
    "EffectPanel",
    "Estimate",
    "Panel",
    "accuracy_curves",
    "answer_lengths",
    "category_dots",
    "category_panels",
    "category_radar",
    "confusion",
    "correctness_map",
    "disagreement",
    "effects",
    "forest",
    "inline_svg",
    "judge_agreement",
    "question_distribution",
    "save_figure",
]
