"""What repeated sampling adds to the uncertainty of an accuracy."""

from __future__ import annotations

from typing import TYPE_CHECKING

from medspatial.report.formatting import figure, percent
from medspatial.report.measured import measured
from medspatial.report.tables.table import Cell, Column, Table

if TYPE_CHECKING:
    from medspatial.compare.accuracy_result import EpochVariance
    from medspatial.compare.result import Comparison


def epochs_table(comparison: Comparison) -> Table:
    """Tabulate the variance components of arms that were run several times."""
    what = measured(comparison)
    heads = ("Runs", "Lowest to highest", "Verdict changes", "Patients", "Questions", "Draws", "Draws, mean")
    several = len({row.arm for row in comparison.epochs}) > 1
    first = (Column("Model", "left"), *((Column("Arm", "left"),) if several else ()))
    return Table(
        name="epochs",
        title=f"Repeated sampling: where the variance of {what.name.lower()} comes from, in percent",
        columns=(*first, *map(Column, heads)),
        rows=tuple(_row(row, several, what.scale) for row in comparison.epochs),
        records=tuple(row.model_dump(mode="json") for row in comparison.epochs),
        note="Verdict changes: share of questions whose verdict is not the same in all runs. Patients, "
        "questions, draws: shares of the variance of one run, by analysis of variance. Draws, mean: share of "
        "the draws in the variance of the mean over all runs. All other tables are about the first run.",
    )


def _row(one: EpochVariance, several: bool, scale: float) -> tuple[Cell, ...]:
    whole = one.patient + one.question + one.epoch
    low, high = min(one.accuracies), max(one.accuracies)
    parts = [part / whole if whole else 0.0 for part in (one.patient, one.question, one.epoch)]
    return (
        Cell(one.model),
        *((Cell(one.arm),) if several else ()),
        Cell(str(one.epochs)),
        Cell(f"{figure(scale * low, 1)} to {figure(scale * high, 1)}"),
        Cell(percent(one.changed)),
        *(Cell(percent(part)) for part in parts),
        Cell(percent(one.share_of_mean)),
    )
