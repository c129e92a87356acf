"""What a picture of one question shows: three slices, outlines, points, a line, a scale."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from medspatial.records import Question
from medspatial.report.names import spoken
from medspatial.report.palette import structure_colour
from medspatial.volume.plane import PlaneFrame

_ON_SLICE = 0.75  # a point within this many slice thicknesses counts as lying on the slice
_ASIDE = {
    "axial": ("above", "below"),
    "coronal": ("in front of", "behind"),
    "sagittal": ("right of", "left of"),
}


@dataclass(frozen=True)
class View:
    """One slice: its picture file and what is drawn over it, in picture pixels."""

    frame: PlaneFrame
    href: str
    outlines: tuple[tuple[int, str], ...]
    points: tuple[dict[str, Any], ...]
    line: tuple[float, float, float, float] | None

    def to_json(self) -> dict[str, Any]:
        """Return plain data for the page's script."""
        width, height = self.frame.size
        length, pixels = self.frame.scale_bar
        return {
            "plane": self.frame.plane,
            "href": self.href,
            "w": width,
            "h": height,
            "position": self.frame.position,
            "letters": self.frame.letters,
            "scale": [length, round(pixels, 1)],
            "outlines": [list(one) for one in self.outlines],
            "points": list(self.points),
            "line": list(self.line) if self.line else None,
        }


@dataclass(frozen=True)
class Picture:
    """The three views of a question, the legend of its structures, and the grey scale's name."""

    views: tuple[View, ...]
    structures: tuple[str, ...]
    grey_scale: str
    notes: tuple[str, ...] = field(default=())

    def to_json(self) -> dict[str, Any]:
        """Return plain data for the page's script."""
        return {
            "views": [view.to_json() for view in self.views],
            "legend": [
                {"title": title, "colour": structure_colour(index)}
                for index, title in enumerate(self.structures)
            ],
            "grey": self.grey_scale,
            "notes": list(self.notes),
        }


def evidence_points(question: Question) -> list[tuple[str, NDArray[np.float64]]]:
    """Return the named points of a question's evidence, RAS+ mm."""
    if question.evidence is None:
        return []
    return [
        (spoken(point.name), np.asarray(point.xyz, dtype=np.float64)) for point in question.evidence.points
    ]


def is_distance(question: Question) -> bool:
    """Say whether the evidence is a distance or segment between exactly two points: a line is drawn then."""
    evidence = question.evidence
    if evidence is None or len(evidence.points) != 2:
        return False
    words = (evidence.measurement or "").lower()
    return evidence.unit == "mm" or "distance" in words or "segment" in words


def marks(points: Sequence[tuple[str, NDArray[np.float64]]], frame: PlaneFrame) -> tuple[dict[str, Any], ...]:
    """Place points on a slice; one that lies off the slice says by how much and on which side."""
    thickness = frame.affine.spacing[2]
    placed = []
    for name, xyz in points:
        x, y = frame.pixels(xyz)
        offset = frame.offset(xyz)
        aside = "" if abs(offset) <= _ON_SLICE * thickness else _aside(frame.plane, offset)
        placed.append({"name": name, "x": round(float(x), 1), "y": round(float(y), 1), "aside": aside})
    return tuple(placed)


def line_between(
    points: Sequence[tuple[str, NDArray[np.float64]]], frame: PlaneFrame
) -> tuple[float, float, float, float]:
    """Project the segment between the first two points onto a slice."""
    (x0, y0), (x1, y1) = (frame.pixels(xyz) for _, xyz in points[:2])
    return round(float(x0), 1), round(float(y0), 1), round(float(x1), 1), round(float(y1), 1)


def _aside(plane: str, offset: float) -> str:
    """Say where a point lies; offsets grow towards right, anterior and superior."""
    positive, negative = _ASIDE[plane]
    return f"{abs(offset):.0f} mm {positive if offset > 0 else negative} this slice"
