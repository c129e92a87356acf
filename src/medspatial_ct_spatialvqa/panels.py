"""The findings about published results as the plain data of figures."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from medspatial.compare import Accuracy, Comparison, Interval
from medspatial.report.figures import Estimate, Panel
from medspatial_ct_spatialvqa.findings import Findings


def overall(comparison: Comparison, title: str = "All", order: tuple[str, ...] | None = None) -> Panel:
    """Accuracy of every model on all questions of a comparison, in an order of models."""
    names = order or comparison.models
    return Panel(title, tuple(_estimate(name, comparison.result(name).overall) for name in names))


def tag_panels(found: Findings) -> list[Panel]:
    """One panel per spatial category, models in the order of the whole table."""
    return [overall(one, tag, found.jury.models) for tag, one in found.by_category.items()]


def absence_panels(found: Findings) -> list[Panel]:
    """Answers that say absent or normal, and the rest; columns joined by question where that can be done."""
    titles = {"absent_or_normal": "absent or normal", "other": "the rest"}
    return [
        overall(found.by_absence_corrected[name], title, found.jury.models) for name, title in titles.items()
    ]


def gap_panels(found: Findings) -> list[Panel]:
    """Per model: accuracy on absent-or-normal answers before and after the first gap of its column."""
    panels = []
    for gap in found.gaps:
        title = f"{gap.model} ({gap.gaps} {'gap' if gap.gaps == 1 else 'gaps'})"
        parts = (("before", gap.before, gap.before_interval), ("behind", gap.after, gap.after_interval))
        panels.append(Panel(title, tuple(Estimate(name, value, *_ends(ends)) for name, value, ends in parts)))
    return panels


def kappa_table(found: Findings, model: str) -> tuple[list[str], NDArray[np.float64]]:
    """Judges of one model's answers and the kappa of each two; 1 of each with itself."""
    pairs = {
        tuple(name.partition(": ")[2].split(" / ")): one.kappa
        for name, one in found.judge_agreement.items()
        if name.startswith(f"{model}: ")
    }
    judges = list(dict.fromkeys(judge for pair in pairs for judge in pair))
    kappa = np.full((len(judges), len(judges)), np.nan)
    np.fill_diagonal(kappa, 1.0)
    for (first, second), value in pairs.items():
        a, b = judges.index(first), judges.index(second)
        kappa[a, b] = kappa[b, a] = np.nan if value is None else value
    return judges, kappa


def _estimate(name: str, found: Accuracy) -> Estimate:
    return Estimate(name, found.accuracy, *_ends(found.interval))


def _ends(interval: Interval | None) -> tuple[float | None, float | None]:
    return (interval.low, interval.high) if interval else (None, None)
