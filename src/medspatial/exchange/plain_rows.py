"""Answers as the field's scripts write them: plain rows with the verdict in the same line."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from medspatial.files import write_text
from medspatial.records import Score


def write_plain_rows(path: str | Path, scores: Iterable[Score]) -> int:
    """Write JSONL of ``image_path``, ``question``, ``prediction``, ``answer``, ``correct``; return how many.

    Rows without an image have ``case_id`` in its place; ``correct`` is null where a metric gives no verdict.
    Questions whose prediction failed are left out: they have no answer.
    """
    rows = [_row(score) for score in scores if score.prediction is not None]
    text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    write_text(Path(path), text)
    return len(rows)


def _row(score: Score) -> dict[str, Any]:
    case = {"image_path": score.image_path} if score.image_path else {"case_id": score.case_id}
    texts = {"question": score.question, "prediction": score.prediction, "answer": score.answer}
    return {**case, **texts, "correct": score.correct}
