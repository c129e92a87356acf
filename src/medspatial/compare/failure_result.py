"""In which ways answers are wrong: classes with counts, and confusions."""

from __future__ import annotations

from typing import Literal

from medspatial.records import Record


class FailureCount(Record):
    """How often one failure class occurs for one model, arm and category (None: all)."""

    model: str
    arm: str
    category: str | None = None
    failure: str
    count: int
    share: float


class Confusion(Record):
    """Counts of reference answer (rows) against given answer (columns).

    ``columns`` are ``labels`` and, behind them, ``"other"`` and ``"no answer"``.
    """

    model: str
    arm: str
    kind: Literal["side", "structure", "level"]
    labels: tuple[str, ...]
    columns: tuple[str, ...]
    counts: tuple[tuple[int, ...], ...]
