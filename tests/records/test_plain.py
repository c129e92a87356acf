"""Plain JSON data: arrays unpacked, text encodable, all else refused with its place."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from medspatial.records import plain_data, shown_kind

PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(PLAIN)
def test_plain_data_stays_as_it_is(value: Any) -> None:
    assert plain_data(value, "x") == value


@pytest.mark.parametrize(
    ("value", "plain"),
    [
        (np.float32(0.5), 0.5),
        (np.int8(3), 3),
        (np.bool_(True), True),
        (np.str_("left"), "left"),
        (np.arange(3), [0, 1, 2]),
        (np.array([{"a": (1, 2)}], dtype=object), [{"a": [1, 2]}]),
        ({"a": {"b": (np.float64(1.5), "\ud83d")}}, {"a": {"b": [1.5, "\ufffd"]}}),
    ],
)
def test_numpy_tuples_and_half_characters_become_plain(value: Any, plain: Any) -> None:
    made = plain_data(value, "x")
    assert made == plain
    assert json.loads(json.dumps(made)) == plain


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ({"a": [1, {2}]}, "x['a'][1]: {2} (set)"),
        ({1: 2}, "x: key 1 (int)"),
        (b"a", "x: b'a' (bytes)"),
        (1j, "x: 1j (complex)"),
        (np.ndarray, "x: <class 'numpy.ndarray'> (type)"),
    ],
)
def test_anything_else_is_refused_with_its_place(value: Any, message: str) -> None:
    with pytest.raises(TypeError) as caught:
        plain_data(value, "x")
    assert str(caught.value) == message


def test_a_value_is_shown_in_one_short_line() -> None:
    assert shown_kind("a\nb") == r"'a\nb' (str)"
    assert len(shown_kind(list(range(999)))) < 80
