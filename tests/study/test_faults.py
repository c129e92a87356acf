"""Stages killed at random moments and at their file operations lose nothing: the short form."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

CAMPAIGN = Path(__file__).parents[2] / "benchmarks" / "faults.py"


def test_kills_cost_nothing() -> None:
    stages = ("questions", "predict", "merge", "score")
    words = [sys.executable, str(CAMPAIGN), "--kills", "6", "--seed", "4", "--stage", *stages]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "faults: 0" in done.stdout
    assert all(f"{name}: " in done.stdout for name in stages)
