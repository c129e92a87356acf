"""The limits of the margin rules, each a named constant, and the comparisons at a limit.

All limits are larger than the label noise measured between two segmentation models on one patient
(volumes: median 2.7 %, a third of the structures over 5 %; minimum distances: median 0.9 mm, 95th percentile
6 mm).
"""

from __future__ import annotations

LIMIT_TOLERANCE = 1e-6
"""Relative tolerance at a limit: a figure that equals its limit is dropped on every machine."""

VOLUME_RATIO = 1.10
VOLUME_RATIO_THIN = 1.25
"""For thin or vague structures (vessels, adrenals, pancreas, ...) and lesions under 1 ml."""
SMALL_LESION_ML = 1.0

GAP_MM = 5.0
GAP_VOXELS = 2.0
GAP_SHARE = 0.20
"""Two distances differ by more than 5 mm, 2 vmax and 20 % of the smaller."""

OFFSET_MM = 10.0
OFFSET_SHARE = 0.25
"""Two centroids differ by more than 10 mm and 25 % of the smaller extent on that axis."""

SURE_DISTANCE_MM = 6.0
SURE_DISTANCE_VOXELS = 2.0
"""A surface distance is asked, and 'do not touch' is sure, above max(2 vmax, 6 mm)."""

SURE_CONTACT_FACES = 10
"""'Touch' is sure from this many shared voxel faces on."""

CUT_RADIUS_MM = 20.0
"""No voxel on a volume face may lie this close to the closest point."""

OVERLAP_SHARE = 0.01

NUMBER_TOLERANCE = 0.25
"""An open number is right within 25 % of its value."""


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


def distance_gap(smaller: float, vmax: float) -> float:
    """Return the difference in mm that two distances need: max(5 mm, 2 vmax, 20 % of the smaller)."""
    return max(GAP_MM, GAP_VOXELS * vmax, GAP_SHARE * smaller)


def sure_distance(vmax: float) -> float:
    """Return the distance in mm from which on a gap is more than label noise."""
    return max(SURE_DISTANCE_VOXELS * vmax, SURE_DISTANCE_MM)


def offset_limit(extent_a: float, extent_b: float) -> float:
    """Return the centroid difference in mm that a relation along an axis needs."""
    return max(OFFSET_MM, OFFSET_SHARE * min(extent_a, extent_b))


def number_tolerance(value: float, vmax: float | None = None) -> float:
    """Return the absolute error accepted: 25 %, and for lengths never under 2 vmax."""
    floor = 0.0 if vmax is None else 2 * vmax
    return round(max(NUMBER_TOLERANCE * abs(value), floor), 3)
