"""People and models on the same questions, with readers and patients both a sample."""

from __future__ import annotations

import math
from typing import Any

from medspatial.compare.reader_means import ReaderMean
from medspatial.readers.results import ReaderResults
from medspatial.readers.summary import rests_on
from medspatial.report.formatting import MISSING, count, figure, interval, p_value, percent, signed_percent
from medspatial.report.tables.table import Cell, Column, Table

_HEADS = ("Answers", "Right (%)", "Difference (points)", "df", "p")


def people_table(found: ReaderResults) -> Table:
    """Tabulate the readers' means, each reader, and each model on the questions that people read.

    The difference is, in the row of a model, readers alone minus the model; in that of the readers assisted,
    assisted minus alone.
    """
    rows, records = [], []
    for condition, mean in found.mean.items():
        help_given = found.assistance if condition == "assisted" else None
        rows.append(
            (
                Cell(f"Readers {condition}, mean", rests_on(mean)),
                Cell(count(mean.answers)),
                Cell(
                    percent(mean.estimate.value), interval(mean.estimate.low, mean.estimate.high), strong=True
                ),
                *_difference(help_given),
            )
        )
        records.append(_record(f"readers {condition}", mean.estimate.value, mean.answers, mean, help_given))
    for name, (share, number) in found.accuracy.items():
        against = found.against.get(name)
        small = "" if against is None or against.questions == number else rests_on(against)
        rows.append((Cell(name, small), Cell(count(number)), Cell(percent(share)), *_difference(against)))
        records.append(_record(name, share, number, None, against))
    return Table(
        name="people",
        title="People and models on the questions that people read (95 % intervals)",
        columns=(Column("Who", "left"), *map(Column, _HEADS)),
        rows=tuple(rows),
        records=tuple(records),
        note="Each reader counts on the questions this reader read. Intervals and tests hold for readers and "
        "patients like these (Obuchowski-Rockette, degrees of freedom of Hillis). Difference: readers alone "
        "minus the model on the same questions; in the row of the readers assisted, assisted minus alone.",
    )


def _difference(one: ReaderMean | None) -> tuple[Cell, Cell, Cell]:
    if one is None:
        return Cell(MISSING), Cell(MISSING), Cell(MISSING)
    estimate = one.estimate
    return (
        Cell(signed_percent(estimate.value), interval(estimate.low, estimate.high)),
        Cell("∞" if math.isinf(estimate.df) else figure(estimate.df, 1)),
        Cell(p_value(estimate.p)),
    )


def _record(
    who: str, right: float, answers: int, mean: ReaderMean | None, difference: ReaderMean | None
) -> dict[str, Any]:
    found: dict[str, Any] = {"who": who, "answers": answers, "right": right}
    for name, one in (("right", mean), ("difference", difference)):
        estimate = one.estimate if one else None
        if name == "difference":
            found[name] = estimate.value if estimate else None
        found |= {
            f"{name}_low": estimate.low if estimate else None,
            f"{name}_high": estimate.high if estimate else None,
            f"{name}_df": _finite(estimate.df) if estimate else None,
            f"{name}_p": _finite(estimate.p) if estimate else None,
        }
    del found["right_p"]  # of a share against zero: says nothing
    return found


def _finite(value: float) -> float | None:
    """JSON has no infinity and no NaN."""
    return value if math.isfinite(value) else None
