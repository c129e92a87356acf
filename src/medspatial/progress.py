"""Progress for people and for log files: a bar on a terminal, a plain line now and then elsewhere."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Protocol

_PLAIN_EVERY_S = 10.0
MOST_LINES = 20


def capped(lines: Iterable[str], most: int = MOST_LINES) -> Iterator[str]:
    """Yield the first lines of a listing that may be long, and then how many more there are."""
    more = 0
    for at, line in enumerate(lines):
        if at < most:
            yield line
        more = max(0, at + 1 - most)
    if more:
        yield f"... and {more} more"


class Progress(Protocol):
    """Where a stage reports how far it is."""

    def advance(self, steps: int = 1, note: str = "") -> None:
        """Count finished steps."""


class Silent:
    """Report nothing: the default in Python code."""

    def advance(self, steps: int = 1, note: str = "") -> None:
        """Do nothing."""


class _Plain:
    def __init__(self, label: str, total: int) -> None:
        self.label, self.total, self.done = label, total, 0
        self.started = self.printed = time.monotonic()

    def advance(self, steps: int = 1, note: str = "") -> None:
        self.done += steps
        now = time.monotonic()
        if now - self.printed < _PLAIN_EVERY_S and self.done < self.total:
            return
        self.printed = now
        text = f"{self.label}: {self.done}/{self.total} after {now - self.started:.0f} s"
        print(f"{text} ({note})" if note else text, file=sys.stderr, flush=True)


@contextmanager
def progress(label: str, total: int) -> Iterator[Progress]:
    """Show progress on standard error: a bar on a terminal, else at most one line in ten seconds."""
    if not sys.stderr.isatty():
        yield _Plain(label, total)
        return
    from medspatial.terminal import progress_bar

    with progress_bar(label, total) as bar:
        yield bar
