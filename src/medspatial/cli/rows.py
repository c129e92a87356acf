"""Reading records for a command: bad rows that are skipped are counted and listed."""

from __future__ import annotations

from pathlib import Path
from typing import TypeVar

import typer

from medspatial.records import Record, read_records

R = TypeVar("R", bound=Record)


def load_rows(path: Path, kind: type[R], *, keep_going: bool = False) -> list[R]:
    """Read a file of records; with ``keep_going`` list skipped rows on standard error."""
    loaded = read_records(path, kind, keep_going=keep_going)
    for error in loaded.skipped:
        typer.echo(f"skipped: {error}", err=True)
    if loaded.skipped:
        typer.echo(f"{path}: {len(loaded.skipped)} bad rows skipped, {len(loaded)} kept", err=True)
    return loaded.rows
