"""Two phantoms, questions about them, two models' answers and their scores, each made once by its command."""

from __future__ import annotations

from pathlib import Path

import pytest
from command import medspatial


def ran(*arguments: object) -> None:
    done = medspatial(*arguments)
    assert done.returncode == 0, done.stderr


@pytest.fixture(scope="session")
def phantoms(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("phantoms")
    ran("cases", "phantom", "-o", folder, "-n", 2, "--seed", 5, "--spacing", 8)
    return folder


@pytest.fixture(scope="session")
def questions(phantoms: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("questions")
    options = ["--subtype", "L1", "--subtype", "V3", "--subtype", "V1", "--no-balance"]
    ran("questions", "from-masks", phantoms, "-o", folder, *options)
    return folder / "questions.jsonl"


@pytest.fixture(scope="session")
def answers(questions: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with ``oracle.jsonl`` and ``random.jsonl``."""
    folder = tmp_path_factory.mktemp("answers")
    for model in ("oracle", "random"):
        ran("predict", "-m", model, "-d", questions, "-o", folder)
    return folder


@pytest.fixture(scope="session")
def scores(answers: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the scores by ``structured`` and by ``exact``."""
    folder = tmp_path_factory.mktemp("scores")
    ran("score", "-p", answers, "-m", "structured", "-m", "exact", "-o", folder)
    return folder
