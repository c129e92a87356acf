"""Replies in the styles of many families of models, with verdicts written before the rules were seen."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from medspatial.records import Prediction
from medspatial.score import metric

DATA = Path(__file__).parents[1] / "data"


@pytest.mark.parametrize(
    ("name", "replies", "misses"),
    [
        ("reply_round", 201, 5),
        ("reply_round_2", 200, 3),
        ("reply_round_3", 200, 0),
        ("reply_round_4", 200, 11),
        ("reply_round_5", 200, 12),
        ("reply_round_6", 200, 11),
        ("reply_round_7", 198, 3),
        ("reply_kinds", 508, 9),
    ],
)
def test_all_but_the_documented_misses_are_right(name, replies, misses):
    written = json.loads((DATA / f"{name}.json").read_text(encoding="utf-8"))
    structured, missed = metric("structured"), []
    for family, key, reply, expected in written["replies"]:
        row = Prediction(case_id="c", prediction=reply, model=family, **written["questions"][key])
        score = structured.score([row])[0]
        verdict = score.status
        if verdict == "scored":
            verdict = "correct" if score.correct else "incorrect"
        if verdict != expected:
            missed.append(f"{family}: {reply}")
    assert len(written["replies"]) == replies
    assert len(missed) <= misses, missed
