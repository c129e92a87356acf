"""Measurements under the mask questions: exact, in patient space, each checked against brute force."""

from medspatial.questions.measure.distance import Contact
from medspatial.questions.measure.feret import Diameter
from medspatial.questions.measure.grid import Grid
from medspatial.questions.measure.measured import Measured, Part, SurfaceDistance
from medspatial.questions.measure.runs import Runs
from medspatial.questions.measure.stats import StructureStats

__all__ = ["Contact", "Diameter", "Grid", "Measured", "Part", "Runs", "StructureStats", "SurfaceDistance"]
