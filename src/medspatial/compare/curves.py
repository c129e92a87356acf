"""Accuracy against a figure of the question: how clear it is, how large, how much of it a model sees."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from medspatial.compare.accuracy import accuracy_of
from medspatial.compare.clustered import Floats
from medspatial.compare.curve_result import Bin, Curve
from medspatial.compare.failures import share_seen
from medspatial.compare.groups import Mask, Settings
from medspatial.compare.table import ArmTable
from medspatial.records import Evidence, Item, Question
from medspatial.records.visible import POINTS, SHARE

BINS = 5


def curves(
    table: ArmTable, settings: Settings, bins: int = BINS, *, contrasts: Mapping[str, float] | None = None
) -> list[Curve]:
    """Accuracy in bins of equal count, per model, for each figure that the questions carry.

    ``margin``: the deciding figure over the limit that it had to keep (1: barely clear). ``size``:
    volume of the smallest structure that enters, in ml. ``contrast``: HU of the structure with the least
    over its surroundings, where that was measured (``contrasts``, by question id). ``visible``: share of the
    structure that the model's preprocessing leaves, recorded per model.
    """
    found: list[Curve] = []
    figures = QuestionFigures.of(table.items)
    for against, unit, values in figures.against(table, contrasts or {}):
        for column in range(len(table.models)):
            found += _curve(table, column, against, unit, values, settings, bins)
    if not figures.visibility_told and not np.isfinite(table.visible).any():
        return found
    for column in range(len(table.models)):
        shares = figures.visible_to(table, column)
        found += _curve(table, column, "visible", None, shares, settings, bins)
    return found


@dataclass(frozen=True)
class QuestionFigures:
    """(questions,) figures that questions carry, NaN where one carries none.

    Attributes
    ----------
    margin, size
        `clearance` and `size_ml`.
    visible
        Share of the evidence that preprocessing leaves, as the question's metadata has it.
    visibility_told
        Whether the metadata of any question speaks of that.
    """

    margin: Floats
    size: Floats
    visible: Floats
    visibility_told: bool

    @classmethod
    def of(cls, items: Iterable[Item]) -> QuestionFigures:
        """Gather them; each question is looked at once."""
        columns, told = (array("d"), array("d"), array("d")), False
        for item in items:
            for column, value in zip(
                columns, (clearance(item), size_ml(item), share_seen(None, item)), strict=True
            ):
                column.append(float("nan") if value is None else value)
            told = told or bool({SHARE, POINTS} & set(getattr(item, "metadata", ())))
        margin, size, visible = (np.array(column, dtype=np.float64) for column in columns)
        return cls(margin, size, visible, told)

    def against(
        self, table: ArmTable, contrasts: Mapping[str, float]
    ) -> Iterator[tuple[str, str | None, Floats]]:
        """Yield name, unit and (questions,) values of what every model's accuracy is set against."""
        yield "margin", None, self.margin
        yield "size", "ml", self.size
        measured = [contrasts.get(name, float("nan")) for name in table.items.ids]
        yield "contrast", "HU", np.array(measured, dtype=np.float64)

    def visible_to(self, table: ArmTable, column: int) -> Floats:
        """Return (questions,) shares of the evidence that a model's preprocessing leaves."""
        recorded = table.visible[:, column]
        return np.where(np.isfinite(recorded), recorded, self.visible)


def clearance(item: Item) -> float | None:
    """How many times its limit the deciding figure keeps; at least 1 by the rules that admit a question.

    Where the figure must stay *below* the limit (midline) it is limit over figure.
    """
    evidence = _evidence(item)
    if evidence is None or not isinstance(evidence.value, float | int) or not evidence.margin:
        return None
    value, limit = abs(float(evidence.value)), abs(evidence.margin)
    if value == 0:
        return None
    return max(value / limit, limit / value)


def size_ml(item: Item) -> float | None:
    """Smallest volume among the evidence in millilitres: details named ``..._ml``, tables included."""
    evidence = _evidence(item)
    if evidence is None:
        return None
    entries = [value for name, value in evidence.details.items() if name.endswith("_ml")]
    figures = [one for entry in entries for one in (entry.values() if isinstance(entry, dict) else [entry])]
    volumes = [float(one) for one in figures if isinstance(one, int | float)]
    if evidence.unit == "ml" and isinstance(evidence.value, float | int):
        volumes.append(abs(float(evidence.value)))
    return min((volume for volume in volumes if volume > 0), default=None)


def _evidence(item: Item) -> Evidence | None:
    return item.evidence if isinstance(item, Question) else None


def _curve(  # noqa: PLR0917
    table: ArmTable,
    column: int,
    against: str,
    unit: str | None,
    figures: Floats,
    settings: Settings,
    bins: int,
) -> list[Curve]:
    found = tuple(
        Bin(low=low, high=high, accuracy=accuracy_of(table, mask, column, settings))
        for low, high, mask in equal_bins(figures, bins)
    )
    if not found:
        return []
    return [Curve(model=table.models[column], arm=table.arm, against=against, unit=unit, bins=found)]


def equal_bins(figures: Floats, bins: int) -> list[tuple[float, float, Mask]]:
    """Cut at quantiles of the known figures; equal figures stay in one bin, so there may be fewer bins."""
    known = figures[np.isfinite(figures)]
    if not len(known):
        return []
    edges = np.unique(np.quantile(known, np.linspace(0, 1, bins + 1)))
    if len(edges) == 1:
        return [(float(edges[0]), float(edges[0]), np.asarray(figures == edges[0]))]
    found = []
    for low, high in pairwise(edges):
        inside = (figures >= low) & ((figures < high) | (high == edges[-1]) & (figures <= high))
        if inside.any():
            found.append((float(low), float(high), np.asarray(inside)))
    return found
