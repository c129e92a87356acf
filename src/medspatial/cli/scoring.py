"""What ``medspatial score`` does around a metric: its options, what need not be scored again, the report."""

from __future__ import annotations

import inspect
import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from medspatial.cli.options import read_options
from medspatial.errors import InputError
from medspatial.records import Prediction, Score, read_records

if TYPE_CHECKING:
    from medspatial.score import Metric


def taken(name: str, pairs: Sequence[str]) -> dict[str, Any]:
    """Return the ``KEY=VALUE`` options for a metric.

    Raises
    ------
    InputError
        The metric does not know one of them.
    """
    from medspatial.score import metric_class

    options = read_options(list(pairs))
    known = inspect.signature(metric_class(name.partition(":")[0])).parameters
    unknown = [key for key in options if key not in known]
    if unknown:
        raise InputError(
            f"metric '{name}': unknown option {unknown[0]!r}; it takes: {', '.join(known) or 'none'}"
        )
    return options


def scored(judge: Metric, answers: Sequence[Prediction], target: Path | None) -> list[Score]:
    """Score answers; a costly metric keeps the scores that its file already holds for the same answer."""
    kept = {}
    if judge.costly and target is not None and target.exists():
        rows = read_records(target, Score).rows
        kept = {_key(row): row for row in rows if row.metric == judge.name and row.status != "unscored"}
    fresh = iter(judge.score([row for row in answers if _key(row) not in kept]))
    return [kept[_key(row)] if _key(row) in kept else next(fresh) for row in answers]


def write_report(path: Path, figures: Sequence[dict[str, Any]], mistakes: Sequence[Score]) -> None:
    """Write the figures of every file and metric, and each wrong answer with its reason, as JSON."""
    rows = [score.model_dump(mode="json", exclude_defaults=True) for score in mistakes]
    path.parent.mkdir(parents=True, exist_ok=True)
    text = json.dumps(
        {"figures": list(figures), "mismatches": rows}, indent=1, ensure_ascii=False, default=str
    )
    path.write_text(text + "\n", encoding="utf-8")


def _key(row: Prediction | Score) -> tuple[str, str, str, str, str | None]:
    return row.id, row.model, row.arm, row.answer, row.prediction
