"""Tables of a comparison and of a question set, as text cells and as unrounded records."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from medspatial.records import Prediction, Question, Score
from medspatial.report.tables.accuracy import accuracy_table, subtype_table
from medspatial.report.tables.causes import (
    CASE_TITLES,
    abstention_table,
    cause_cases_table,
    causes_table,
    inputs_table,
    ungrounded_table,
)
from medspatial.report.tables.contrasts import (
    arms_table,
    category_pairs_table,
    consistency_table,
    failures_table,
    grounding_table,
    pairs_table,
)
from medspatial.report.tables.cost import cost_table
from medspatial.report.tables.distribution import drops_table, question_table, stopped_table, unusable_table
from medspatial.report.tables.epochs import epochs_table
from medspatial.report.tables.patients import patient_table
from medspatial.report.tables.people import people_table
from medspatial.report.tables.table import Cell, Column, Table
from medspatial.report.tables.writers import (
    TABLE_FORMATS,
    to_csv,
    to_json,
    to_latex,
    to_markdown,
    write_tables,
)

if TYPE_CHECKING:
    from medspatial.compare.result import Comparison

__all__ = [
    "CASE_TITLES",
    "TABLE_FORMATS",
    "Cell",
    "Column",
    "Table",
    "abstention_table",
    "accuracy_table",
    "arms_table",
    "category_pairs_table",
    "cause_cases_table",
    "causes_table",
    "comparison_tables",
    "consistency_table",
    "cost_table",
    "drops_table",
    "epochs_table",
    "failures_table",
    "grounding_table",
    "inputs_table",
    "pairs_table",
    "patient_table",
    "people_table",
    "question_table",
    "stopped_table",
    "subtype_table",
    "to_csv",
    "to_json",
    "to_latex",
    "to_markdown",
    "ungrounded_table",
    "unusable_table",
    "write_tables",
]


def comparison_tables(
    comparison: Comparison,
    questions: Sequence[Question] = (),
    drops: Mapping[str, Mapping[str, int] | int] | None = None,
    unusable: Mapping[str, str] | None = None,
    stopped: Mapping[str, str] | None = None,
    *,
    scores: Sequence[Score] = (),
    predictions: Sequence[Prediction] = (),
    seconds: Mapping[str, Mapping[str, float]] | None = None,
    subtypes: Mapping[str, str] | None = None,
    kinds: Mapping[str, str] | None = None,
) -> list[Table]:
    """Return every table that the data can fill; a table without rows is left out.

    Parameters
    ----------
    scores
        The compared ones, for the table per patient.
    predictions, seconds
        For the table of costs (see `cost_table`).
    subtypes, kinds
        Titles of subtypes, and what models are (see `subtype_table` and `accuracy_table`).
    """
    tables = [
        accuracy_table(comparison, kinds=kinds),
        subtype_table(comparison, subtypes),
        patient_table(comparison, questions, scores),
        pairs_table(comparison),
        category_pairs_table(comparison),
        arms_table(comparison, kinds),
        consistency_table(comparison),
        grounding_table(comparison, kinds),
        causes_table(comparison),
        abstention_table(comparison),
        cause_cases_table(comparison),
        ungrounded_table(comparison, questions),
        inputs_table(comparison),
        epochs_table(comparison),
        failures_table(comparison),
    ]
    tables.append(cost_table(comparison, predictions, seconds))
    tables += [
        accuracy_table(comparison, arm, kinds) for arm in comparison.arms if arm != comparison.reference_arm
    ]
    if questions:
        tables.append(question_table(questions, subtypes))
    if drops:
        tables.append(drops_table(drops, subtypes))
    if unusable:
        tables.append(unusable_table(unusable))
    if stopped:
        tables.append(stopped_table(stopped))
    return [table for table in tables if table.rows]
