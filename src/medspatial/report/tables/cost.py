"""What the answers cost: time, tokens and money, per model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from medspatial.records import Prediction
from medspatial.report.formatting import MISSING, count
from medspatial.report.tables.table import Cell, Column, Table

if TYPE_CHECKING:
    from medspatial.compare.result import Comparison

STAGES = ("prepare_s", "encode_s", "answer_s")


def cost_table(
    comparison: Comparison,
    predictions: Sequence[Prediction],
    seconds: Mapping[str, Mapping[str, float]] | None = None,
) -> Table:
    """Tabulate answers, time, tokens and cost of every model over all arms.

    Tokens and cost are those that the answers carry in their metadata (``tokens``, ``new_tokens``, ``cost``).

    Parameters
    ----------
    seconds
        Model to seconds per stage: ``prepare_s``, ``encode_s``, ``answer_s``.
    """
    found = [_record(model, predictions, (seconds or {}).get(model)) for model in comparison.models]
    told = [
        one for one in found if any(one[name] is not None for name in ("seconds", "output_tokens", "cost"))
    ]
    rows = [
        (
            Cell(one["model"]),
            Cell(count(one["answers"])).about(model=one["model"]),
            Cell(_time(one["seconds"]), _stages(one)),
            Cell(_each(one)),
            Cell(count(one["input_tokens"])),
            Cell(count(one["output_tokens"])),
            Cell(MISSING if one["cost"] is None else f"{one['cost']:.2f}"),
        )
        for one in told
    ]
    heads = ("Answers", "Time", "Seconds per answer", "Tokens in", "Tokens out", "US dollars")
    return Table(
        name="cost",
        title="Time, tokens and cost, all arms together",
        columns=(Column("Model", "left"), *map(Column, heads)),
        rows=tuple(rows),
        records=tuple(told),
        note="Time: reading and preparing, encoding, answering, as the runner measured them, repeated runs "
        "included. Tokens and dollars: as the answers carry them; one from a cache has what it once cost.",
    )


def _record(
    model: str, predictions: Sequence[Prediction], seconds: Mapping[str, float] | None
) -> dict[str, Any]:
    rows = [row for row in predictions if row.model == model and row.status == "ok"]
    tokens = [row.metadata.get("tokens") for row in rows]
    given = [one for one in tokens if isinstance(one, dict)]
    new = [_number(row.metadata.get("new_tokens")) for row in rows]
    outputs = [_number(one.get("output")) for one in given] or new
    return {
        "model": model,
        "answers": len(rows),
        "seconds": None if seconds is None else sum(seconds.values()),
        **{stage: None if seconds is None else seconds.get(stage) for stage in STAGES},
        "input_tokens": _sum([_number(one.get("input")) for one in given]),
        "output_tokens": _sum(outputs),
        "cost": _sum([_number(row.metadata.get("cost")) for row in rows]),
    }


def _number(value: Any) -> float | None:
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None


def _sum(values: Sequence[float | None]) -> Any:
    known = [value for value in values if value is not None]
    return sum(known) if known else None


def _time(seconds: float | None) -> str:
    if seconds is None:
        return MISSING
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes = seconds / 60
    return f"{minutes:.0f} min" if minutes < 100 else f"{minutes / 60:.1f} h"


def _stages(one: Mapping[str, Any]) -> str:
    if one["seconds"] is None:
        return ""
    return " + ".join(_time(one[stage] or 0.0) for stage in STAGES)


def _each(one: Mapping[str, Any]) -> str:
    if one["seconds"] is None or not one["answers"]:
        return MISSING
    return f"{one['seconds'] / one['answers']:.3f}"
