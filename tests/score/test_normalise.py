from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from medspatial.score import normalise, normalise_naive


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Right Kidney.", "right kidney"),
        ("right-sided", "right sided"),
        ("2.3 cm", "2.3 cm"),
        ("2,3 cm,", "2,3 cm"),
        ("-850 HU", "-850 hu"),
        ("− 850", "850"),
        ("−850", "-850"),
        ("a-5", "a 5"),
        ("<5 mm", "<5 mm"),
        ("25 %", "25 %"),
        ("ﬁssure", "fissure"),
        ("  \n", ""),
        ("...", ""),
        ("“left”", "left"),
        ("脾臓の左側", "脾臓の左側"),
    ],
)
def test_normalise(text, expected):
    assert normalise(text) == expected


def slow(text: str) -> str:
    """The rule again, character by character, from its words."""
    text = unicodedata.normalize("NFKC", text).casefold().replace("\u2212", "-")
    kept = []
    for i, c in enumerate(text):
        before, after = text[i - 1 : i] or " ", text[i + 1 : i + 2] or " "
        punctuation = unicodedata.category(c).startswith("P") and c != "%"
        point = c in ".," and before.isdigit() and after.isdigit()
        sign = c == "-" and before.isspace() and after.isdigit()
        kept.append(" " if punctuation and not (point or sign) else c)
    return " ".join("".join(kept).split())


@settings(deadline=None)
@given(
    st.text(
        alphabet=st.one_of(st.sampled_from("ab1 .,-%'\"<>=/:;()[]{}\\@#&*!?$^`|~_\n\u2212"), st.characters())
    )
)
def test_normalise_follows_the_rule_for_any_text(text):
    assert normalise(text) == slow(text)


@given(st.text())
def test_normalise_twice_changes_nothing_but_signs(text):
    once = normalise(text)
    assert normalise(once).replace("-", "").split() == once.replace("-", "").split()


def test_the_naive_rule_deletes_points_and_signs():
    assert normalise_naive("2.3 cm") == normalise_naive("23 cm")
    assert normalise_naive("-850 HU") == normalise_naive("850 HU")
    assert normalise_naive("right-sided") == "rightsided"
