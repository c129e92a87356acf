"""Scores made for tests."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pytest

from medspatial.records import Score

MakeScores = Callable[..., list[Score]]


@pytest.fixture
def make_scores() -> MakeScores:
    """Return a function that makes one score per verdict.

    ``verdicts`` is one sequence per model: 1, 0, None (unscored) or "?" (unanswered) per question; a
    model without a verdict for a question is given "-".
    """

    def make(
        verdicts: dict[str, Sequence[Any]],
        patients: Sequence[str] | None = None,
        **fields: Any,
    ) -> list[Score]:
        scores = []
        for model, row in verdicts.items():
            for number, verdict in enumerate(row):
                if verdict == "-":
                    continue
                status = {None: "unscored", "?": "unanswered"}.get(verdict, "scored")
                facts: dict[str, Any] = {
                    "id": f"q{number}",
                    "case_id": patients[number] if patients else f"p{number}",
                    "question": f"question {number}",
                    "answer": "left",
                    "model": model,
                    "metric": "exact",
                    "status": status,
                    "score": float(verdict) if status == "scored" else None,
                    "correct": bool(verdict) if status == "scored" else None,
                }
                facts |= {
                    name: value[number] if isinstance(value, list) else value
                    for name, value in fields.items()
                }
                scores.append(Score(**facts))
        return scores

    return make
