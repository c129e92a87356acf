"""Waits: seeded, capped, and as long as the server asks."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medspatial.llm import Pause, Retries
from medspatial.llm.retry import retry_after

NOW = datetime(2030, 1, 1, 12, 0, 0, tzinfo=UTC)


@given(st.integers(0, 200), st.integers(0, 9), st.text(max_size=5))
def test_waits_lie_between_half_and_whole_of_the_step(attempt: int, seed: int, key: str) -> None:
    retries = Retries(first_s=0.5, cap_s=8.0, seed=seed)
    step = min(8.0, 0.5 * 2.0**attempt)
    assert 0.5 * step <= retries.wait_s(key, attempt) <= step
    assert retries.wait_s(key, attempt) == retries.wait_s(key, attempt)


def test_jitter_differs_between_requests_attempts_and_seeds() -> None:
    retries = Retries(first_s=1, cap_s=1)
    values = {
        retries.wait_s("a", 0),
        retries.wait_s("b", 0),
        retries.wait_s("a", 1),
        Retries(first_s=1, cap_s=1, seed=1).wait_s("a", 0),
    }
    assert len(values) == 4


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"Retry-After": "3"}, 3.0),
        ({"retry-after": " 0.5 "}, 0.5),
        ({"retry-after-ms": "250", "retry-after": "9"}, 0.25),
        ({"Retry-After": "Tue, 01 Jan 2030 12:00:07 GMT"}, 7.0),
        ({"Retry-After": "Tue, 01 Jan 2030 11:00:00 GMT"}, 0.0),
        ({"Retry-After": "soon"}, None),
        ({"Retry-After": "-1"}, None),
        ({"Retry-After": "inf"}, None),
        ({}, None),
        (None, None),
    ],
)
def test_retry_after(headers: Any, seconds: float | None) -> None:
    assert retry_after(headers, NOW) == seconds


def test_a_pause_holds_all_until_its_end(waits: Any) -> None:
    pause = Pause(waits.sleep, waits.clock)
    pause.keep()
    assert waits.seconds == []
    pause.at_least(5)
    pause.at_least(2)  # a shorter wish does not shorten it
    pause.keep()
    pause.keep()
    assert waits.seconds == [5.0]
