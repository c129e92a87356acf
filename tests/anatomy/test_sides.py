"""The exchange of left and right in names and words."""

from __future__ import annotations

import doctest
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medspatial.language.sides import exchange_sides


@pytest.mark.parametrize(
    ("text", "mirrored"),
    [
        ("Is the left kidney larger?", "Is the right kidney larger?"),
        ("Left or RIGHT?", "Right or LEFT?"),
        ("the copyright bright leftover", "the copyright bright leftover"),
        ("rıght", "rıght"),
        ("upper lobe of the right lung", "upper lobe of the left lung"),
    ],
)
def test_exchange_of_sides_respects_words_and_case(text: str, mirrored: str) -> None:
    assert exchange_sides(text) == mirrored


@given(st.text())
def test_exchange_of_sides_twice_changes_nothing(text: str) -> None:
    assert exchange_sides(exchange_sides(text)) == text


def test_docstring_examples() -> None:
    assert doctest.testmod(sys.modules[exchange_sides.__module__]).failed == 0
