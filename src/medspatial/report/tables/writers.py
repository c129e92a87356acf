"""A table as Markdown, CSV, LaTeX (booktabs) or JSON."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from medspatial.errors import InputError
from medspatial.report.tables.table import Cell, Table

_LATEX = str.maketrans(
    {
        "\\": r"\textbackslash{}",
        "&": r"\&",
        "%": r"\%",
        "$": r"\$",
        "#": r"\#",
        "_": r"\_",
        "{": r"\{",
        "}": r"\}",
        "~": r"\textasciitilde{}",
        "^": r"\textasciicircum{}",
        "<": r"\textless{}",
        ">": r"\textgreater{}",
        "|": r"\textbar{}",
        "–": "--",
        "−": r"$-$",
        "±": r"$\pm$",
        "×": r"$\times$",
        "\u00a0": "~",
        "\n": " ",
    }
)
_MARKDOWN = str.maketrans(
    {mark: f"\\{mark}" for mark in "\\`*_[]|#~$"}
    | {"<": "&lt;", ">": "&gt;", "&": "&amp;", "\n": " ", "\r": " "}
)


def to_markdown(table: Table) -> str:
    """Write the table for GitHub and documentation; special characters are escaped."""
    heads = [column.title.translate(_MARKDOWN) for column in table.columns]
    rules = ["---:" if column.align == "right" else ":---" for column in table.columns]
    lines = [heads, rules, *([_markdown_cell(cell) for cell in row] for row in table.rows)]
    body = "\n".join(f"| {' | '.join(line)} |" for line in lines)
    note = "".join(f"\n\n{text.translate(_MARKDOWN)}" for text in (table.note, table.source) if text)
    return f"**{table.title.translate(_MARKDOWN)}**\n\n{body}{note}\n"


def to_latex(table: Table) -> str:
    """Write a ``table`` environment that needs ``\\usepackage{booktabs}``; special characters are escaped."""
    aligns = "".join("r" if column.align == "right" else "l" for column in table.columns)
    heads = " & ".join(column.title.translate(_LATEX) for column in table.columns)
    rows = "\n".join("  " + " & ".join(_latex_cell(cell) for cell in row) + r" \\" for row in table.rows)
    small = (text for text in (table.note, table.source) if text)
    note = "".join(f"\n\\par\\footnotesize {text.translate(_LATEX)}" for text in small)
    return (
        "\\begin{table}\n\\centering\n"
        f"\\caption{{{table.title.translate(_LATEX)}}}\n\\label{{tab:{table.name}}}\n"
        f"\\begin{{tabular}}{{{aligns}}}\n\\toprule\n  {heads} \\\\\n\\midrule\n{rows}\n\\bottomrule\n"
        f"\\end{{tabular}}{note}\n\\end{{table}}\n"
    )


def to_csv(table: Table) -> str:
    """Write the unrounded figures, one record per line; an empty cell is a figure that is not defined.

    What a record groups has a column each (``interval_low``); what it lists is joined by semicolons.
    """
    rows = [dict(_flat(record)) for record in table.records]
    grouped = {name for record in table.records for name, value in record.items() if isinstance(value, dict)}
    columns = dict.fromkeys(name for row in rows for name in row if name not in grouped)
    stream = io.StringIO()
    writer = csv.DictWriter(stream, list(columns), lineterminator="\n", extrasaction="ignore")
    writer.writeheader()
    writer.writerows(rows)
    return stream.getvalue()


def _flat(record: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for name, value in record.items():
        if isinstance(value, dict):
            yield from ((f"{name}_{key}", part) for key, part in _flat(value))
        elif isinstance(value, list | tuple):
            yield name, "; ".join(map(str, value))
        else:
            yield name, value


def to_json(table: Table) -> str:
    """Write title, note, source and unrounded figures."""
    content = {
        "name": table.name,
        "title": table.title,
        "note": table.note,
        **({"source": table.source} if table.source else {}),
        "records": table.records,
    }
    return json.dumps(content, ensure_ascii=False, indent=1) + "\n"


_WRITERS: dict[str, Callable[[Table], str]] = {
    "md": to_markdown,
    "csv": to_csv,
    "tex": to_latex,
    "json": to_json,
}
TABLE_FORMATS = tuple(_WRITERS)


def write_tables(
    folder: str | Path, tables: Iterable[Table], formats: Iterable[str] = TABLE_FORMATS
) -> list[Path]:
    """Write each table in each format as ``<folder>/<name>.<format>``.

    Raises
    ------
    InputError
        An unknown format.
    """
    folder = Path(folder)
    formats = tuple(formats)
    for name in formats:
        if name not in _WRITERS:
            raise InputError(f"table format must be one of {', '.join(_WRITERS)}; got {name!r}")
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for table in tables:
        for name in formats:
            path = folder / f"{table.name}.{name}"
            path.write_text(_WRITERS[name](table), encoding="utf-8", newline="\n")
            written.append(path)
    return written


def _markdown_cell(cell: Cell) -> str:
    text = cell.text.translate(_MARKDOWN)
    return f"**{text}**" if cell.strong else text


def _latex_cell(cell: Cell) -> str:
    main = cell.main.translate(_LATEX)
    main = f"\\textbf{{{main}}}" if cell.strong else main
    return f"{main} ({cell.small.translate(_LATEX)})" if cell.small else main
