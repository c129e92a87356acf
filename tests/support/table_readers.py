"""Reads tables back from what was written, each as rows of plain text: HTML, CSV and LaTeX."""

from __future__ import annotations

import csv
import io
import re
from html.parser import HTMLParser

from medspatial.report.tables import Table, to_csv


class _Cells(HTMLParser):
    """Text of every cell, row by row; a tag that no table of ours has is an error."""

    KNOWN = frozenset({"table", "caption", "thead", "tbody", "tr", "th", "td", "strong", "small", "p"})

    def __init__(self) -> None:
        super().__init__()
        self.rows: list[list[str]] = []
        self.outside: list[str] = []
        self._inside = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in self.KNOWN, f"<{tag}> in a table"
        assert not attrs
        if tag == "tr":
            self.rows.append([])
        elif tag in ("td", "th"):
            self.rows[-1].append("")
            self._inside = True

    def handle_endtag(self, tag: str) -> None:
        if tag in ("td", "th"):
            self._inside = False

    def handle_data(self, data: str) -> None:
        if self._inside:
            self.rows[-1][-1] += data
        else:
            self.outside.append(data)


def html_rows(table: Table) -> list[list[str]]:
    """Head and rows as a notebook shows them."""
    cells = _Cells()
    cells.feed(table._repr_html_())
    return cells.rows


def html_outside(table: Table) -> list[str]:
    """Caption, note and source as a notebook shows them."""
    cells = _Cells()
    cells.feed(table._repr_html_())
    return cells.outside


def csv_rows(table: Table) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(to_csv(table))))


_UNDONE = {
    r"\textbackslash{}": "\\", r"\textasciitilde{}": "~", r"\textasciicircum{}": "^",
    r"\textless{}": "<", r"\textgreater{}": ">", r"\textbar{}": "|",
    r"$-$": "−", r"$\pm$": "±", r"$\times$": "×", "--": "–", "~": "\u00a0",
    r"\&": "&", r"\%": "%", r"\$": "$", r"\#": "#", r"\_": "_", r"\{": "{", r"\}": "}",
}  # fmt: skip
_MARK = re.compile("|".join(map(re.escape, sorted(_UNDONE, key=len, reverse=True))))


def latex_rows(text: str) -> list[list[str]]:
    """Head and rows of a LaTeX table, with its escapes undone."""
    body = text.partition("\\toprule\n")[2].partition("\\bottomrule")[0].replace("\\midrule\n", "")
    rows = [line.strip().removesuffix(r" \\") for line in body.splitlines()]
    cells = [re.split(r"(?<!\\) & ", row) for row in rows]
    plain = [[re.sub(r"\\textbf\{((?:[^{}]|\\\{|\\\}|\{\})*)\}", r"\1", one) for one in row] for row in cells]
    return [[_MARK.sub(lambda found: _UNDONE[found[0]], one) for one in row] for row in plain]
