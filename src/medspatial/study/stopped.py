"""Models and metrics that cannot go on: the cause in a line, so that the rest of a study ends well."""

from __future__ import annotations

import traceback
from pathlib import Path

from medspatial.errors import MedspatialError
from medspatial.llm.access import llm_access
from medspatial.plugins import in_a_line
from medspatial.study.config import MetricConfig, ModelConfig
from medspatial.study.entries import REMOTE_KINDS


def part_name(entry: ModelConfig | MetricConfig) -> str:
    """Return how a model or metric is called in what a study reports."""
    return f"{'model' if isinstance(entry, ModelConfig) else 'metric'} '{entry.name}'"


def cause_of(entry: ModelConfig | MetricConfig, error: Exception) -> str:
    """Return why a model or metric stopped, with its address.

    That is the server of a remote model, the checkpoint of another one, and the line of code where an error
    is none of ours.
    """
    if isinstance(error, MedspatialError):
        text = " ".join(str(error).split())
    else:
        place = traceback.extract_tb(error.__traceback__)[-1]
        text = f"{in_a_line(error)} ({Path(place.filename).name}:{place.lineno})"
    address = _address(entry)
    return text if address is None or address in text else f"{text} [{address}]"


def _address(entry: ModelConfig | MetricConfig) -> str | None:
    name = entry.name.partition(":")[2]
    if isinstance(entry, ModelConfig):
        name = f"{entry.kind}:{entry.options.get('model')}" if entry.kind in REMOTE_KINDS else ""
    access = llm_access(name, entry.options)
    path = entry.options.get("path")
    return access.server if access is not None else None if path is None else str(path)
