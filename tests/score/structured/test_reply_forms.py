"""Forms in which models write an answer, each judged by a person: wrappers, languages, marks, figures."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from medspatial.records import Question
from medspatial.score.structured import match

_DATA = json.loads((Path(__file__).parents[1] / "data" / "reply_forms.json").read_text(encoding="utf-8"))
_QUESTIONS = {name: Question(case_id="c", **fields) for name, fields in _DATA["questions"].items()}
_CASES = [
    (name, outcome, reply)
    for name, by_outcome in _DATA["replies"].items()
    for outcome, replies in by_outcome.items()
    for reply in replies
]


@pytest.mark.parametrize(("name", "outcome", "reply"), _CASES)
def test_a_form_is_read_as_a_person_reads_it(name: str, outcome: str, reply: str) -> None:
    verdict = match(_QUESTIONS[name], reply)
    assert verdict.outcome == outcome, (verdict.rule, verdict.reason)
