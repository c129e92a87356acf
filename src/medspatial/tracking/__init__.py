"""Experiment tracking: W&B and trackio behind one small interface, online, offline or disabled."""

from medspatial.tracking.base import MODES, NoTracker, Tracker, start_tracker, tracker_names
from medspatial.tracking.comparison import comparison_metrics, track_report

__all__ = [
    "MODES",
    "NoTracker",
    "Tracker",
    "comparison_metrics",
    "start_tracker",
    "track_report",
    "tracker_names",
]
