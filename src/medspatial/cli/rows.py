"""Reading records for a command: bad rows that are skipped are counted and listed."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TypeVar

import typer

from medspatial.records import Item, Record, RowError, read_records, stored_records

R = TypeVar("R", bound=Record)
I = TypeVar("I", bound=Item)  # noqa: E741


def stored_rows(
    path: Path, kind: type[I], *, keep_going: bool = False, beside: Path | None = None
) -> Sequence[I]:
    """Check a file of records and leave its rows there; see `medspatial.records.stored_records`."""
    skipped: list[RowError] | None = [] if keep_going else None
    rows = stored_records(path, kind, skipped=skipped, beside=beside)
    _tell_skipped(path, skipped or [], len(rows))
    return rows


def load_rows(path: Path, kind: type[R], *, keep_going: bool = False) -> list[R]:
    """Read a file of records; with ``keep_going`` list skipped rows on standard error."""
    loaded = read_records(path, kind, keep_going=keep_going)
    _tell_skipped(path, loaded.skipped, len(loaded))
    return loaded.rows


def _tell_skipped(path: Path, skipped: Sequence[RowError], kept: int) -> None:
    for error in skipped:
        typer.echo(f"skipped: {error}", err=True)
    if skipped:
        typer.echo(f"{path}: {len(skipped)} bad rows skipped, {kept} kept", err=True)
