"""Patterns of question texts."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medspatial.errors import InputError
from medspatial.inputs import CONVENTION, Query, Wording

CLOSED = Query("q", "Which {side}?", ("left", "right"))


def test_the_default_prompt_is_the_querys() -> None:
    assert Wording().text(CLOSED) == CLOSED.prompt()
    assert Wording().text(CLOSED).startswith(CONVENTION)


def test_parts_stand_where_the_pattern_says() -> None:
    assert Wording("{question}\n{options}\nOne word.").text(CLOSED) == (
        "Which {side}?\nA. left\nB. right\nOne word."
    )
    assert Wording("Q: {question}{options}").text(Query("q", "Why?")) == "Q: Why?"


@pytest.mark.parametrize("pattern", ["{answer}", "{prompt} {0}", "{", "{prompt.x.y}"])
def test_unknown_places_are_refused(pattern: str) -> None:
    with pytest.raises(InputError, match=r"may hold \{question\}, \{options\} and \{prompt\}, got"):
        Wording(pattern)


@given(text=st.text(alphabet=st.characters(blacklist_characters="{}")))
def test_a_pattern_without_the_question_is_refused(text: str) -> None:
    with pytest.raises(InputError, match=r"needs \{question\} or \{prompt\}"):
        Wording(text)
