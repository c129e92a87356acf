"""Several workers: the bytes of one run, and a dead worker costs its unit."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from medspatial.cases import write_phantoms
from medspatial.cli.app import app
from medspatial.errors import InputError, RunStopped
from medspatial.predict import read_devices
from medspatial.records import Prediction, Question, read_records, write_records

TOY = """
import os, signal, time
from pathlib import Path
from medspatial.errors import InputError, RunStopped
from medspatial.models import Answer, Model
class Toy(Model):
    "Answers by what it sees; dies where it is told to, each line of the file `deaths` once."
    def __init__(self, device="auto", deaths="", start="", slow=0.0, stop="", odd=False, bad=False):
        self.name, self.deaths, self.slow, self.stop, self.odd = "toy", deaths, slow, stop, odd
        self.bad = bad
        if start == "die":
            os._exit(9)
        if start == "refuse":
            raise InputError("checkpoint: no such folder")
    def describe(self):
        return {"process": os.getpid()} if self.odd else {}
    def prepare(self, volume):
        if self.bad and volume.fingerprint[0].isdigit():
            raise ValueError("cannot be read")
        return volume
    def answer(self, encoded, queries):
        time.sleep(self.slow)
        told = Path(self.deaths)
        for query in queries if self.deaths else ():
            lines = told.read_text().splitlines()
            if query.id in lines:
                lines.remove(query.id)
                told.write_text("\\n".join(lines))
                os.kill(os.getpid(), signal.SIGKILL)
            if query.id == self.stop:
                raise RunStopped("the budget is spent")
        return [Answer(f"{encoded and encoded.fingerprint} {q.text}") for q in queries]
"""
FOUR = "cpu,cpu,cpu,cpu"


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Ten phantoms with five questions each."""
    folder = tmp_path_factory.mktemp("data")
    cases = write_phantoms(folder, 10, spacing=16.0)
    rows = [
        Question(id=f"{case.case_id}-{n}", case_id=case.case_id, question=f"Side {n}?", answer="left")
        for n in range(5)
        for case in cases
    ]
    write_records(folder / "questions.jsonl", rows)
    return folder


@pytest.fixture
def run(asked: Path, tmp_path: Path, plugin_model: Callable[..., str]) -> Callable[..., Result]:
    """Return the command, on the toy model."""
    plugin_model(TOY, "Toy")

    def run(folder: str, *more: str) -> Result:
        arguments = [
            "predict",
            "-m",
            "toy",
            "-d",
            str(asked / "questions.jsonl"),
            "-o",
            str(tmp_path / folder),
        ]
        return CliRunner().invoke(
            app, [*arguments, "--cases", str(asked / "cases.jsonl"), "--batch-size", "2", *more]
        )

    return run


def results(folder: Path) -> list[bytes]:
    failures = folder / "toy.failures.jsonl"
    return [(folder / "toy.jsonl").read_bytes(), failures.read_bytes() if failures.exists() else b""]


def deaths(tmp_path: Path, *ids: str) -> str:
    path = tmp_path / "deaths.txt"
    path.write_text("\n".join(ids))
    return f"deaths={path}"


def ids(asked: Path) -> list[str]:
    return [row.id for row in read_records(asked / "questions.jsonl", Question)]


def test_four_processes_give_the_bytes_of_one(run: Callable[..., Result], tmp_path: Path) -> None:
    assert run("one", "--set", "bad=true").exit_code == 1
    assert run("four", "--gpus", FOUR, "--set", "bad=true").exit_code == 1
    assert results(tmp_path / "four") == results(tmp_path / "one")
    facts = [
        [
            json.loads(line)["case_id"]
            for line in (tmp_path / f / "toy.volumes.jsonl").read_text().splitlines()
        ]
        for f in ("one", "four")
    ]
    assert facts[0] == facts[1]
    assert results(tmp_path / "one")[1]
    again = run("four", "--gpus", "cpu")
    assert ", 0 failed" in again.stdout
    assert "0 answered now, 50 before, 0 failed" in run("four").stdout  # one process resumes it


def test_a_dead_worker_costs_its_unit_which_is_tried_again(
    run: Callable[..., Result], asked: Path, tmp_path: Path
) -> None:
    run("one")
    done = run("four", "--gpus", FOUR, "--set", deaths(tmp_path, ids(asked)[32]))
    assert (done.exit_code, (tmp_path / "deaths.txt").read_text()) == (0, "")
    assert results(tmp_path / "four")[0] == results(tmp_path / "one")[0]


def test_a_unit_that_kills_twice_fails_with_the_cause_and_costs_no_other(
    run: Callable[..., Result], asked: Path, tmp_path: Path
) -> None:
    poison = ids(asked)[34]  # in the second batch of its volume
    done = run("four", "--gpus", "cpu,cpu", "--set", deaths(tmp_path, poison, poison))
    assert done.exit_code == 1
    failures = read_records(tmp_path / "four" / "toy.failures.jsonl", Prediction).rows
    case = poison.rpartition("-")[0]
    assert [row.id for row in failures] == [f"{case}-{n}" for n in (2, 3, 4)]
    assert {row.error for row in failures} == {
        "the worker on cpu died (SIGKILL), as one before it did at this volume"
    }
    run("one")
    whole = results(tmp_path / "one")[0].splitlines()
    gone = {row.id for row in failures}
    assert results(tmp_path / "four")[0].splitlines() == [
        line for line in whole if json.loads(line)["id"] not in gone
    ]


def test_an_error_that_ends_the_run_ends_it_with_its_own_words(run: Callable[..., Result]) -> None:
    done = run("x", "--gpus", "cpu,cpu", "--set", "start=refuse")
    assert isinstance(done.exception, InputError)
    assert str(done.exception) == "checkpoint: no such folder"


def test_workers_that_cannot_start_end_the_run(run: Callable[..., Result]) -> None:
    done = run("x", "--gpus", "cpu,cpu", "--set", "start=die")
    assert isinstance(done.exception, RunStopped)
    assert str(done.exception) == "no worker is left; the one on cpu died (exit code 9)"


def test_models_that_differ_between_devices_are_refused(run: Callable[..., Result]) -> None:
    done = run("x", "--gpus", "cpu,cpu", "--set", "odd=true", "--set", "slow=0.5")
    assert isinstance(done.exception, InputError)
    assert "model 'toy' is another on cpu: process: " in str(done.exception)


def test_a_stop_keeps_what_is_answered_and_a_resume_goes_on(
    run: Callable[..., Result], asked: Path, tmp_path: Path
) -> None:
    run("one")
    stop = ids(asked)[35]
    done = run("four", "--gpus", "cpu,cpu", "--set", f"stop={stop}", "--set", deaths(tmp_path))
    assert isinstance(done.exception, RunStopped)
    assert results(tmp_path / "one")[0].startswith(results(tmp_path / "four")[0])


def test_a_killed_writer_takes_its_workers_along_and_a_resume_gives_the_same_bytes(
    run: Callable[..., Result], asked: Path, tmp_path: Path
) -> None:
    run("one", "--set", "slow=0.0")
    code = "import sys; from medspatial.cli.app import main; sys.argv[0] = 'medspatial'; main()"
    arguments = ["predict", "-m", "toy", "-d", str(asked / "questions.jsonl"), "-o", str(tmp_path / "four")]
    arguments += ["--cases", str(asked / "cases.jsonl"), "--batch-size", "2", "--gpus", "cpu,cpu"]
    paths = os.pathsep.join(sys.path)
    process = subprocess.Popen(
        [sys.executable, "-c", code, *arguments], env={**os.environ, "PYTHONPATH": paths}
    )
    path = tmp_path / "four" / "toy.jsonl"
    until = time.monotonic() + 60
    while time.monotonic() < until and not (path.exists() and path.stat().st_size):
        time.sleep(0.01)
    workers = children(process.pid)
    process.send_signal(signal.SIGKILL)
    process.wait()
    until = time.monotonic() + 20
    while any(Path(f"/proc/{pid}").exists() for pid in workers) and time.monotonic() < until:
        time.sleep(0.05)
    assert not any(Path(f"/proc/{pid}").exists() for pid in workers)
    assert run("four", "--gpus", "cpu,cpu").exit_code == 0
    assert results(tmp_path / "four")[0] == results(tmp_path / "one")[0]


def children(pid: int) -> list[int]:
    return [int(p) for p in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def test_devices() -> None:
    assert read_devices("0,2") == ("cuda:0", "cuda:2")
    assert read_devices("cpu,cpu") == ("cpu", "cpu")
    for text, message in (
        ("0,0", "cuda:0 is named twice"),
        ("gpu1", "must be numbers"),
        ("", "must be numbers"),
    ):
        with pytest.raises(InputError, match=message):
            read_devices(text)


def test_devices_are_named_once(run: Callable[..., Result]) -> None:
    done = run("x", "--gpus", "cpu", "--device", "cpu")
    assert "--gpus names the devices" in str(done.exception)


def test_engines_are_known(run: Callable[..., Result]) -> None:
    for more, message in (
        (["--engine", "dask"], "must be processes or ray"),
        (["--engine", "ray", "--gpus", "0"], "give --actors, not --gpus"),
        (["--engine", "ray", "--gpu-id", "0"], "places its actors"),
    ):
        assert message in str(run("x", *more).exception)


def test_an_arm_with_a_volume_per_question_is_that_of_one_process(
    run: Callable[..., Result], tmp_path: Path
) -> None:
    arm = "same_answer_other_patient"
    assert run("one", "--arm", arm).exit_code == 0
    assert run("two", "--arm", arm, "--gpus", "cpu,cpu").exit_code == 0
    one, two = ((tmp_path / folder / f"toy@{arm}.jsonl").read_bytes() for folder in ("one", "two"))
    assert one == two
    assert len(one.splitlines()) == 50
    told = run("share", "--arm", arm, "--shard", "1/2")
    assert isinstance(told.exception, InputError)
    assert "chooses volumes per question" in str(told.exception)


def test_a_study_on_several_devices_is_that_of_one(
    asked: Path, tmp_path: Path, plugin_model: Callable[..., str]
) -> None:
    plugin_model(TOY, "Toy")
    study = tmp_path / "study.yaml"
    study.write_text(
        f"cases: {{path: {asked / 'cases.jsonl'}}}\nquestions: {{path: {asked / 'questions.jsonl'}}}\n"
        "models: [toy, random]\narms: [standard, text_only]\n"
        "compare: {resamples: 20}\nreport: {max_pictures: 0, figures: []}\n"
    )
    found = []
    for more in ((), ("--gpus", "cpu,cpu")):
        out = tmp_path / f"out{len(more)}"
        done = CliRunner().invoke(app, ["run", str(study), "--out", str(out), *more])
        assert done.exit_code == 0, done.output
        found.append({path.name: path.read_bytes() for path in sorted((out / "predictions").glob("*.jsonl"))})
    one, several = found
    for name in one:
        assert one[name] == several[name] or name.endswith(".volumes.jsonl")
    assert set(one) == set(several)
    assert "toy@text_only.jsonl" in one
