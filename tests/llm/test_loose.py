"""Verdicts of judges without a schema mode, in the forms that say all that matters."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medspatial.llm.schema import parse_structured

VERDICT: dict[str, Any] = {
    "type": "object",
    "properties": {
        "reason": {"type": "string"},
        "extracted_answer": {"type": "string"},
        "verdict": {"type": "string", "enum": ["correct", "incorrect", "unanswered"]},
    },
    "required": ["reason", "extracted_answer", "verdict"],
    "additionalProperties": False,
}
MAY_MISS = ("reason", "extracted_answer")
FORMS = [
    ('[{"reason": "r", "verdict": "correct"}]', "r", "correct"),
    ('{"result": {"reason": "r", "verdict": "incorrect"}}', "r", "incorrect"),
    ("reason: it matches\nverdict: correct", "it matches", "correct"),
    ("Reason: it matches.\n**Verdict:** correct", "it matches.", "correct"),
    ("## Verdict: Unanswered", "", "unanswered"),
    ("- **Reason**: a\n- **Extracted answer**: left\n- **Verdict**: Incorrect", "a", "incorrect"),
    ("```yaml\nreason: r\nverdict: correct\n```", "r", "correct"),
    ("<reason>r</reason>\n<verdict>correct</verdict>", "r", "correct"),
    ("<think>verdict: incorrect?</think>\nverdict: correct", "", "correct"),
    ("correct", "", "correct"),
    ("**Incorrect**.", "", "incorrect"),
    ('The verdict is "correct".', "", "correct"),
    ('{"reason": "it says "left" here", "verdict": "correct"}', 'it says "left" here', "correct"),
    ('{"reason": "r", "verdict": "correct"', "r", "correct"),
    ('{reason: "r", verdict: "correct"}', "r", "correct"),
    ("{\u201creason\u201d: \u201cr\u201d, \u201cverdict\u201d: \u201ccorrect\u201d}", "r", "correct"),
]


@pytest.mark.parametrize(("text", "reason", "verdict"), FORMS)
def test_a_verdict_is_read(text: str, reason: str, verdict: str) -> None:
    value = parse_structured(text, VERDICT, MAY_MISS)
    assert (value["reason"], value["verdict"]) == (reason, verdict)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "correct or incorrect",
        "It is hard to say.",
        "verdict: correct\nverdict: incorrect",
        "The verdict is correct. No, the verdict is incorrect.",
        '{"reason": "r", "verdict": true}',
        '[{"verdict": "correct"}, {"verdict": "incorrect"}]',
        "verdict: right",
    ],
)
def test_what_says_nothing_or_two_things_is_no_verdict(text: str) -> None:
    with pytest.raises(ValueError, match=r"reply|JSON"):
        parse_structured(text, VERDICT, MAY_MISS)


def test_what_must_be_there_is_not_filled_in() -> None:
    with pytest.raises(ValueError, match="'extracted_answer' is required"):
        parse_structured('{"reason": "r", "verdict": "correct"}', VERDICT)


@given(st.text(max_size=200), st.sampled_from(["correct", "incorrect"]))
def test_whatever_the_reason_says_the_verdict_stays(reason: str, verdict: str) -> None:
    value = parse_structured(json.dumps({"reason": reason, "verdict": verdict}), VERDICT, MAY_MISS)
    assert value == {"reason": reason, "extracted_answer": "", "verdict": verdict}
