"""The figures of a report: a comparison's figures turned into plain data and drawn."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from matplotlib.figure import Figure

from medspatial.records import Question
from medspatial.report.figures import (
    ONE_COLUMN,
    TWO_COLUMNS,
    Estimate,
    Panel,
    category_panels,
    forest,
    question_distribution,
)
from medspatial.report.tables.accuracy import category_title, subtype_order
from medspatial.report.tables.distribution import answer_counts

if TYPE_CHECKING:
    from medspatial.compare.result import Accuracy, Comparison


def panels(comparison: Comparison) -> list[Panel]:
    """Return all questions and each category as panels; models in the comparison's order."""
    results = [comparison.result(model) for model in comparison.models]
    found = [Panel("All", tuple(_estimate(one.model, one.overall) for one in results))]
    for name in comparison.categories:
        estimates = tuple(_estimate(one.model, one.by_category.get(name)) for one in results)
        found.append(Panel(category_title(name), estimates))
    return found


def report_figures(
    comparison: Comparison, questions: Sequence[Question], *, narrow: bool = False
) -> dict[str, Figure]:
    """Draw the figures of a report by name, for two columns of a paper or (narrow) for one."""
    width = ONE_COLUMN if narrow else TWO_COLUMNS
    groups = panels(comparison)
    figures = {"forest": forest(groups[0], width)}
    if len(groups) > 1:
        figures["categories"] = category_panels(groups, width)
    if questions:
        by_subtype: dict[str, list[Question]] = {}
        for question in questions:
            by_subtype.setdefault(question.subtype or "none", []).append(question)
        ordered = sorted(by_subtype, key=subtype_order)
        counts = {name: len(by_subtype[name]) for name in ordered}
        answers = {name: answer_counts(by_subtype[name]) for name in ordered}
        figures["questions"] = question_distribution(counts, answers, width)
    return figures


def _estimate(model: str, found: Accuracy | None) -> Estimate:
    if found is None:
        return Estimate(model, None)
    main = found.interval
    return Estimate(
        model, found.accuracy, main.low if main else None, main.high if main else None, found.chance
    )
