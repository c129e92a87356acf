"""Structured replies: JSON out of text, and the rules of a schema."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from medspatial.errors import InputError
from medspatial.llm.schema import check_schema, parse_structured, schema_in_words

OBJECT = {
    "type": "object",
    "properties": {"a": {"type": "integer"}, "b": {"type": "string", "enum": ["x", "y"]}},
    "required": ["a"],
    "additionalProperties": False,
}
SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=9)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
)


@pytest.mark.parametrize(
    "text",
    [
        '{"a": 1}',
        ' {"a": 1}\n',
        '```json\n{"a": 1}\n```',
        '```\n{"a": 1}\n```',
        'Here it is: {"a": 1}. Is that right?',
        '{"a": 1.0}',
    ],
)
def test_an_object_is_found(text: str) -> None:
    assert parse_structured(text, OBJECT) == {"a": 1}


VERDICT: dict[str, Any] = {
    "type": "object",
    "properties": {
        "reason": {"type": "string"},
        "answer": {"type": "string"},
        "verdict": {"type": "string", "enum": ["correct", "incorrect"]},
    },
    "required": ["reason", "answer", "verdict"],
    "additionalProperties": False,
}


@pytest.mark.parametrize(
    "text",
    [
        '<think>\nDraft {left}.\n</think>\n\n{"reason": "r", "answer": "a", "verdict": "correct"}',
        '{"reason": "r", "answer": "a", "verdict": "Correct"}',
        '{"Reason": "r", "ANSWER": "a", "Verdict": "CORRECT."}',
        '{"reason": "r", "answer": "a", "verdict": "correct", "confidence": 0.9}',
        '```json\n{"reason": "r", "answer": "a", "verdict": "correct"}\n```\nDone {end}',
        "{'reason': 'r', 'answer': 'a', 'verdict': 'correct'}",
        '{"reason": "r", "answer": "a", "verdict": "correct",}',
        'First {"x": 1}; then {"reason": "r", "answer": "a", "verdict": "correct"}',
        2 * '{"reason": "r", "answer": "a", "verdict": "correct"} ',
        '<unused94>thought {x}<unused95>{"reason": "r", "answer": "a", "verdict": "correct"}<end_of_turn>',
    ],
)
def test_verdicts_in_the_forms_of_judges_without_a_schema_mode(text: str) -> None:
    assert parse_structured(text, VERDICT) == {"reason": "r", "answer": "a", "verdict": "correct"}


def test_latex_null_and_braces_inside_quotes() -> None:
    text = r'{"reason": "\(x\) and \mu {b}", "answer": null, "verdict": "incorrect"}'.replace("\\\\", "\\")
    found = parse_structured(text, VERDICT)
    assert (found["answer"], found["verdict"]) == ("", "incorrect")
    assert "{b}" in found["reason"]


def test_two_verdicts_in_one_reply_are_none() -> None:
    one = '{"reason": "r", "answer": "a", "verdict": "correct"}'
    with pytest.raises(ValueError, match="2 values fit the schema and differ"):
        parse_structured(f"{one}\nNo: {one.replace('correct', 'incorrect')}", VERDICT)


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", "not JSON"),
        ("no", "not JSON"),
        ('{"a": 1', "not JSON"),
        ("[]", "must be object, got"),
        ('{"a": "1"}', r"reply.a: must be integer, got '1'"),
        ('{"a": true}', "reply.a: must be integer, got True"),
        ('{"a": 1.5}', "reply.a: must be integer"),
        ('{"b": "x"}', "field 'a' is required"),
        ('{"a": 1, "b": "z"}', r"reply.b: must be one of \['x', 'y'\], got 'z'"),
        ('{"a": 1} or rather {"a": 2}', "2 values fit the schema and differ"),
        ('{"a": 1, "A": 2}', "unknown field 'A'"),
    ],
)
def test_the_fault_is_named_with_its_place(text: str, fault: str) -> None:
    with pytest.raises(ValueError, match=fault):
        parse_structured(text, OBJECT)


@pytest.mark.parametrize(
    ("schema", "good", "bad"),
    [
        ({"type": ["string", "null"]}, None, 1),
        ({"const": 3}, 3, 4),
        ({"anyOf": [{"type": "integer"}, {"type": "null"}]}, None, "x"),
        ({"type": "array", "items": {"type": "string"}, "minItems": 1, "maxItems": 2}, ["a"], [1]),
        ({"type": "array", "minItems": 1}, [0], []),
        ({"type": "array", "maxItems": 1}, [0], [0, 1]),
        ({"type": "number", "minimum": 0, "maximum": 1}, 0.5, 1.5),
        ({"type": "number", "minimum": 0}, 0, -1),
        ({"type": "string", "minLength": 2, "maxLength": 3}, "ab", "a"),
        ({"type": "string", "maxLength": 3}, "abc", "abcd"),
        ({"type": "string", "pattern": "^[LR]$"}, "L", "LR"),
    ],
)
def test_each_rule_can_fail(schema: dict[str, Any], good: Any, bad: Any) -> None:
    check_schema(schema)
    assert parse_structured(json.dumps(good), schema) == good
    with pytest.raises(ValueError, match="reply"):
        parse_structured(json.dumps(bad), schema)


@pytest.mark.parametrize(
    ("schema", "message"),
    [
        ({"allOf": []}, "schema: rule 'allOf' is not supported"),
        ({"type": "text"}, "schema.type: must be one of object, .*, got 'text'"),
        ({"additionalProperties": {"type": "string"}}, "must be true or false"),
        ({"properties": {"a": {"format": "date"}}}, "schema.a: rule 'format'"),
        ({"items": {"$ref": "#"}}, "rule '\\$ref'"),
        ({"anyOf": [{"not": {}}]}, "rule 'not'"),
    ],
)
def test_a_rule_that_is_not_checked_is_refused(schema: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        check_schema(schema)


@given(VALUES)
@settings(max_examples=50, deadline=None)
def test_without_rules_every_value_comes_back(value: Any) -> None:
    assert parse_structured(json.dumps(value), {}) == value


@given(st.text(max_size=60))
@settings(max_examples=50, deadline=None)
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        found = parse_structured(text, OBJECT)
    except ValueError:
        return
    assert isinstance(found["a"], int | float)


def test_the_schema_in_words_holds_the_schema() -> None:
    assert json.dumps(OBJECT) in schema_in_words(OBJECT)
