"""Printing of listings: a table for people, JSON for programs."""

from __future__ import annotations

import csv
import io
import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import typer

from medspatial.progress import capped
from medspatial.terminal import Line, TableCell, print_table

if TYPE_CHECKING:
    from medspatial.cases import Discovery
    from medspatial.report.tables import Table as ReportTable


def listing(rows: Sequence[Mapping[str, Any]], *, as_json: bool, title: str | None = None) -> None:
    """Print rows of one shape as a table, or as a JSON array."""
    if as_json:
        typer.echo(json.dumps(list(rows), indent=1, ensure_ascii=False, default=str))
        return
    print_table(
        [(name.replace("_", " "), "right" if _numeric(rows, name) else "left") for name in rows[0]]
        if rows
        else [],
        ([[Line(_cell(value))] for value in row.values()] for row in rows),
        title,
    )


def tell(lines: Iterable[str]) -> None:
    """Print lines on standard error, not more than a screen of them."""
    for line in capped(lines):
        typer.echo(line, err=True)


def tell_left_out(found: Discovery) -> None:
    """Name on standard error what of a scanned folder is not used, and why."""
    for line in found.lines():
        typer.echo(line, err=True)


def tell_assumed(cases: Iterable[Iterable[str]]) -> None:
    """Say on standard error what is assumed and stated nowhere, with the number of cases."""
    from medspatial.records import counted_assumption

    counts = Counter(one for assumptions in cases for one in dict.fromkeys(assumptions))
    tell(counted_assumption(text, count) for text, count in counts.most_common())


def csv_listing(rows: Sequence[Mapping[str, Any]]) -> str:
    """Return rows of one shape as CSV with a header."""
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]) if rows else [], lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def report_table(source: ReportTable) -> None:
    """Print a table of the report: each figure with its interval below it, title above, note below."""
    print_table(
        [(column.title, column.align) for column in source.columns],
        ([_figure(cell.main, cell.small, cell.strong) for cell in row] for row in source.rows),
        source.title,
    )
    if source.note:
        typer.echo(f"\n{source.note}")


def _figure(main: str, small: str, strong: bool) -> TableCell:
    figure = Line(main, "strong" if strong else "plain")
    return [figure, Line(small, "faint")] if small else [figure]


def _numeric(rows: Sequence[Mapping[str, Any]], name: str) -> bool:
    return all(isinstance(row[name], int | float) for row in rows)


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:.4g}"
    if isinstance(value, tuple | list):
        return ", ".join(map(str, value))
    return str(value)
