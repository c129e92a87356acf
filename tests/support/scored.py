"""What became of a row of a score file."""

from __future__ import annotations

from typing import Any


def verdict(row: dict[str, Any]) -> str:
    """Correct, wrong, or the status of a row that has neither."""
    if row.get("status", "scored") != "scored":
        return str(row["status"])
    return "correct" if row["correct"] else "wrong"
