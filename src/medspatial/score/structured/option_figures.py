"""R10 for options that are figures: how far the chosen one lies from the reference."""

from __future__ import annotations

from medspatial.language.options import figure_of
from medspatial.language.quantities import Quantity
from medspatial.score.structured.target import accuracy
from medspatial.score.structured.verdict import Verdict


def graded(verdict: Verdict, said: str, wanted: str) -> Verdict:
    """Add a figure's graded accuracy to a verdict, where reply and reference are figures of one kind."""
    figure, reference = figure_of(said), figure_of(wanted)
    if figure is None or reference is None or _kind(figure) != _kind(reference):
        return verdict
    return verdict._replace(numeric=accuracy(figure.values[0], reference.values[0]))


def _kind(figure: Quantity) -> str:
    return figure.unit.dimension if figure.unit else ""
