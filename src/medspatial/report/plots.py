"""Single figures from files: what ``medspatial plot`` draws."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from medspatial.compare import CorrectnessMatrix
from medspatial.compare.agreement import agreement
from medspatial.compare.result import Comparison
from medspatial.errors import InputError
from medspatial.report.charts import RADAR_LEAST, Chart, charts, panels
from medspatial.report.figures import (
    category_dots,
    category_panels,
    category_radar,
    correctness_map,
    forest,
    judge_agreement,
    save_figure,
)

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_MOST_JUDGES = 16
Draw = Callable[[float], "Figure"]


def draw_forest(comparison: Comparison) -> Draw:
    """Accuracy of all models on all questions, with intervals."""
    return partial(forest, panels(comparison)[0])


def draw_categories(comparison: Comparison, kind: str) -> Draw:
    """Accuracy per category as ``panels``, ``dots`` or ``radar``.

    Raises
    ------
    InputError
        Fewer categories than the figure needs, or an unknown kind.
    """
    draw = {"panels": category_panels, "dots": category_dots, "radar": category_radar}.get(kind)
    if draw is None:
        raise InputError(f"kind of figure must be panels, dots or radar; got {kind!r}")
    groups, least = panels(comparison)[1:], RADAR_LEAST if kind == "radar" else 1
    if len(groups) < least:
        raise InputError(f"a figure of categories as {kind} needs {least} or more; there are {len(groups)}")
    return partial(draw, groups)


def draw_chart(comparison: Comparison, name: str) -> Draw:
    """One of the report's charts by its name, such as ``curve_margin``, ``grounding``, ``arms``.

    Raises
    ------
    InputError
        The comparison has no figures for it; the message lists what there is.
    """
    there: dict[str, Chart] = {chart.name: chart for chart in charts(comparison, ())}
    if name not in there:
        raise InputError(f"the comparison holds nothing for figure {name!r}; it has: {', '.join(there)}")
    return there[name].draw


def draw_confusion(comparison: Comparison, kind: str, model: str | None) -> Draw:
    """Reference against given answers of one model (the first that has any).

    Raises
    ------
    InputError
        No such confusion; the message lists what there is.
    """
    from medspatial.report.charts import confusion_figure

    found = [one for one in comparison.confusions if one.arm == comparison.reference_arm]
    for one in found:
        if one.kind == kind and model in (None, one.model):
            return partial(confusion_figure, one)
    known = ", ".join(f"{one.kind} of {one.model}" for one in found) or "none"
    raise InputError(f"no confusion of kind {kind!r} for model {model or 'any'!r}; there is: {known}")


def draw_matrix(matrix: CorrectnessMatrix) -> Draw:
    """The correctness matrix with its dendrogram."""
    if not matrix.rows or not matrix.columns:
        raise InputError("the matrix has no questions or no models")
    return partial(correctness_map, matrix.values, matrix.columns)


def draw_agreement(matrix: CorrectnessMatrix) -> Draw:
    """Cohen's kappa of each two columns, on the questions that both judged.

    Raises
    ------
    InputError
        Fewer than two columns, more than 16, or verdicts that are not right or wrong.
    """
    count = len(matrix.columns)
    if count < 2:
        raise InputError(f"agreement needs two judges or more; got {', '.join(matrix.columns) or 'none'}")
    if count > _MOST_JUDGES:
        raise InputError(f"agreement of {count} columns cannot be read in a figure; at most {_MOST_JUDGES}")
    if not np.isin(matrix.values[np.isfinite(matrix.values)], (0, 1)).all():
        raise InputError("agreement needs verdicts of single judges, 0 or 1; these are averages")
    kappa = np.full((count, count), np.nan)
    for first in range(count):
        for second in range(count):
            both = np.isfinite(matrix.values[:, [first, second]]).all(axis=1)
            pair = matrix.values[both][:, [first, second]].astype(int).astype(str)
            value = agreement(pair[:, 0].tolist(), pair[:, 1].tolist()).kappa if both.any() else None
            kappa[first, second] = np.nan if value is None else value
    return partial(judge_agreement, kappa, matrix.columns)


def save(draw: Draw, output: str | Path, width: float) -> Path:
    """Draw at a width in inches and write; the ending of the name gives the format (svg, png, pdf).

    Raises
    ------
    InputError
        An ending that is no figure format, or a folder that cannot be written.
    """
    output = Path(output)
    try:
        (path,) = save_figure(draw(width), output.with_suffix(""), (output.suffix.lstrip(".") or "png",))
    except OSError as error:
        raise InputError(f"{output}: cannot be written ({error.strerror})") from error
    return path
