"""Signals and a file system that refuses: one line, and a state to go on from."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from medspatial.records import Question, write_records

MAIN = "import sys; from medspatial.cli.app import main; sys.argv[0] = 'medspatial'; main()"
LIMIT = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, "
SLOW = """
import time
from medspatial.models import Answer, Model
class Slow(Model):
    needs_volume = False
    def __init__(self, seconds=0.0):
        self.name, self.seconds = "slow", seconds
    def answer(self, encoded, queries):
        time.sleep(self.seconds)
        return [Answer("left " * 20) for _ in queries]
"""
KEPT = "what is done is kept, the same command goes on from here"


@pytest.fixture
def start(tmp_path: Path, plugin_model: Callable[..., str]) -> Callable[..., subprocess.Popen[str]]:
    """Return a function that starts the command on 200 questions."""
    plugin_model(SLOW, "Slow", "slow")
    asked = [Question(case_id=f"c{n // 4}", question=f"Q{n}?", answer="left") for n in range(200)]
    write_records(tmp_path / "questions.jsonl", asked)

    def start(output: str, *more: str, limit: int | None = None) -> subprocess.Popen[str]:
        first = "" if limit is None else f"{LIMIT}({limit}, {limit})); "
        questions = str(tmp_path / "questions.jsonl")
        arguments = ["predict", "-m", "slow", "-d", questions, "-o", output, "--batch-size", "1", *more]
        return subprocess.Popen(
            [sys.executable, "-c", first + MAIN, *arguments],
            stderr=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            text=True,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
            # a shell's background job ignores SIGINT, and its children inherit that
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509
        )

    return start


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_is_one_line_and_a_resume_gives_the_same_bytes(
    start: Callable[..., subprocess.Popen[str]], tmp_path: Path, number: signal.Signals
) -> None:
    path = tmp_path / "out" / "slow.jsonl"
    process = start(str(path.parent), "--set", "seconds=0.1")
    until = time.monotonic() + 60
    while time.monotonic() < until and not (path.exists() and path.stat().st_size):
        time.sleep(0.02)
    process.send_signal(number)
    said = process.communicate()[1].strip().splitlines()
    assert (process.returncode, said[-1]) == (130, f"interrupted; {KEPT}")
    assert not any("Traceback" in line for line in said)
    assert 0 < path.read_bytes().count(b"\n") < 200
    same_bytes(start, tmp_path, path)


def test_a_full_disk_is_one_line_and_a_resume_gives_the_same_bytes(
    start: Callable[..., subprocess.Popen[str]], tmp_path: Path
) -> None:
    path = tmp_path / "out" / "slow.jsonl"
    process = start(str(path.parent), limit=20_000)
    said = process.communicate()[1].strip().splitlines()
    assert (process.returncode, said[-1]) == (1, f"error: File too large; {KEPT}")
    assert not any("Traceback" in line for line in said)
    assert path.stat().st_size == 20_000
    same_bytes(start, tmp_path, path)


def same_bytes(start: Callable[..., subprocess.Popen[str]], tmp_path: Path, path: Path) -> None:
    for folder in (path.parent, tmp_path / "whole"):
        process = start(str(folder))
        process.communicate()
        assert process.returncode == 0
    assert path.read_bytes() == (tmp_path / "whole" / "slow.jsonl").read_bytes()


def test_a_folder_that_cannot_be_made_is_one_line(start: Callable[..., subprocess.Popen[str]]) -> None:
    process = start("/proc/no/such")
    said = process.communicate()[1].strip().splitlines()
    assert process.returncode == 1
    assert said[-1].startswith("error: /proc/")
    assert not any("Traceback" in line for line in said)
