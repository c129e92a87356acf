"""Readers whose reasons are known: the interval of the causal grounding holds the true figure."""

from __future__ import annotations

import pytest

import causes_coverage


def test_intervals_hold_the_truth_and_who_does_not_look_is_not_called_grounded() -> None:
    """500 runs stand in docs/causes.md; here 40."""
    found = causes_coverage.simulate(causes_coverage.READERS, 40)
    for reader in causes_coverage.READERS:
        rows = found[reader.name]
        assert causes_coverage.covered(rows, reader.grounding) >= 0.85, reader.name
        assert rows[:, 0].mean() == pytest.approx(reader.grounding, abs=0.04), reader.name
        if reader.grounding > 0:
            assert rows[:, 3].mean() >= 0.7, reader.name
        else:
            assert rows[:, 3].mean() <= 0.1, reader.name
