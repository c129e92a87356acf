"""The built-in phantom: a procedural torso CT whose ground truth is exact by construction."""

from medspatial.cases.phantom.build import REGIONS, Phantom, make_phantom
from medspatial.cases.phantom.markers import MARKERS, make_marker_phantom
from medspatial.cases.phantom.write import SPACINGS, write_phantoms

__all__ = [
    "MARKERS",
    "REGIONS",
    "SPACINGS",
    "Phantom",
    "make_marker_phantom",
    "make_phantom",
    "write_phantoms",
]
