"""What of a comparison and its report goes to a tracker."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from medspatial.errors import InputError
from medspatial.tracking.base import Tracker

if TYPE_CHECKING:
    from medspatial.compare.accuracy_result import Accuracy
    from medspatial.compare.result import Comparison


def comparison_metrics(comparison: Comparison) -> dict[str, float]:
    """Figures by name: ``<model>/accuracy``, its ``_low`` and ``_high``, per category, arm and grounding.

    Shares between 0 and 1. Arms other than the reference arm stand as ``<model>@<arm>/accuracy``. A graded
    metric has ``mean_<metric>`` in place of ``accuracy``.
    """
    found: dict[str, float] = {}
    figure = f"mean_{comparison.metric}" if comparison.graded else "accuracy"
    for result in comparison.results:
        model = result.model if result.arm == comparison.reference_arm else f"{result.model}@{result.arm}"
        _add(found, f"{model}/{figure}", result.overall)
        found[f"{model}/unanswered"] = float(result.overall.unanswered)
        found[f"{model}/unscored"] = float(result.overall.unscored + result.overall.missing)
        if result.arm == comparison.reference_arm:
            for category, accuracy in result.by_category.items():
                _add(found, f"{model}/{figure}_{category}", accuracy)
    for one in comparison.grounding:
        found[f"{one.model}/grounding"] = one.value
        found[f"{one.model}/grounding_low"] = one.interval.low
        found[f"{one.model}/grounding_high"] = one.interval.high
    if comparison.mde is not None:
        found["minimum_detectable_difference"] = comparison.mde
    return found


def track_report(
    tracker: Tracker, comparison: Comparison, report: str | Path, manifest: Mapping[str, Any]
) -> None:
    """Log a comparison with the tables and figures of its report folder, and the manifest.

    Raises
    ------
    InputError
        The folder holds no report.
    """
    report = Path(report)
    tables = sorted((report / "tables").glob("*.json"))
    if not tables:
        raise InputError(f"{report}: holds no report's tables")
    tracker.log_manifest(manifest)
    tracker.log_metrics(comparison_metrics(comparison))
    for path in tables:
        records = json.loads(path.read_text(encoding="utf-8"))["records"]
        columns = list(dict.fromkeys(name for record in records for name in record))
        rows = [[_cell(record.get(name)) for name in columns] for record in records]
        tracker.log_table(path.stem, columns, rows)
    for path in sorted((report / "figures").glob("*.png")):
        if not path.stem.endswith("_one_column"):
            tracker.log_figure(path.stem, path)


def _add(found: dict[str, float], name: str, accuracy: Accuracy) -> None:
    if accuracy.accuracy is None:
        return
    found[name] = accuracy.accuracy
    if accuracy.interval is not None:
        found[f"{name}_low"], found[f"{name}_high"] = accuracy.interval.low, accuracy.interval.high


def _cell(value: Any) -> Any:
    """Nested figures (an interval) as JSON text; trackers keep plain cells only."""
    return json.dumps(value) if isinstance(value, dict | list) else value
