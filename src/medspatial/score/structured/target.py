"""The reference figure in base units, what fits it, and how far a figure lies from it (R10)."""

from __future__ import annotations

import math
from dataclasses import dataclass

from medspatial.language.units import Unit, parse_unit, question_unit
from medspatial.records import Item, NumericAccuracy

DEFAULT_RELATIVE_TOLERANCE = 0.25  # where a row states none; the taxonomy's success limit for figures
MRA_LIMITS = tuple(round(0.05 * step, 2) for step in range(1, 11))  # relative errors 0.05 ... 0.50
BANDS = (0.05, 0.10, 0.25, 0.50, 1.00)
_ROUNDING = 1e-9  # relative; keeps 2.3 cm equal to 23 mm


@dataclass(frozen=True, slots=True)
class Target:
    """The reference figure in base units, with the absolute error accepted and the unit of bare numbers."""

    value: float
    tolerance: float
    unit: Unit
    bare: Unit

    def fits(self, value: float) -> bool:
        """Say whether a figure in base units lies within the tolerance."""
        return abs(value - self.value) <= self.tolerance + _ROUNDING * max(1.0, abs(self.value))


def target_of(item: Item) -> Target:
    """Return a row's reference figure; without a tolerance 25 % are accepted, counts are exact."""
    unit = parse_unit(item.unit)
    value = float(item.value or 0.0) * unit.factor
    asked = question_unit(item.question)
    bare = asked if asked is not None and asked.dimension == unit.dimension else unit
    if item.tolerance is not None:
        tolerance = item.tolerance * unit.factor
    else:
        tolerance = 0.0 if unit.dimension == "count" else DEFAULT_RELATIVE_TOLERANCE * abs(value)
    return Target(value, tolerance, unit, bare)


def _relative_error(figure: float, reference: float) -> float | None:
    if figure == reference:
        return 0.0
    error = abs(figure - reference) / abs(reference) if reference else math.inf
    return error if math.isfinite(error) else None


def accuracy(figure: float, reference: float) -> NumericAccuracy:
    """Return how near a figure in base units came to the reference."""
    error = _relative_error(figure, reference)
    mra = 0.0 if error is None else sum(error < limit for limit in MRA_LIMITS) / len(MRA_LIMITS)
    band = next(
        (f"within {limit:.0%}" for limit in BANDS if error is not None and error <= limit), "over 100%"
    )
    return NumericAccuracy(figure=figure, reference=reference, relative_error=error, mra=mra, band=band)


def base_name(unit: Unit) -> str:
    """Return the base unit of a dimension; "" for counts and others."""
    return {"length": "mm", "area": "mm²", "volume": "ml", "density": "HU", "percent": "%", "angle": "°"}.get(
        unit.dimension, ""
    )
