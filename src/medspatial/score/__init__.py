"""Metrics: what a prediction is worth, with the reason, and how far metrics agree with judges."""

from medspatial.callable_room import make_callable
from medspatial.score.base import Aggregate, Mark, Metric, Tally
from medspatial.score.normalise import normalise, normalise_naive
from medspatial.score.registry import metric, metric_class, metric_names, register_metric
from medspatial.score.run import ScoringRun, score_file
from medspatial.score.stream import score_stream

__all__ = [
    "Aggregate",
    "Mark",
    "Metric",
    "ScoringRun",
    "Tally",
    "metric",
    "metric_class",
    "metric_names",
    "normalise",
    "normalise_naive",
    "register_metric",
    "score_file",
    "score_stream",
]

make_callable(__name__)
