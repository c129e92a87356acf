"""Readers whose reasons are known: the interval of the causal grounding holds the true figure."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest


@pytest.fixture(scope="module")
def script() -> ModuleType:
    """The simulation of docs/causes.md."""
    path = Path(__file__).parents[2] / "benchmarks" / "causes_coverage.py"
    spec = importlib.util.spec_from_file_location("causes_coverage", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # its dataclasses look there
    spec.loader.exec_module(module)
    return module


def test_intervals_hold_the_truth_and_who_does_not_look_is_not_called_grounded(script: ModuleType) -> None:
    """500 runs stand in docs/causes.md; here 40."""
    found = script.simulate(script.READERS, 40)
    for reader in script.READERS:
        rows = found[reader.name]
        assert script.covered(rows, reader.grounding) >= 0.85, reader.name
        assert rows[:, 0].mean() == pytest.approx(reader.grounding, abs=0.04), reader.name
        if reader.grounding > 0:
            assert rows[:, 3].mean() >= 0.7, reader.name
        else:
            assert rows[:, 3].mean() <= 0.1, reader.name
