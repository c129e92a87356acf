"""The built-in phantom: a procedural torso CT whose ground truth is exact by construction."""

from medspatial.cases.phantom.build import REGIONS, Phantom, make_phantom

__all__ = ["REGIONS", "Phantom", "make_phantom"]
