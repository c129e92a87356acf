"""What tells early that a reply marks no option never changes what is read."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from medspatial.language import letters, marked
from medspatial.language.letters import without_listing
from medspatial.language.marked import option_marks

OPTIONS = st.sampled_from(
    [
        ("left", "right"),
        ("liver", "spleen", "aorta", "left kidney"),
        ("yes", "no"),
        ("the liver", "pancreas", "5 mm", "10 mm"),
        ("Left lung", "Right lung", "(A) x", "b"),
        ("1", "0"),
        ("Größe", "Kleiner", "ſ"),
    ]
)
PIECES = st.sampled_from(
    [
        *(
            "yes",
            "No",
            "true",
            "wrong",
            "✓",
            "✗",
            "[x]",
            "[ ]",
            "1",
            "0",
            "Y",
            "N",
            "not likely",
            "is ",
            "the ",
            "The ",
        ),
        *(
            "A",
            "B",
            "d)",
            "A:",
            "(B)",
            "option A",
            "- ",
            "* ",
            "1. ",
            ": ",
            ", ",
            "; ",
            "\n",
            " | ",
            " — ",
            "therefore",
        ),
        *(" ", ".", "left", "RIGHT", "liver", "Spleen", "left kidney", "5 mm", "pancreas", "Größe", "S"),
    ]
)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])  # patterns are built on the way
@given(OPTIONS, st.lists(PIECES, max_size=14).map("".join))
def test_marks_are_those_that_the_patterns_find(options: tuple[str, ...], text: str) -> None:
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(marked, "_may_mark", lambda part, options: True)
        expected = option_marks(text, options)
    assert option_marks(text, options) == expected


@given(
    OPTIONS, st.sampled_from(["{}: {}\n", "{}) {}, ", "({}) {}. "]), st.sampled_from(["yes", "✗", "no ", ""])
)
def test_lists_of_options_are_read(options: tuple[str, ...], form: str, mark: str) -> None:
    text = "".join(form.format(f"{'ABCD'[n]}" if n % 2 else option, mark) for n, option in enumerate(options))
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(marked, "_may_mark", lambda part, options: True)
        expected = option_marks(text, options)
    assert option_marks(text, options) == expected


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])  # patterns are built on the way
@given(OPTIONS, st.lists(PIECES, max_size=8).map("".join), st.booleans())
def test_a_listing_is_taken_out_as_its_pattern_says(
    options: tuple[str, ...], text: str, listed: bool
) -> None:
    lines = "\n".join(f"{'ABCD'[n]}. {option.upper()}" for n, option in enumerate(options))
    text = f"{lines}\n{text}" if listed else text
    expected = text
    if len(text) >= sum(map(len, options)):
        expected = letters._listing(options).sub(" ", text).strip()
    assert without_listing(text, options) == expected
