"""A question's evidence as things to draw in patient space: points, segments and planes, RAS+ mm."""

from __future__ import annotations

from typing import Any

from medspatial.records import Question
from medspatial.report.names import mask_name
from medspatial.report.pictures.scene import evidence_points, is_distance

_AXES = ("right", "anterior", "superior")
_SPINE = "spine"
_ENDS = ("low end", "high end")


def drawn_evidence(question: Question) -> dict[str, Any]:
    """Return what is drawn for a question.

    Returns
    -------
    dict
        ``points`` with name and xyz; ``segments`` as two xyz each; ``planes`` as ``axis`` (0 right,
        1 anterior, 2 superior) and ``mm``, with a name; ``structures``: the masks that enter.
    """
    structures = question.evidence.structures if question.evidence else ()
    points = [(name, [float(mm) for mm in xyz]) for name, xyz in evidence_points(question)]
    return {
        "points": [{"name": name, "xyz": xyz} for name, xyz in points],
        "segments": [[points[0][1], points[1][1]]] if is_distance(question) else [],
        "planes": _planes(question),
        "structures": list(dict.fromkeys(map(mask_name, structures))),
    }


def _planes(question: Question) -> list[dict[str, Any]]:
    """The midline that a side is measured from, and the two ends of an extent."""
    if question.evidence is None:
        return []
    by_name = {point.name: point.xyz for point in question.evidence.points}
    if _SPINE in by_name and "offset" in (question.evidence.measurement or ""):
        return [{"name": "midline", "axis": 0, "mm": float(by_name[_SPINE][0])}]
    if all(name in by_name for name in _ENDS):
        low, high = (by_name[name] for name in _ENDS)
        apart = [abs(a - b) for a, b in zip(low, high, strict=True)]
        axis = apart.index(max(apart))
        return [
            {"name": f"{name}, {_AXES[axis]}", "axis": axis, "mm": float(by_name[name][axis])}
            for name in _ENDS
        ]
    return []
