"""Asking models questions: the resumable runner and its files."""

from medspatial.predict.output import PredictionFile, read_failures, read_predictions
from medspatial.predict.runner import LoadMasks, LoadVolume, PredictionRun, predict
from medspatial.predict.troubles import troubles
from medspatial.predict.visible import Locate

__all__ = [
    "LoadMasks",
    "LoadVolume",
    "Locate",
    "PredictionFile",
    "PredictionRun",
    "predict",
    "read_failures",
    "read_predictions",
    "troubles",
]
