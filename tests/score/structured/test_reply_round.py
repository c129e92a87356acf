"""Replies in the styles of many families of models, with verdicts written before the rules were seen."""

from __future__ import annotations

import json
from pathlib import Path

from medspatial.records import Prediction
from medspatial.score import metric

ROUND = json.loads((Path(__file__).parents[1] / "data" / "reply_round.json").read_text(encoding="utf-8"))


def test_all_but_the_documented_misses_are_right():
    structured, missed = metric("structured"), []
    for family, key, reply, expected in ROUND["replies"]:
        row = Prediction(case_id="c", prediction=reply, model=family, **ROUND["questions"][key])
        score = structured.score([row])[0]
        verdict = score.status
        if verdict == "scored":
            verdict = "correct" if score.correct else "incorrect"
        if verdict != expected:
            missed.append(f"{family}: {reply}")
    assert len(ROUND["replies"]) == 201
    assert len(missed) <= 8, missed
