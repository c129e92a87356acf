"""Measurements of masks: exact, in patient space, each checked against brute force."""

from medspatial.geometry.distance import Contact
from medspatial.geometry.feret import Diameter
from medspatial.geometry.grid import RasGrid
from medspatial.geometry.measured import Measured, Part, SurfaceDistance
from medspatial.geometry.runs import Runs
from medspatial.geometry.stats import StructureStats

__all__ = ["Contact", "Diameter", "Measured", "Part", "RasGrid", "Runs", "StructureStats", "SurfaceDistance"]
