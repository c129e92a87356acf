"""One small study, run once for all tests that only look at what it left."""

from __future__ import annotations

from pathlib import Path

import pytest

from medspatial.study import StudyConfig, StudyRun, run_study

SMALL = {
    "title": "A small study",
    "cases": {"phantom": {"count": 4, "seed": 3, "spacing": 6.0, "vary_storage": True}, "mirrored": True},
    "questions": {"subtypes": ["L1", "L5", "L6", "D2", "V1", "V3", "A5", "M1"], "balance": False},
    "models": ["random", "oracle", "echo", "prior"],
    "arms": ["standard", "permuted_options", "mirrored"],
    "compare": {"resamples": 300},
    "report": {"max_pictures": 8},
}


@pytest.fixture(scope="session")
def small_config() -> StudyConfig:
    return StudyConfig.model_validate(SMALL)


@pytest.fixture(scope="session")
def small_run(small_config: StudyConfig, tmp_path_factory: pytest.TempPathFactory) -> StudyRun:
    folder: Path = tmp_path_factory.mktemp("study")
    return run_study(small_config, folder)
