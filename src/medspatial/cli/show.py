"""Printing of listings: a table for people, JSON for programs."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import typer
from rich.console import Console
from rich.table import Table

from medspatial.progress import capped

if TYPE_CHECKING:
    from medspatial.cases import Found
    from medspatial.report.tables import Table as ReportTable


def listing(rows: Sequence[Mapping[str, Any]], *, as_json: bool, title: str | None = None) -> None:
    """Print rows of one shape as a table, or as a JSON array."""
    if as_json:
        typer.echo(json.dumps(list(rows), indent=1, ensure_ascii=False, default=str))
        return
    table = Table(title=title, title_justify="left", box=None, pad_edge=False, header_style="bold")
    for name in rows[0] if rows else ():
        numeric = all(isinstance(row[name], int | float) for row in rows)
        table.add_column(name.replace("_", " "), justify="right" if numeric else "left", overflow="fold")
    for row in rows:
        table.add_row(*(_cell(value) for value in row.values()))
    _console().print(table)


def tell(lines: Iterable[str]) -> None:
    """Print lines on standard error, not more than a screen of them."""
    for line in capped(lines):
        typer.echo(line, err=True)


def tell_left_out(found: Found) -> None:
    """Name on standard error what of a scanned folder gave no case, and why."""
    tell(f"no case: {one}" for one in found.left_out)


def csv_listing(rows: Sequence[Mapping[str, Any]]) -> str:
    """Return rows of one shape as CSV with a header."""
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]) if rows else [], lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def report_table(source: ReportTable) -> None:
    """Print a table of the report: each figure with its interval below it, title above, note below."""
    table = Table(title=source.title, title_justify="left", title_style="bold", box=None, pad_edge=False)
    for column in source.columns:
        table.add_column(_escaped(column.title), justify=column.align, header_style="bold")
    for row in source.rows:
        table.add_row(*(_figure(cell.main, cell.small, cell.strong) for cell in row))
    _console().print(table)
    if source.note:
        typer.echo(f"\n{source.note}")


def _figure(main: str, small: str, strong: bool) -> str:
    text = f"[bold]{_escaped(main)}[/bold]" if strong else _escaped(main)
    return f"{text}\n[dim]{_escaped(small)}[/dim]" if small else text


def _escaped(text: str) -> str:
    return text.replace("[", "\\[")


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:.4g}"
    if isinstance(value, tuple | list):
        return ", ".join(map(str, value))
    return _escaped(str(value))


def _console() -> Console:
    console = Console()
    return console if console.is_terminal else Console(width=200)
