"""A table: text cells for readers, raw figures for machines."""

from __future__ import annotations

from dataclasses import dataclass, replace
from html import escape
from typing import Any, Literal
from urllib.parse import urlencode


@dataclass(frozen=True)
class Cell:
    """One cell: the figure, and its interval or other small print.

    Attributes
    ----------
    find
        Which questions the cell is about, as filters of the page's question browser: ``model``,
        ``category``, ``subtype``, ``patient``, ``answer``, ``verdict``, ``failure``; ``right`` and ``wrong``
        (models); ``first`` and ``second`` (models, one of them right); with a model ``arm``, ``kind`` and
        ``pair`` (what became of the answer in that arm), and ``part`` (of visual grounding). Empty for a cell
        about no questions.
    """

    main: str
    small: str = ""
    strong: bool = False
    find: tuple[tuple[str, str], ...] = ()

    @property
    def text(self) -> str:
        """The cell on one line: ``71.2 (64.1–77.5)``."""
        return f"{self.main} ({self.small})" if self.small else self.main

    @property
    def address(self) -> str:
        """Where the page shows the cell's questions; empty without any."""
        return f"#find?{urlencode(self.find)}" if self.find else ""

    def about(self, **find: str | None) -> Cell:
        """Return the cell with the questions that it is about; filters without a value are left out."""
        return replace(self, find=tuple((name, value) for name, value in find.items() if value))


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
    source
        Hashes of what the figures were made from, under the note.
    """

    name: str
    title: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    records: tuple[dict[str, Any], ...]
    note: str = ""
    source: str = ""

    def __post_init__(self) -> None:
        for row in self.rows:
            if len(row) != len(self.columns):
                raise ValueError(f"table {self.name}: {len(row)} cells for {len(self.columns)} columns")

    def _repr_html_(self) -> str:
        """The table as a notebook shows it."""
        heads = "".join(f"<th>{escape(column.title)}</th>" for column in self.columns)
        rows = "".join(f"<tr>{''.join(map(_cell_html, row))}</tr>" for row in self.rows)
        small = (f"<p><small>{escape(text)}</small></p>" for text in (self.note, self.source) if text)
        note = "".join(small)
        caption = f"<caption>{escape(self.title)}</caption>"
        return f"<table>{caption}<thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>{note}"


def _cell_html(cell: Cell) -> str:
    main = f"<strong>{escape(cell.main)}</strong>" if cell.strong else escape(cell.main)
    return f"<td>{main}{f' <small>{escape(cell.small)}</small>' if cell.small else ''}</td>"
