"""Options: shuffled evenly, the truth at no favourite place, figures rounded alike."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medspatial.questions.options import (
    LENGTH_FACTORS,
    VOLUME_FACTORS,
    draw,
    integer_options,
    number_options,
    shuffled,
    two_digits,
    window,
)


def test_shuffle_depends_on_the_key_alone():
    assert shuffled("abcd", "row 1") == shuffled("abcd", "row 1")
    assert {shuffled("abc", row) for row in range(100)} == {
        tuple(order) for order in ("abc", "acb", "bac", "bca", "cab", "cba")
    }


@pytest.mark.parametrize("size", [2, 3, 4, 5])
def test_letters_are_uniform_within_two_points(size):
    options = [str(i) for i in range(size)]
    rows = 6000
    places = Counter(shuffled(options, f"row {row}").index("0") for row in range(rows))
    for place in range(size):
        assert abs(100 * places[place] / rows - 100 / size) < 2


@given(st.integers(4, 30), st.data())
def test_window_holds_the_position_and_stays_inside(count, data):
    position = data.draw(st.integers(0, count - 1))
    places = window(count, 4, position, data.draw(st.text(max_size=5)))
    assert len(places) == 4
    assert position in places
    assert places[0] >= 0
    assert places[-1] < count


def test_the_true_figure_stands_at_every_rank_equally():
    ranks = Counter()
    for row in range(2000):
        texts, answer = number_options(192.6, VOLUME_FACTORS, row)
        ranks[sorted(texts, key=float).index(answer)] += 1
    assert set(ranks) == {0, 1, 2, 3}
    assert max(ranks.values()) < 1.25 * min(ranks.values())


@given(st.floats(0.5, 5000), st.integers(0, 99), st.sampled_from([LENGTH_FACTORS, VOLUME_FACTORS]))
def test_number_options_differ_and_hold_the_answer(value, row, factors):
    texts, answer = number_options(value, factors, row)
    assert len(set(texts)) == 4
    assert answer in texts
    assert float(answer) == pytest.approx(value, rel=0.051)


def test_integer_options_at_the_lower_end():
    for row in range(50):
        texts = integer_options(1, 0, 20, row)
        assert len(set(texts)) == 4
        assert "1" in texts
        assert min(map(int, texts)) >= 0


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (192.6, "190"),
        (0.0456, "0.046"),
        (5.67, "5.7"),
        (99.6, "100"),
        (10.0, "10"),
        (0, "0"),
        (1.0, "1.0"),
        (1234, "1200"),
    ],
)
def test_two_digits(value, text):
    assert two_digits(value) == text


def test_draw_is_the_same_everywhere():
    assert draw("case", "L5") == 4417427849759449524
    assert draw("a") != draw("b")
