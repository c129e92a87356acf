"""Columns of values of which few differ."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from medspatial.compare.coded import Coded, Coding, first_repeat

VALUES = st.lists(st.sampled_from(["left", "right", "", None, "ä"]), max_size=30)


def column(values: list[str | None]) -> Coded[str | None]:
    coding = Coding[str | None]()
    for value in values:
        coding.add(value)
    return coding.result()


@given(VALUES)
def test_a_column_is_the_values_that_came_in(values: list[str | None]) -> None:
    found = column(values)
    assert list(found) == values == [found[row] for row in range(len(found))]
    assert found.values == found.there() == tuple(dict.fromkeys(values))


@given(VALUES, st.data())
def test_a_part_has_the_rows_asked_for_in_their_order(values: list[str | None], data: st.DataObject) -> None:
    rows = data.draw(st.lists(st.integers(0, max(len(values) - 1, 0)), max_size=20)) if values else []
    part = column(values).only(np.array(rows, dtype=np.int64))
    wanted = [values[row] for row in rows]
    assert list(part) == list(part.compact()) == wanted
    assert part.there() == part.compact().values == tuple(dict.fromkeys(wanted))


@given(VALUES, st.sets(st.sampled_from(["left", "right", None, "unknown"])))
def test_among_marks_the_rows_of_these_values(values: list[str | None], asked: set[str | None]) -> None:
    assert column(values).among(asked).tolist() == [value in asked for value in values]


def test_cut_forgets_the_rows_behind() -> None:
    coding = Coding[str]()
    for value in ("a", "b", "a", "c"):
        coding.add(value)
    coding.cut(3)
    coding.add("b")
    assert list(coding.result()) == ["a", "b", "a", "b"]


@given(st.lists(st.integers(0, 12), max_size=12))
def test_the_first_repeat_and_what_it_repeats(cells: list[int]) -> None:
    again = next((row for row, cell in enumerate(cells) if cell in cells[:row]), None)
    wanted = None if again is None else (cells.index(cells[again]), again)
    assert first_repeat(np.array(cells, dtype=np.int64)) == wanted
