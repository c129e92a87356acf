"""The margin rules: each limit a named constant, the sentences that state it, and the comparisons at it.

All limits are larger than the label noise measured between two segmentation models on one patient
(volumes: median 2.7 %, a third of the structures over 5 %; minimum distances: median 0.9 mm, 95th percentile
6 mm).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from medspatial.records import Evidence

LIMIT_TOLERANCE = 1e-6
"""Relative tolerance at a limit: a figure that equals its limit is dropped on every machine."""

VOLUME_RATIO = 1.10
VOLUME_RATIO_THIN = 1.25
"""For thin or vague structures (vessels, adrenals, pancreas, ...) and lesions under 1 ml."""
SMALL_LESION_ML = 1.0

GAP_MM = 5.0
GAP_VOXELS = 2.0
GAP_SHARE = 0.20

OFFSET_MM = 10.0
OFFSET_SHARE = 0.25

SURE_DISTANCE_MM = 6.0
SURE_DISTANCE_VOXELS = 2.0

SURE_CONTACT_FACES = 10
"""'Touch' is sure from this many shared voxel faces on."""

OVERLAP_SHARE = 0.01

HOST_SHARE = 0.8
"""A lesion lies in an organ that holds more than this share of the organ voxels under it."""

NUMBER_TOLERANCE = 0.25
"""An open number is right within 25 % of its value."""


@dataclass(frozen=True)
class Margin:
    """What keeps a question away from label noise, with sentences filled from the figures it compares with.

    Attributes
    ----------
    dropped
        What is not asked, for the documentation: ``ratio at most 1.10``.
    kept
        What holds for every question that is asked, for its evidence: ``over 1.10``.
    limits
        The figures by the names of their constants.
    """

    dropped: str
    kept: str
    limits: Mapping[str, float] = field(default_factory=dict)

    def stated_in(self, evidence: Evidence) -> Evidence:
        """Return the evidence with this rule in words."""
        return evidence.model_copy(update={"margin_rule": self.kept})


@dataclass(frozen=True)
class Largest:
    """A limit that is the largest of several terms, and says so: ``max(5 mm, 2 vmax, 20 %)``.

    Attributes
    ----------
    terms
        Figures by ``mm``, ``vmax`` (largest voxel sides) and ``share`` (of a size), in order of the words.
    """

    terms: Mapping[str, float]

    def mm(self, *, vmax: float = 0.0, size: float = 0.0) -> float:
        """Return the limit in mm for a largest voxel side and a size, both in mm."""
        per = {"mm": 1.0, "vmax": vmax, "share": size}
        return max(figure * per[term] for term, figure in self.terms.items())

    def words(self, of: str = "") -> str:
        """Return the limit in words; `of` names the size of which it takes a share."""
        said = {
            term: percent(figure) + (f" of {of}" if of else "") if term == "share" else f"{figure:g} {term}"
            for term, figure in self.terms.items()
        }
        return f"max({', '.join(said.values())})"

    def __str__(self) -> str:
        return self.words()


def percent(share: float) -> str:
    """Write a share as ``20 %``."""
    return f"{100 * share:.3g} %"


def fraction(share: float) -> str:
    """Write a share as ``half`` where it is one, else as ``20 %``."""
    return "half" if share == 0.5 else percent(share)


DISTANCE_GAP = Largest({"mm": GAP_MM, "vmax": GAP_VOXELS, "share": GAP_SHARE})
"""Two distances differ by more than this; a share of the smaller."""

OFFSET = Largest({"mm": OFFSET_MM, "share": OFFSET_SHARE})
"""Two centroids differ by more than this along an axis; a share of the smaller extent there."""

SURE_DISTANCE = Largest({"vmax": SURE_DISTANCE_VOXELS, "mm": SURE_DISTANCE_MM})
"""From here on a gap is more than label noise: a distance is asked, and 'do not touch' is sure."""


def at_most(figure: float, limit: float) -> bool:
    """Return whether the figure does not clear the limit: ``figure <= limit`` with tolerance."""
    return figure <= limit + LIMIT_TOLERANCE * max(abs(figure), abs(limit))


def at_least(figure: float, limit: float) -> bool:
    """Return whether the figure does not stay below the limit: ``figure >= limit`` with tolerance."""
    return figure >= limit - LIMIT_TOLERANCE * max(abs(figure), abs(limit))


def ratio_of(first: float, second: float) -> float:
    """Return larger over smaller, at least 1."""
    low, high = sorted((first, second))
    return high / low if low > 0 else float("inf")


def number_tolerance(value: float, vmax: float | None = None) -> float:
    """Return the absolute error accepted: 25 %, and for lengths never under 2 vmax."""
    floor = 0.0 if vmax is None else 2 * vmax
    return round(max(NUMBER_TOLERANCE * abs(value), floor), 3)
