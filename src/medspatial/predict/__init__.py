"""Asking models questions: the resumable runner and its files."""

from medspatial.callable_room import make_callable
from medspatial.pool import Processes, Workers, read_devices
from medspatial.predict.cases import Cases, CaseSource, LoadMasks, LoadVolume
from medspatial.predict.failures import failure_lines
from medspatial.predict.merge import Merged, merge
from medspatial.predict.output import (
    VOLUMES_ENDING,
    PredictionFile,
    iter_predictions,
    prediction_files,
    read_failures,
    read_predictions,
)
from medspatial.predict.pool import predict_with
from medspatial.predict.runner import PredictionRun, PredictOptions, predict
from medspatial.predict.shard import Shard
from medspatial.predict.visible import Locate
from medspatial.predict.worker import Job

__all__ = [
    "VOLUMES_ENDING",
    "CaseSource",
    "Cases",
    "Job",
    "LoadMasks",
    "LoadVolume",
    "Locate",
    "Merged",
    "PredictOptions",
    "PredictionFile",
    "PredictionRun",
    "Processes",
    "Shard",
    "Workers",
    "failure_lines",
    "iter_predictions",
    "merge",
    "predict",
    "predict_with",
    "prediction_files",
    "read_devices",
    "read_failures",
    "read_predictions",
]

make_callable(__name__)
