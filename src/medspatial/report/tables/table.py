"""A table: text cells for readers, raw figures for machines."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal


@dataclass(frozen=True)
class Cell:
    """One cell: the figure, and its interval or other small print."""

    main: str
    small: str = ""
    strong: bool = False

    @property
    def text(self) -> str:
        """The cell on one line: ``71.2 (64.1–77.5)``."""
        return f"{self.main} ({self.small})" if self.small else self.main


@dataclass(frozen=True)
class Column:
    """A heading; figures are aligned right, words left."""

    title: str
    align: Literal["left", "right"] = "right"


@dataclass(frozen=True)
class Table:
    """What a reader sees, and the same figures unrounded.

    Attributes
    ----------
    name
        File name without suffix.
    title, note
        One line above and below the table.
    columns, rows
        Formatted; every row has one cell per column.
    records
        The same content with one entry per figure group: proportions between 0 and 1, counts as
        they are, None where a figure is not defined.
    """

    name: str
    title: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    records: tuple[dict[str, Any], ...]
    note: str = ""

    def __post_init__(self) -> None:
        for row in self.rows:
            if len(row) != len(self.columns):
                raise ValueError(f"table {self.name}: {len(row)} cells for {len(self.columns)} columns")
