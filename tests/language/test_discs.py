"""Discs as one place between two vertebrae."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medspatial.language.discs import disc_named, find_discs

LEVELS = [f"C{n}" for n in range(1, 8)] + [f"T{n}" for n in range(1, 13)]
LEVELS += [f"L{n}" for n in range(1, 6)] + ["S1"]


@given(st.integers(0, len(LEVELS) - 2), st.sampled_from(["{}-{}", "{}/{}", "{} - {}", "between {} and {}"]))
def test_neighbours_in_any_writing_are_a_disc(place: int, form: str) -> None:
    upper, lower = LEVELS[place : place + 2]
    text = form.format(upper, lower)
    assert disc_named(text) == disc_named(text.lower()) == f"{upper}-{lower}"


@given(st.sampled_from(LEVELS), st.sampled_from(LEVELS))
def test_other_pairs_are_none(upper: str, lower: str) -> None:
    neighbours = LEVELS.index(lower) - LEVELS.index(upper) == 1
    assert bool(find_discs(f"at {upper}-{lower}")) == neighbours


@pytest.mark.parametrize("text", ["L4", "L4-L5 and L5-S1", "a cyst at L4-L5", "L4 and L5", ""])
def test_a_place_that_is_more_or_less_than_a_disc(text: str) -> None:
    assert disc_named(text) is None
