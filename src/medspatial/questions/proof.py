"""The evidence of a question from masks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from medspatial.records import Evidence, EvidencePoint

if TYPE_CHECKING:
    from medspatial.questions.scene import Scene


def evidence_of(
    scene: Scene,
    measurement: str,
    *,
    value: float | str,
    structures: Sequence[str],
    unit: str | None = None,
    margin: float | None = None,
    formula: str | None = None,
    points: Mapping[str, Sequence[float] | NDArray[np.float64]] | None = None,
    **details: Any,
) -> Evidence:
    """Make the evidence of a question; figures rounded to 4 digits, points to 0.01 mm.

    Stray voxels that were set aside and lesions that count as part of an organ are added to the details.
    """
    for name in structures:
        if "#" not in name and name in scene.measured.names:
            stray = scene.stats(name).stray_voxels
            if stray:
                details.setdefault("stray_voxels_set_aside", {})[name] = stray
            if scene.lesions_in(name):
                details.setdefault("with_lesions", {})[name] = list(scene.lesions_in(name))
    return Evidence(
        measurement=measurement,
        value=_rounded(value),
        unit=unit,
        margin=_rounded(margin),
        formula=formula,
        structures=tuple(structures),
        points=tuple(EvidencePoint(name=n, xyz=_point(p)) for n, p in (points or {}).items()),
        details={name: _rounded(detail) for name, detail in details.items() if detail is not None},
    )


def _rounded(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _rounded(one) for key, one in value.items()}
    if isinstance(value, (float, np.floating)):
        return round(float(value), 4)
    return int(value) if isinstance(value, np.integer) else value


def _point(values: Sequence[float] | NDArray[np.float64]) -> tuple[float, float, float]:
    x, y, z = (round(float(value), 2) + 0.0 for value in values)
    return x, y, z
