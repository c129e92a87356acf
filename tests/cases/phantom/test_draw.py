"""Seeded choices: repeatable, independent by name, balanced in blocks."""

from __future__ import annotations

from collections import Counter

import pytest

from medspatial.cases.phantom.draw import Draw


def test_same_seed_and_name_same_number() -> None:
    assert Draw(7).uniform("liver", 0, 1) == Draw(7).uniform("liver", 0, 1)
    assert Draw(7).uniform("liver", 0, 1) != Draw(7).uniform("spleen", 0, 1)
    assert Draw(7).uniform("liver", 0, 1) != Draw(8).uniform("liver", 0, 1)


def test_known_numbers_stay() -> None:
    """A change here changes every phantom: raise ``write.VERSION`` with it."""
    assert Draw(3).uniform("known", 0.0, 1.0) == pytest.approx(0.5612971102, abs=1e-9)
    assert [Draw(s).balanced("known", "abcd") for s in range(4)] == ["b", "c", "a", "d"]


@pytest.mark.parametrize("options", [("a", "b"), tuple("abcde"), ("x", "x", "y")])
def test_each_block_holds_every_option(options) -> None:
    for block in range(5):
        seeds = range(block * len(options), (block + 1) * len(options))
        assert Counter(Draw(s).balanced("choice", options) for s in seeds) == Counter(options)


def test_balanced_choices_do_not_follow_each_other() -> None:
    pairs = Counter(
        (Draw(s).balanced("first", (0, 1)), Draw(s).balanced("second", (0, 1))) for s in range(400)
    )
    assert min(pairs.values()) > 70


def test_pairs_are_a_third_each_way_and_keep_off_the_limits() -> None:
    ratios = [left / right for left, right in (Draw(s).pair("kidney") for s in range(90))]
    assert sum(r > 1.17 for r in ratios) == 30
    assert sum(r < 1 / 1.17 for r in ratios) == 30
    assert sum(1 / 1.031 < r < 1.031 for r in ratios) == 30
    assert max(ratios) < 1.61


def test_jitter_stays_in_its_spread() -> None:
    draws = [Draw(s).jitter("place", 5.0, 0.5) for s in range(50)]
    assert all(abs(a) <= 5.0 and abs(b) <= 0.5 for a, b in draws)
    assert min(a for a, _ in draws) < -3.0
    assert max(a for a, _ in draws) > 3.0
