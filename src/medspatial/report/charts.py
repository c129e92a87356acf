"""The figures of a report: a comparison's figures turned into plain data, each with its caption."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from textwrap import shorten
from typing import TYPE_CHECKING, Literal

import numpy as np
from matplotlib.figure import Figure

from medspatial.records import Question
from medspatial.report.figures import (
    ONE_COLUMN,
    CurvePoint,
    Effect,
    EffectPanel,
    Estimate,
    Panel,
    accuracy_curves,
    category_panels,
    category_radar,
    confusion,
    effects,
    forest,
    question_distribution,
)
from medspatial.report.figures.forest import PERCENT
from medspatial.report.measured import Measured, measured
from medspatial.report.tables.accuracy import category_title, subtype_order
from medspatial.report.tables.distribution import answer_counts

if TYPE_CHECKING:
    from medspatial.compare.accuracy_result import Accuracy
    from medspatial.compare.arm_result import Abstention, ArmContrast, CausalGrounding, WithInterval
    from medspatial.compare.curve_result import Bin
    from medspatial.compare.failure_result import Confusion
    from medspatial.compare.result import Comparison
    from medspatial.readers.results import ReaderResults

_TITLE_LETTERS = 36  # of a subtype's title beside its bar
RADAR_LEAST = 3  # categories; fewer make no polygon

Section = Literal["results", "details", "people", "controls", "acuity", "questions"]

# What accuracy is set against: words for the caption, title of the axis.
_AGAINST = {
    "margin": ("how clearly the reference answer holds", "Measured figure over the limit of its rule"),
    "size": ("the volume of the smallest structure", "Volume"),
    "contrast": ("the contrast of the structure with the least", "Contrast over the surroundings"),
    "visible": ("the share of the structure that the model's preprocessing keeps", "Visible share"),
}


@dataclass(frozen=True)
class Chart:
    """One figure of a report: ``draw`` takes a width in inches."""

    name: str
    section: Section
    caption: str
    draw: Callable[[float], Figure]


def charts(
    comparison: Comparison,
    questions: Sequence[Question],
    subtypes: Mapping[str, str] | None = None,
    people: ReaderResults | None = None,
) -> list[Chart]:
    """Return the figures that the data can fill, in the order of the page; ``subtypes`` are their titles."""
    return [
        *_accuracy_charts(comparison),
        *_people_charts(people),
        *_control_charts(comparison),
        *_curve_charts(comparison),
        *_confusion_charts(comparison),
        *_question_charts(questions, subtypes or {}),
    ]


def panels(comparison: Comparison) -> list[Panel]:
    """Return all questions and each category as panels; models in the comparison's order."""
    results, what = [comparison.result(model) for model in comparison.models], measured(comparison)
    groups: dict[str, list[Accuracy | None]] = {"All": [one.overall for one in results]}
    for name in comparison.categories:
        groups[category_title(name)] = [one.by_category.get(name) for one in results]
    drawn = {
        title: tuple(map(partial(_estimate, what), comparison.models, found))
        for title, found in groups.items()
    }
    limits = _limits(what, [one for estimates in drawn.values() for one in estimates])
    return [Panel(title, estimates, what.axis, limits) for title, estimates in drawn.items()]


def _limits(what: Measured, estimates: Sequence[Estimate]) -> tuple[float, float]:
    """Ends of the axis in hundredths: 0 and 100 for shares, else around the figures and their intervals."""
    ends = [100 * end for one in estimates for end in (one.value, one.low, one.high) if end is not None]
    low, high = min(ends, default=0.0), max(ends, default=100.0)
    if not what.graded or (what.scale > 1 and low >= 0 and high <= 100):
        return PERCENT
    return min(0.0, 1.05 * low), 1.05 * high


def _accuracy_charts(comparison: Comparison) -> list[Chart]:
    groups, what = panels(comparison), measured(comparison)
    tail = "with intervals."
    if not what.graded and any(one.chance is not None for group in groups for one in group.estimates):
        tail += " The dashed line is what guessing gives (chance if closed, 0 if open)."
    found = [
        Chart(
            "forest",
            "results",
            f"{what.name} of each model on all questions, {tail}",
            partial(forest, groups[0]),
        )
    ]
    if len(groups) > 1:
        caption = f"{what.name} per category of question, {tail}"
        found.append(Chart("categories", "results", caption, partial(category_panels, groups)))
    if len(groups) > RADAR_LEAST:
        caption = f"{what.name} per category as a radar chart; it cannot show intervals."
        found.append(Chart("radar", "details", caption, partial(category_radar, groups[1:])))
    return found


def _people_charts(found: ReaderResults | None) -> list[Chart]:
    if found is None or not found.accuracy:
        return []
    means = [
        Estimate(f"readers {condition}", one.estimate.value, one.estimate.low, one.estimate.high)
        for condition, one in found.mean.items()
    ]
    single = [Estimate(name, share) for name, (share, _) in found.accuracy.items()]
    caption = (
        "Readers' means, with intervals for readers and patients like these, then every reader, and every "
        "model on the questions that people read."
    )
    return [Chart("people", "people", caption, partial(forest, Panel("All", (*means, *single))))]


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
    groups = cause_panels(comparison)
    if groups:
        caption = (
            "Accuracy lost with the evidence of the questions and with as much of the irrelevant, and their "
            "difference, the causal grounding, with intervals. Filled marks: the interval leaves out 0."
        )
        draw = partial(effects, groups, "Percentage points", (-100.0, 100.0))
        found.append(Chart("causes", "controls", caption, draw))
    groups = abstention_panels(comparison)
    if groups:
        caption = (
            "Questions that nobody could answer: share declined, and how much more often than the same "
            "questions where the scan tells the answer, with intervals. Filled marks: the interval leaves "
            "out 0."
        )
        draw = partial(effects, groups, "Percent", (-100.0, 100.0))
        found.append(Chart("abstention", "controls", caption, draw))
    groups, what = arm_panels(comparison), measured(comparison)
    if groups:
        name = f"{what.name[0].lower()}{what.name[1:]}"
        caption = (
            f"{what.name} in arm {comparison.reference_arm} minus {name} in each control arm, on the "
            "questions judged in both, with intervals. Filled marks hold after Holm."
        )
        axis = "Gain" if what.graded else "Gain (percentage points)"
        most = max((abs(end) for one in comparison.contrasts for end in _ends(one)), default=1.0)
        reach = 100.0 if most <= 1 else 105 * (what.shown(most) or 0.0)
        draw = partial(effects, groups, axis, (-reach, reach))
        found.append(Chart("arms", "controls", caption, draw))
    return found


def cause_panels(comparison: Comparison) -> tuple[EffectPanel, ...]:
    """What each model loses with the evidence and with the irrelevant, and the difference, as panels."""
    rows = [one for one in comparison.causes.grounding if one.category is None] if comparison.causes else []
    if not rows:
        return ()
    panels = (
        ("Effect of the evidence", [one.evidence for one in rows]),
        ("Effect of the irrelevant", [one.irrelevant for one in rows]),
        ("Causal grounding", [one.grounding for one in rows]),
    )
    return tuple(EffectPanel(title, _effects(rows, values)) for title, values in panels)


def abstention_panels(comparison: Comparison) -> tuple[EffectPanel, ...]:
    """Who declines what nobody could know, and tells it from the rest: panels per arm."""
    rows = [one for one in comparison.causes.abstention if one.category is None] if comparison.causes else []
    panels = []
    for arm in dict.fromkeys(one.arm for one in rows):
        of_arm, title = [one for one in rows if one.arm == arm], arm.replace("_", " ")
        told = [one for one in of_arm if one.told_apart is not None]
        panels.append(EffectPanel(f"Declined, {title}", _effects(of_arm, [one.declined for one in of_arm])))
        if told:
            values = [one.told_apart for one in told if one.told_apart is not None]
            panels.append(EffectPanel(f"Told apart, {title}", _effects(told, values)))
    return tuple(panels)


def _effects(
    rows: Sequence[CausalGrounding | Abstention], values: Sequence[WithInterval]
) -> tuple[Effect, ...]:
    return tuple(
        Effect(
            one.model,
            100 * value.value,
            100 * value.interval.low,
            100 * value.interval.high,
            firm=value.interval.low > 0 or value.interval.high < 0,
        )
        for one, value in zip(rows, values, strict=True)
    )


def arm_panels(comparison: Comparison) -> tuple[EffectPanel, ...]:
    """Gain of the reference arm over each control arm, in percentage points, one panel per arm."""
    level, scale = 1 - comparison.confidence, measured(comparison).scale
    panels: dict[str, list[Effect]] = {}
    for one in comparison.contrasts:
        ends = one.interval
        low, high = (scale * ends.low, scale * ends.high) if ends else (None, None)
        effect = Effect(one.model, scale * one.gain, low, high, firm=one.p_holm < level)
        panels.setdefault(one.arm, []).append(effect)
    return tuple(EffectPanel(arm.replace("_", " "), tuple(rows)) for arm, rows in panels.items())


def _curve_charts(comparison: Comparison) -> list[Chart]:
    """One chart per figure that accuracy was set against; models without it are left out."""
    found, what = [], measured(comparison)
    curves = sorted(
        (curve for curve in comparison.curves if curve.arm == comparison.reference_arm),
        key=lambda curve: comparison.models.index(curve.model),  # so that a model keeps its colour
    )
    for against in dict.fromkeys(curve.against for curve in curves):
        chosen = [curve for curve in curves if curve.against == against]
        data = {curve.model: [_curve_point(what, part) for part in curve.bins] for curve in chosen}
        unit = f" ({chosen[0].unit})" if chosen[0].unit else ""
        words, axis = _AGAINST.get(against, (against, against))
        ideals = {
            f"input: {one.input}": [CurvePoint(part.low, part.high, part.right) for part in one.bins]
            for one in comparison.ideals
            if one.against == against and len(one.bins) == len(chosen[0].bins)
        }
        caption = f"{what.name} against {words}, with intervals."
        if ideals:
            caption += " Dashed: who sees all that an input holds and guesses in the rest."
        points = [Estimate("", one.value, *(one.interval or ())) for row in data.values() for one in row]
        draw = partial(_draw_curves, data, ideals, f"{axis}{unit}", what.axis, _limits(what, points))
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


def _question_charts(questions: Sequence[Question], titles: Mapping[str, str]) -> list[Chart]:
    if not questions:
        return []
    by_subtype: dict[str, list[Question]] = {}
    for question in questions:
        by_subtype.setdefault(question.subtype or "none", []).append(question)
    ordered = sorted(by_subtype, key=subtype_order)
    answers = {name: answer_counts(by_subtype[name]) for name in ordered}
    caption = "The question set: number of questions per subtype, and the shares of reference answers."
    return [Chart("questions", "questions", caption, partial(_draw_questions, answers, titles))]


def _draw_questions(
    answers: Mapping[str, list[tuple[str, int]]], titles: Mapping[str, str], width: float
) -> Figure:
    """Draw the question set; where there is room each subtype stands with its title."""
    names = {name: name for name in answers}
    if width > ONE_COLUMN + 1:
        names = {
            name: shorten(f"{name} {titles[name]}", _TITLE_LETTERS, placeholder=" …")
            if name in titles
            else name
            for name in answers
        }
    counts = {names[name]: sum(times for _, times in found) for name, found in answers.items()}
    return question_distribution(counts, {names[name]: found for name, found in answers.items()}, width)


def _curve_point(what: Measured, part: Bin) -> CurvePoint:
    one = _estimate(what, "", part.accuracy)
    ends = None if one.low is None or one.high is None else (one.low, one.high)
    return CurvePoint(part.low, part.high, one.value, ends)


def _draw_curves(  # noqa: PLR0917
    data: dict[str, list[CurvePoint]],
    ideals: dict[str, list[CurvePoint]],
    xlabel: str,
    ylabel: str,
    limits: tuple[float, float],
    width: float,
) -> Figure:
    return accuracy_curves(data, xlabel, width=width, ylabel=ylabel, limits=limits, ideals=ideals)


def _ends(one: ArmContrast) -> tuple[float, ...]:
    return (one.gain, one.interval.low, one.interval.high) if one.interval else (one.gain,)


def confusion_figure(found: Confusion, width: float) -> Figure:
    """Draw one confusion matrix."""
    return confusion(np.asarray(found.counts, dtype=np.int64), found.labels, found.columns, width)


def _estimate(what: Measured, model: str, found: Accuracy | None) -> Estimate:
    if found is None:
        return Estimate(model, None)
    main, value = found.interval, what.shown(found.accuracy)
    if main is None:
        return Estimate(model, value, chance=found.guess or None)
    return Estimate(model, value, what.shown(main.low), what.shown(main.high), found.guess or None)
