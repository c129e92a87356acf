"""Figures with units in questions and reference answers, in millimetres or millilitres."""

from __future__ import annotations

from typing import NamedTuple

from medspatial.language.quantities import find_quantities
from medspatial.language.units import named_units, parse_unit
from medspatial.records import Question

_KINDS = frozenset({"length", "volume"})


class Figure(NamedTuple):
    """A figure and its unit as written; ``base`` is in mm or ml, None without a unit of length or volume."""

    number: float
    unit: str | None
    base: float | None
    dimension: str | None


def dimension_of(unit: str | None) -> str | None:
    """Return ``length``, ``volume`` or None."""
    dimension = parse_unit(unit).dimension
    return dimension if dimension in _KINDS else None


def factor_of(unit: str | None) -> float | None:
    """Return mm or ml of one unit; None where it measures neither."""
    known = parse_unit(unit)
    return known.factor if known.dimension in _KINDS else None


def figure(number: float, unit: str | None) -> Figure:
    """A figure in its unit and in the base unit."""
    factor = factor_of(unit)
    return Figure(number, unit, None if factor is None else number * factor, dimension_of(unit))


def only_figure(text: str) -> Figure | None:
    """Return the figure of a text that holds exactly one in digits, else None.

    >>> only_figure("about 4.5 cm")
    Figure(number=4.5, unit='cm', base=45.0, dimension='length')
    >>> only_figure("2 x 3 cm") is None
    True
    """
    found = [one for one in find_quantities(text) if not one.word]
    if len(found) != 1 or found[0].kind != "single":
        return None
    (one,) = found
    if one.unit is None or one.unit.dimension not in _KINDS:
        return figure(one.values[0], None)
    unit = text[one.start : one.end].lstrip("+-−.,0123456789 ").lower()
    return figure(float(f"{one.values[0] / one.unit.factor:.12g}"), unit)


def asked_unit(text: str) -> str | None:
    """Return the unit that a question asks for: ``in mm``, ``how many millilitres``, ``(cm)``."""
    found = {one.lower().removesuffix("s") for one in named_units(text) if dimension_of(one)}
    return found.pop() if len(found) == 1 else None


def reference(question: Question) -> Figure | None:
    """Return the reference as a figure: its value and unit, else the only figure of its answer.

    Where the answer has no unit, the one that the question asks for counts.
    """
    unit = asked_unit(question.question)
    if question.value is not None:
        return figure(question.value, question.unit or unit)
    found = only_figure(question.answer)
    if found is None or found.unit is not None:
        return found
    return figure(found.number, unit)
