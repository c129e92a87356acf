from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medspatial.report.formatting import (
    MISSING,
    count,
    figure,
    interval,
    measure,
    p_value,
    percent,
    share_of,
    signed_percent,
)


@pytest.mark.parametrize(
    ("share", "text"),
    [(0.7123, "71.2"), (1.0, "100.0"), (0.0, "0.0"), (-0.00001, "0.0"), (-0.25, "−25.0"), (None, MISSING)],
)
def test_percent(share: float | None, text: str) -> None:
    assert percent(share) == text


def test_not_a_number_is_missing_never_zero() -> None:
    assert percent(float("nan")) == MISSING
    assert p_value(float("nan")) == MISSING
    assert measure(float("inf")) == MISSING


@given(st.floats(0, 1))
def test_percent_reads_back_to_its_rounding(share: float) -> None:
    assert abs(float(percent(share)) / 100 - share) <= 0.0005 + 1e-12


@pytest.mark.parametrize(
    ("share", "text"), [(0.042, "+4.2"), (-0.042, "−4.2"), (0.0001, "0.0"), (None, MISSING)]
)
def test_signed_percent(share: float | None, text: str) -> None:
    assert signed_percent(share) == text


def test_interval_uses_words_where_a_minus_could_be_misread() -> None:
    assert interval(0.641, 0.775) == "64.1–77.5"
    assert interval(-0.02, 0.3) == "−2.0 to 30.0"
    assert interval(None, 0.3) == MISSING


@pytest.mark.parametrize(
    ("p", "text"), [(0.0004, "<0.001"), (0.001, "0.001"), (0.0456, "0.046"), (0.25, "0.25"), (1, "1.00")]
)
def test_p_value(p: float, text: str) -> None:
    assert p_value(p) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [(192.63, "192.6"), (1.256, "1.26"), (0.1234, "0.123"), (12345.6, "12,346"), (80, "80"), (-3.0, "−3")],
)
def test_measure_keeps_four_figures(value: float, text: str) -> None:
    assert measure(value) == text


def test_measure_with_unit_and_words() -> None:
    assert measure(80.25, "mm") == "80.2\u00a0mm"
    assert measure("left", None) == "left"
    assert measure(None, "mm") == MISSING


def test_counts() -> None:
    assert count(9077) == "9,077"
    assert count(None) == MISSING
    assert share_of(12, 250) == "12 (4.8\u00a0%)"
    assert share_of(0, 0) == "0"


def test_a_figure_is_never_minus_zero() -> None:
    assert figure(-0.001) == "0.00"
    assert figure(-0.126, 1) == "−0.1"
    assert figure(None) == figure(float("nan")) == "–"
