from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medspatial.language.unwrap import unwrap

QUESTION = "Which kidney is larger?"


@pytest.mark.parametrize(
    ("reply", "text", "removed"),
    [
        ("Left kidney", "Left kidney", ()),
        ("<think>right?</think>left", "left", ("reasoning",)),
        ("so it is</think>left", "left", ("reasoning",)),
        ("<think>never closed", "", ("a thought without an end",)),
        ("<answer>left</answer> done", "left", ("answer tag",)),
        ('{"answer": "left"}', "left", ("JSON",)),
        ('{"why": "x", "Final_Answer": ["left", "right"]}', "left and right", ("JSON",)),
        ('{"answer": true}', "yes", ("JSON",)),
        ("{'answer': 'left', 'why': 3}", "left", ("JSON",)),
        ('{"note": "left"}', '{"note": "left"}', ()),
        ("```\nleft\n```", "left", ("code fence",)),
        ("\\boxed{\\text{left}}", "left", ("\\boxed",)),
        ("left</s>", "left", ("special tokens",)),
        ("<|im_start|>assistant: left<|im_end|>", "left", ("special tokens",)),
        ("**left** kidney", "left kidney", ("Markdown",)),
        ("## Answer\n- left", "Answer\nleft", ("Markdown",)),
        ("Which kidney is larger? Left.", "Left.", ("repeated question",)),
        ("USER: which?\nASSISTANT: left", "left", ("chat turns",)),
        ("left.Question: and now?", "left.", ("chat turns",)),
        ("Q: Which kidney is larger?\nA: left", "left", ("chat turns", "repeated question")),
        ("A: left kidney", "A: left kidney", ()),
        ("- 30 HU", "- 30 HU", ()),
        ("> 3 cm", "> 3 cm", ()),
        ('"left"', "left", ()),
    ],
)
def test_wrappers(reply, text, removed):
    got = unwrap(reply, QUESTION)
    assert (got.text, got.removed) == (text, removed)


def test_endless_replies_keep_both_ends():
    got = unwrap("left " + "x" * 50_000 + " right", QUESTION)
    assert got.text.startswith("left x")
    assert got.text.endswith("x right")
    assert len(got.text) < 5000
    assert got.removed == ("the middle of 50011 characters",)


@given(st.text(max_size=200))
def test_any_text_is_unwrapped_without_error(text):
    got = unwrap(text, QUESTION)
    assert got.text == got.text.strip()


@given(st.text(alphabet="abcdefg hij,", min_size=1, max_size=40))
def test_plain_text_stays_as_it_is(text):
    assert unwrap(text, QUESTION).text == text.strip()
