"""The one place where text goes to a terminal through ``rich``: as it is, never read as markup or emoji.

Names come from models, files and people: ``judge:gemini:flash`` and ``[red]`` are names, not formatting.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress, TaskID
    from rich.text import Text

_WIDE = 200  # columns where nobody looks at a terminal: a file or a pipe


@dataclass(frozen=True)
class Line:
    """Text in one style: ``plain``, ``strong`` or ``faint``."""

    text: str
    style: Literal["plain", "strong", "faint"] = "plain"


TableCell = Sequence[Line]
"""Lines below each other."""


def print_table(
    heads: Sequence[tuple[str, Literal["left", "right"]]],
    rows: Iterable[Sequence[TableCell]],
    title: str | None = None,
) -> None:
    """Print a table on standard output; long cells are folded, none is cut.

    Parameters
    ----------
    heads
        Title and alignment of each column.
    """
    from rich.table import Table

    table = Table(title=_text([Line(title, "strong")]) if title else None, title_justify="left")
    table.box, table.pad_edge = None, False
    for name, align in heads:
        table.add_column(_text([Line(name, "strong")]), justify=align, overflow="fold")
    for row in rows:
        table.add_row(*map(_text, row))
    console().print(table)


def console(*, stderr: bool = False) -> Console:
    """Return a console that takes text as it is; wide where it is no terminal."""
    from rich.console import Console

    found = Console(stderr=stderr, markup=False, emoji=False, highlight=False)
    if found.is_terminal:
        return found
    return Console(stderr=stderr, markup=False, emoji=False, highlight=False, width=_WIDE)


@contextmanager
def progress_bar(label: str, total: int) -> Iterator[Bar]:
    """Show a bar on standard error, which must be a terminal."""
    from rich import progress as bars

    columns = (
        bars.TextColumn("{task.description}", markup=False),
        bars.BarColumn(),
        bars.MofNCompleteColumn(),
        bars.TimeRemainingColumn(),
        bars.TextColumn("{task.fields[note]}", markup=False),
    )
    with bars.Progress(*columns, console=console(stderr=True)) as shown:
        yield Bar(shown, shown.add_task(label, total=total, note=""))


class Bar:
    """A bar that is shown."""

    def __init__(self, shown: Progress, task: TaskID) -> None:
        self._shown, self._task = shown, task

    def advance(self, steps: int = 1, note: str = "") -> None:
        """Count finished steps."""
        self._shown.update(self._task, advance=steps, note=note)


def _text(cell: TableCell) -> Text:
    from rich.text import Text

    styles = {"plain": "", "strong": "bold", "faint": "dim"}
    return Text("\n").join(Text(line.text, style=styles[line.style]) for line in cell)
