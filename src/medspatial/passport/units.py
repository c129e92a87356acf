"""Figures with units in questions and reference answers, in millimetres or millilitres."""

from __future__ import annotations

import re
from typing import NamedTuple

from medspatial.records import Question

_LENGTHS = {
    "mm": 1.0, "millimetre": 1.0, "millimeter": 1.0, "cm": 10.0, "centimetre": 10.0, "centimeter": 10.0,
    "m": 1000.0, "metre": 1000.0, "meter": 1000.0, "um": 0.001, "µm": 0.001, "inch": 25.4, "inche": 25.4,
}  # fmt: skip
_VOLUMES = {
    "ml": 1.0, "millilitre": 1.0, "milliliter": 1.0, "cc": 1.0, "cm3": 1.0, "cm^3": 1.0, "cm³": 1.0,
    "cubic cm": 1.0, "cubic centimetre": 1.0, "cubic centimeter": 1.0, "mm3": 0.001, "mm^3": 0.001,
    "mm³": 0.001, "cubic mm": 0.001, "cubic millimetre": 0.001, "cubic millimeter": 0.001, "l": 1000.0,
    "litre": 1000.0, "liter": 1000.0,
}  # fmt: skip
_SPELLED = "|".join(re.escape(one) for one in sorted({*_LENGTHS, *_VOLUMES}, key=len, reverse=True))
_FIGURE = re.compile(rf"(?<![\w.,-])(-?\d+(?:[.,]\d+)?)\s*-?\s*({_SPELLED})?(?:s)?(?![\w³^])", re.IGNORECASE)
_ASKED = re.compile(
    rf"\b(?:in|how many)\s+(?:the\s+unit\s+(?:of\s+)?)?({_SPELLED})s?(?![\w³^])", re.IGNORECASE
)
_TIED = re.compile(r"\((mm|cm|ml|cc|cm3|cm\^3|cm³|mm3|mm\^3|mm³)\)", re.IGNORECASE)


class Figure(NamedTuple):
    """A figure and its unit as written; ``base`` is in mm or ml, None without a unit of length or volume."""

    number: float
    unit: str | None
    base: float | None
    dimension: str | None


def dimension_of(unit: str | None) -> str | None:
    """Return ``length``, ``volume`` or None."""
    name = _plain(unit)
    return "length" if name in _LENGTHS else "volume" if name in _VOLUMES else None


def factor_of(unit: str | None) -> float | None:
    """Return mm or ml of one unit; None where it measures neither."""
    name = _plain(unit)
    return _LENGTHS.get(name, _VOLUMES.get(name))


def figure(number: float, unit: str | None) -> Figure:
    """A figure in its unit and in the base unit."""
    factor = factor_of(unit)
    return Figure(number, unit, None if factor is None else number * factor, dimension_of(unit))


def only_figure(text: str) -> Figure | None:
    """Return the figure of a text that holds exactly one, else None.

    >>> only_figure("about 4.5 cm")
    Figure(number=4.5, unit='cm', base=45.0, dimension='length')
    >>> only_figure("2 x 3 cm") is None
    True
    """
    found = list(_FIGURE.finditer(text))
    if len(found) != 1:
        return None
    number, unit = found[0].groups()
    return figure(float(number.replace(",", ".")), unit.lower() if unit else None)


def asked_unit(text: str) -> str | None:
    """Return the unit that a question asks for: ``in mm``, ``how many millilitres``, ``(cm)``."""
    found = {one.lower() for one in (*_ASKED.findall(text), *_TIED.findall(text))}
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


def _plain(unit: str | None) -> str:
    name = (unit or "").strip().lower()
    known = {*_LENGTHS, *_VOLUMES}
    return name if name in known else name.removesuffix("s")
