"""Accuracy per patient: whether a figure rests on all of them or on a few."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from medspatial.compare.clustered import sum_by_patient
from medspatial.compare.score_rows import ScoreRows
from medspatial.compare.table import arm_tables
from medspatial.records import Question, Score
from medspatial.report.formatting import count, percent
from medspatial.report.measured import measured
from medspatial.report.tables.table import Cell, Column, Table

if TYPE_CHECKING:
    from medspatial.compare.result import Comparison


def patient_table(comparison: Comparison, questions: Sequence[Question], scores: Sequence[Score]) -> Table:
    """Tabulate each patient's questions and every model's accuracy on them, hardest patients first.

    Parameters
    ----------
    scores
        Those that were compared; of other metrics and arms none is taken.
    """
    what, reference = measured(comparison), comparison.reference_arm
    given = ScoreRows.of(scores)
    chosen = given.only(given.metrics.among({comparison.metric}) & given.arms.among({reference}))
    rows, records = [], []
    if len(chosen):
        table = arm_tables(chosen, questions or None, reference)[reference]
        sums = sum_by_patient(table.values, table.patients, len(table.patient_ids))
        means = sums.sums / sums.counts[:, None]
        columns = [table.models.index(model) for model in comparison.models if model in table.models]
        models = [table.models[column] for column in columns]
        for place in np.argsort(means.mean(axis=1), kind="stable").tolist():
            patient, asked = table.patient_ids[place], int(sums.counts[place])
            figures = [float(means[place, column]) for column in columns]
            cells = [
                Cell(percent(what.shown(value))).about(patient=patient, model=model)
                for model, value in zip(models, figures, strict=True)
            ]
            rows.append((Cell(patient), Cell(count(asked)).about(patient=patient), *cells))
            records.append(
                {"patient": patient, "questions": asked, **dict(zip(models, figures, strict=True))}
            )
    heads = (Column("Patient", "left"), Column("Questions"))
    return Table(
        name="patients",
        title=f"{what.title}, per patient",
        columns=(*heads, *map(Column, models if len(chosen) else ())),
        rows=tuple(rows),
        records=tuple(records),
        note="Hardest patients first, by the mean over the models.",
    )
