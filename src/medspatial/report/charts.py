"""The figures of a report: a comparison's figures turned into plain data, each with its caption."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Literal

import numpy as np
from matplotlib.figure import Figure

from medspatial.records import Question
from medspatial.report.figures import (
    CurvePoint,
    Effect,
    EffectPanel,
    Estimate,
    Panel,
    accuracy_curves,
    category_panels,
    confusion,
    effects,
    forest,
    question_distribution,
)
from medspatial.report.tables.accuracy import category_title, subtype_order
from medspatial.report.tables.distribution import answer_counts

if TYPE_CHECKING:
    from medspatial.compare.result import Accuracy, Bin, Comparison, Confusion

Section = Literal["results", "details", "controls", "questions"]

# What accuracy is set against: words for the caption, title of the axis.
_AGAINST = {
    "margin": ("how clearly the reference answer holds", "Measured figure over the limit of its rule"),
    "size": ("the volume of the smallest structure", "Volume"),
    "visible": ("the share of the structure that the model's preprocessing keeps", "Visible share"),
}


@dataclass(frozen=True)
class Chart:
    """One figure of a report: ``draw`` takes a width in inches."""

    name: str
    section: Section
    caption: str
    draw: Callable[[float], Figure]


def charts(comparison: Comparison, questions: Sequence[Question]) -> list[Chart]:
    """Return the figures that the data can fill, in the order of the page."""
    return [
        *_accuracy_charts(comparison),
        *_control_charts(comparison),
        *_curve_charts(comparison),
        *_confusion_charts(comparison),
        *_question_charts(questions),
    ]


def panels(comparison: Comparison) -> list[Panel]:
    """Return all questions and each category as panels; models in the comparison's order."""
    results = [comparison.result(model) for model in comparison.models]
    found = [Panel("All", tuple(_estimate(one.model, one.overall) for one in results))]
    for name in comparison.categories:
        estimates = tuple(_estimate(one.model, one.by_category.get(name)) for one in results)
        found.append(Panel(category_title(name), estimates))
    return found


def _accuracy_charts(comparison: Comparison) -> list[Chart]:
    groups = panels(comparison)
    tail = "with intervals. The dashed line is what guessing gives (chance if closed, 0 if open)."
    found = [
        Chart(
            "forest",
            "results",
            f"Accuracy of each model on all questions, {tail}",
            partial(forest, groups[0]),
        )
    ]
    if len(groups) > 1:
        caption = f"Accuracy per category of question, {tail}"
        found.append(Chart("categories", "results", caption, partial(category_panels, groups)))
    return found


def _control_charts(comparison: Comparison) -> list[Chart]:
    """Grounding of each model, and what it gains over each control arm."""
    found = []
    if comparison.grounding:
        rows = tuple(
            Effect(one.model, one.value, one.interval.low, one.interval.high, firm=one.verdict != "not shown")
            for one in comparison.grounding
        )
        caption = (
            "Visual grounding with intervals: 1 when all answers come from the image, 0 when none does, "
            "negative when it is read the wrong way round. Hollow marks: not shown."
        )
        draw = partial(effects, (EffectPanel("", rows),), "Visual grounding", (-1.0, 1.0))
        found.append(Chart("grounding", "controls", caption, draw))
    groups = arm_panels(comparison)
    if groups:
        caption = (
            f"Accuracy in arm {comparison.reference_arm} minus accuracy in each control arm, on the "
            "questions judged in both, with intervals. Filled marks hold after Holm."
        )
        draw = partial(effects, groups, "Gain (percentage points)", (-100.0, 100.0))
        found.append(Chart("arms", "controls", caption, draw))
    return found


def arm_panels(comparison: Comparison) -> tuple[EffectPanel, ...]:
    """Gain of the reference arm over each control arm, in percentage points, one panel per arm."""
    level = 1 - comparison.confidence
    panels: dict[str, list[Effect]] = {}
    for one in comparison.contrasts:
        ends = one.interval
        low, high = (100 * ends.low, 100 * ends.high) if ends else (None, None)
        effect = Effect(one.model, 100 * one.gain, low, high, firm=one.p_holm < level)
        panels.setdefault(one.arm, []).append(effect)
    return tuple(EffectPanel(arm.replace("_", " "), tuple(rows)) for arm, rows in panels.items())


def _curve_charts(comparison: Comparison) -> list[Chart]:
    """One chart per figure that accuracy was set against; models without it are left out."""
    found = []
    curves = sorted(
        (curve for curve in comparison.curves if curve.arm == comparison.reference_arm),
        key=lambda curve: comparison.models.index(curve.model),  # so that a model keeps its colour
    )
    for against in dict.fromkeys(curve.against for curve in curves):
        chosen = [curve for curve in curves if curve.against == against]
        data = {curve.model: [_curve_point(part) for part in curve.bins] for curve in chosen}
        unit = f" ({chosen[0].unit})" if chosen[0].unit else ""
        words, axis = _AGAINST.get(against, (against, against))
        caption = f"Accuracy against {words}, with intervals."
        draw = partial(_draw_curves, data, f"{axis}{unit}")
        found.append(Chart(f"curve_{against}", "details", caption, draw))
    return found


def _confusion_charts(comparison: Comparison) -> list[Chart]:
    """One chart per model of the confusion of sides, the failure this benchmark is about."""
    found = []
    sides = [
        one for one in comparison.confusions if one.kind == "side" and one.arm == comparison.reference_arm
    ]
    for number, one in enumerate(sides, start=1):
        caption = f"{one.model}: reference answer against given answer, questions about sides."
        found.append(Chart(f"sides_{number}", "details", caption, partial(confusion_figure, one)))
    return found


def _question_charts(questions: Sequence[Question]) -> list[Chart]:
    if not questions:
        return []
    by_subtype: dict[str, list[Question]] = {}
    for question in questions:
        by_subtype.setdefault(question.subtype or "none", []).append(question)
    ordered = sorted(by_subtype, key=subtype_order)
    counts = {name: len(by_subtype[name]) for name in ordered}
    answers = {name: answer_counts(by_subtype[name]) for name in ordered}
    caption = "The question set: number of questions per subtype, and the shares of reference answers."
    return [Chart("questions", "questions", caption, partial(question_distribution, counts, answers))]


def _curve_point(part: Bin) -> CurvePoint:
    main = part.accuracy.interval
    ends = (main.low, main.high) if main else None
    return CurvePoint(part.low, part.high, part.accuracy.accuracy, ends)


def _draw_curves(data: dict[str, list[CurvePoint]], xlabel: str, width: float) -> Figure:
    return accuracy_curves(data, xlabel, width=width)


def confusion_figure(found: Confusion, width: float) -> Figure:
    """Draw one confusion matrix."""
    return confusion(np.asarray(found.counts, dtype=np.int64), found.labels, found.columns, width)


def _estimate(model: str, found: Accuracy | None) -> Estimate:
    if found is None:
        return Estimate(model, None)
    main = found.interval
    return Estimate(
        model, found.accuracy, main.low if main else None, main.high if main else None, found.guess or None
    )
