"""The input contract: what it refuses, and that it can be read by a person."""

from __future__ import annotations

import numpy as np
import pytest
from pydantic import ValidationError

from medspatial.errors import InputError
from medspatial.inputs import InputContract

CONTRACT = InputContract(axes="SPL", shape=(4, 8, 8), value_range=(0, 1), hu_window=(-1000, 1000))


def array(shape: tuple[int, ...] = (1, 4, 8, 8), value: float = 0.5, dtype: str = "float32") -> np.ndarray:
    return np.full(shape, value, dtype)


def test_a_good_array_passes() -> None:
    CONTRACT.check(array())
    CONTRACT.check(array(value=1.00001))


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        (array((1, 8, 8, 4)), r"shape must be \(1, 4, 8, 8\), got \(1, 8, 8, 4\)"),
        (array(dtype="float64"), "dtype must be float32, got float64"),
        (array(value=-1000), r"values must lie in \(0.0, 1.0\), got -1000..-1000"),
        (array(value=np.nan), "values must lie in"),
    ],
)
def test_a_broken_contract_is_named(bad: np.ndarray, message: str) -> None:
    with pytest.raises(InputError, match=message):
        CONTRACT.check(bad, "toy")


@pytest.mark.parametrize("axes", ["SP", "SSL", "SPX", "LRS", ""])
def test_axes_are_checked(axes: str) -> None:
    with pytest.raises(ValidationError, match="axes needs one letter each"):
        InputContract(axes=axes)


def test_it_prints_directions_in_words() -> None:
    rows = dict(CONTRACT.lines())
    assert rows["array axes grow to"] == "superior, posterior, patient left"
    assert rows["shape"] == "4 x 8 x 8"
    assert rows["spacing"] == "stretched"
