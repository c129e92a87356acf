"""Limits and comparisons at a limit."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medspatial.questions import margins, subtypes

positive = st.floats(1e-3, 1e4)


@pytest.mark.parametrize(
    ("figure", "limit", "dropped"),
    [(1.10, 1.10, True), (1.1000005, 1.10, True), (1.10001, 1.10, False), (1.09, 1.10, True)],
)
def test_a_figure_at_its_limit_is_dropped(figure, limit, dropped):
    assert margins.at_most(figure, limit) is dropped


def test_at_least_reaches_down_by_the_same_tolerance():
    assert margins.at_least(2.9999999, 3.0)
    assert not margins.at_least(2.9999, 3.0)


@given(positive, positive)
def test_ratio_is_symmetric_and_at_least_one(a, b):
    assert margins.ratio_of(a, b) == margins.ratio_of(b, a) >= 1


def test_ratio_to_nothing_is_infinite():
    assert margins.ratio_of(0.0, 2.0) == float("inf")


@pytest.mark.parametrize(
    ("smaller", "vmax", "limit"), [(0.0, 1.0, 5.0), (0.0, 4.0, 8.0), (100.0, 1.0, 20.0), (25.0, 1.0, 5.0)]
)
def test_distance_gap_is_the_largest_of_three(smaller, vmax, limit):
    assert margins.DISTANCE_GAP.mm(vmax=vmax, size=smaller) == limit


def test_sure_distance():
    assert margins.SURE_DISTANCE.mm(vmax=1.0) == 6.0
    assert margins.SURE_DISTANCE.mm(vmax=5.0) == 10.0


def test_offset_grows_with_the_extent():
    assert margins.OFFSET.mm(size=20.0) == 10.0
    assert margins.OFFSET.mm(size=80.0) == 20.0


def test_a_limit_says_its_own_terms():
    limit = margins.Largest({"mm": 7.5, "vmax": 3.0, "share": 0.125})
    assert str(limit) == "max(7.5 mm, 3 vmax, 12.5 %)"
    assert limit.words("the smaller") == "max(7.5 mm, 3 vmax, 12.5 % of the smaller)"
    assert margins.fraction(0.5) == "half"
    assert margins.fraction(0.4) == "40 %"


def test_no_figure_is_written_by_hand_into_the_sentences_of_a_margin():
    """They come from the constants that the code compares with; 0, 1 and names such as L5 are no limits."""
    folder = Path(margins.__file__).parent
    found = [call for path in folder.glob("*.py") for call in _margins(path)]
    assert len(found) == len(subtypes())
    for call in found:
        sentences = [one.value for one in call.keywords if one.arg in ("dropped", "kept")]
        assert len(sentences) == 2
        for sentence in sentences:
            fixed = "".join(_fixed(sentence))
            assert set(re.findall(r"(?<![A-Z\d.])[\d.]*\d", fixed)) <= {"0", "1"}, fixed


def _margins(path: Path) -> list[ast.Call]:
    calls = [node for node in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(node, ast.Call)]
    return [call for call in calls if isinstance(call.func, ast.Name) and call.func.id == "Margin"]


def _fixed(sentence: ast.expr) -> list[str]:
    """The parts of a sentence outside braces."""
    parts = sentence.values if isinstance(sentence, ast.JoinedStr) else [sentence]
    return [part.value if isinstance(part, ast.Constant) else " " for part in parts]


def test_the_evidence_of_every_question_holds_the_words_of_its_margin(cohort):
    words = {one.id: one.margin.kept for one in subtypes()}
    asked = [one for case in cohort for one in case.questions]
    assert len({one.subtype for one in asked}) > 20
    assert all(one.evidence.margin_rule == words[one.subtype] for one in asked)


def test_number_tolerance_near_zero_is_two_voxels():
    assert margins.number_tolerance(4.0, 3.0) == 6.0
    assert margins.number_tolerance(100.0, 3.0) == 25.0
    assert margins.number_tolerance(4.0) == 1.0
