"""Tables of a comparison and of a question set, as text cells and as unrounded records."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from medspatial.records import Question
from medspatial.report.tables.accuracy import accuracy_table, subtype_table
from medspatial.report.tables.contrasts import (
    arms_table,
    category_pairs_table,
    consistency_table,
    failures_table,
    grounding_table,
    pairs_table,
)
from medspatial.report.tables.distribution import drops_table, question_table, unusable_table
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
    "TABLE_FORMATS",
    "Cell",
    "Column",
    "Table",
    "accuracy_table",
    "arms_table",
    "category_pairs_table",
    "comparison_tables",
    "consistency_table",
    "drops_table",
    "failures_table",
    "grounding_table",
    "pairs_table",
    "question_table",
    "subtype_table",
    "to_csv",
    "to_json",
    "to_latex",
    "to_markdown",
    "unusable_table",
    "write_tables",
]


def comparison_tables(
    comparison: Comparison,
    questions: Sequence[Question] = (),
    drops: Mapping[str, int] | None = None,
    unusable: Mapping[str, str] | None = None,
) -> list[Table]:
    """Return every table that the data can fill; a table without rows is left out."""
    tables = [
        accuracy_table(comparison),
        subtype_table(comparison),
        pairs_table(comparison),
        category_pairs_table(comparison),
        arms_table(comparison),
        consistency_table(comparison),
        grounding_table(comparison),
        failures_table(comparison),
    ]
    tables += [accuracy_table(comparison, arm) for arm in comparison.arms if arm != comparison.reference_arm]
    if questions:
        tables.append(question_table(questions))
    if drops:
        tables.append(drops_table(drops))
    if unusable:
        tables.append(unusable_table(unusable))
    return [table for table in tables if table.rows]
