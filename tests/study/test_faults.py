"""A study killed at random moments over all its stages ends as if nothing had happened: the short form."""

from __future__ import annotations

import runpy
from pathlib import Path

CAMPAIGN = Path(__file__).parents[2] / "benchmarks" / "faults.py"


def test_kills_at_random_moments_cost_nothing() -> None:
    result = runpy.run_path(str(CAMPAIGN))["campaign"](2, seed=4, per_series=2)
    assert result["faults"] == []
