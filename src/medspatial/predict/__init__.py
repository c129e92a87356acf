"""Asking models questions: the resumable runner and its files."""

from medspatial.predict.output import PredictionFile, read_predictions
from medspatial.predict.runner import LoadVolume, PredictionRun, predict

__all__ = ["LoadVolume", "PredictionFile", "PredictionRun", "predict", "read_predictions"]
