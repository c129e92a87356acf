"""One thing to draw: a labelled structure, or a detail that changes only the HU."""

from __future__ import annotations

from dataclasses import dataclass

from medspatial.cases.phantom.shapes import Shape


@dataclass(frozen=True)
class Item:
    """A structure of the plan, drawn in list order.

    Attributes
    ----------
    name
        Structure name (TotalSegmentator v2 where it has one); empty for a detail without a label.
    shape
        Where it is, in plan millimetres.
    hu
        Mean HU of its tissue.
    within
        Labels that it may replace; empty: it takes only voxels that no earlier item has.
    """

    name: str
    shape: Shape
    hu: float
    within: tuple[str, ...] = ()
