"""Kill each stage at random moments and at its file operations, resume it, and compare what it ends with.

    python benchmarks/faults.py --kills 1000 --seed 1 [--stage predict ...]

A kill is SIGKILL of the process. Half of them come at a random moment, half right before a chosen opening,
renaming, removing or making of a file or folder. After one to three kills in a row the stage runs to its end,
and every file that two undisturbed runs write alike must be the same, byte for byte; no other file may be
left but locks and lines set aside. The program is imported once: each run is a fork of that process.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

STUDY = """\
title: Faults
cases: {phantom: {count: 2, seed: 3, spacing: 14.0}}
questions: {subtypes: [L1, L5, D2], balance: false}
models: [random, oracle, echo]
arms: [standard, permuted_options]
compare: {resamples: 50}
report: {max_pictures: 2}
"""
_LEFT = (".lock", ".torn")
_TIMES = ("manifest.json", ".volumes.jsonl", "summary.json", "cost.csv", "cost.json", "cost.md", "cost.tex")
_TOUCHING = {"open", "os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.truncate", "os.link", "os.symlink"}
_LONGEST_S = 300.0


@dataclass(frozen=True)
class Stage:
    """A command whose last part is the folder that it writes."""

    name: str
    words: Callable[[Path, Path], Sequence[str]]
    """From the folder of the inputs and that of the outputs."""
    turns: int = 12
    """How often it comes up: the quick ones more often, so that more kills hit in the same time."""


@dataclass
class Outcome:
    """What an undisturbed run does: its files, and how much there is to interrupt."""

    files: dict[str, bytes | None]
    """None where two undisturbed runs differ, or may (times, sessions): the file must be there."""
    seconds: float
    touches: int


@dataclass
class Result:
    """Kills that hit, by stage and by kind, and all that was not as it must be."""

    kills: Counter[str] = field(default_factory=Counter)
    kinds: Counter[str] = field(default_factory=Counter)
    ended: int = 0
    series: int = 0
    faults: list[str] = field(default_factory=list)


STAGES = (
    Stage("questions", lambda data, out: ("questions", "from-masks", f"{data}/cases", "-o", f"{out}/made",
                                          "-s", "L1", "-s", "L5", "-s", "D2", "--no-balance")),
    Stage("prepare", lambda data, out: ("prepare", "-m", "m3d_lamed", "--input-jsonl", f"{data}/shown.jsonl",
                                        "--nifti-root", f"{data}/cases", "--output-root", f"{out}/inputs",
                                        "--output-jsonl", f"{out}/inputs.jsonl")),
    Stage("predict", lambda data, out: ("predict", "-m", "random", "-d", f"{data}/questions.jsonl",
                                        "-o", f"{out}/predictions", "--batch-size", "1")),
    Stage("predict an arm", lambda data, out: ("predict", "-m", "echo", "-d", f"{data}/questions.jsonl", "-o",
                                               f"{out}/predictions", "--arm", "permuted_options")),
    Stage("merge", lambda data, out: ("merge", "-d", f"{data}/questions.jsonl", "-o", f"{out}/predictions",
                                      *(f"{data}/shards/shard-{n}-of-2" for n in (1, 2)), "--overwrite")),
    Stage("score", lambda data, out: ("score", "-p", f"{data}/predictions/random.jsonl", "-p",
                                      f"{data}/predictions/echo.jsonl", "-m", "structured", "-m", "exact",
                                      "-o", f"{out}/scores")),
    Stage("compare", lambda data, out: ("compare", "--scores-dir", f"{data}/scores/structured", "--questions",
                                        f"{data}/questions.jsonl", "--resamples", "50",
                                        "-o", f"{out}/matrix.csv", "--summary", f"{out}/comparison.json")),
    Stage("report", lambda data, out: ("report", "--scores-dir", f"{data}/scores/structured", "--questions",
                                       f"{data}/questions.jsonl", "--resamples", "50", "-o", f"{out}/report",
                                       "--cases", f"{data}/cases", "--max-pictures", "2"), turns=1),
    Stage("run", lambda data, out: ("run", f"{data}/study.yaml", "--out", f"{out}/study"), turns=1),
)  # fmt: skip


def fork(words: Sequence[str], place: Path, kill_at: int | None = None) -> int:
    """Start a command in a fork of this process; what it says goes to `place`, its touches to a file there.

    Parameters
    ----------
    kill_at
        Kill it right before this many touches of files and folders below the parent of `place`.
    """
    process = os.fork()
    if process:
        return process
    try:
        log = os.open(place, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        os.dup2(log, 1)
        os.dup2(log, 2)
        touches = _Touches(str(place.parent), kill_at)
        sys.addaudithook(touches)
        code = _main(words)
        (place.parent / "touches").write_text(str(touches.count))
    except BaseException as error:
        os.write(2, f"{type(error).__name__}: {error}".encode())
        code = 99
    os._exit(code)


class _Touches:
    """Counts openings for writing, renamings, removals and makings below a folder."""

    def __init__(self, below: str, kill_at: int | None) -> None:
        self.below, self.kill_at, self.count = below, kill_at, 0

    def __call__(self, event: str, given: tuple[Any, ...]) -> None:
        if event not in _TOUCHING or not str(given[0]).startswith(self.below):
            return
        if event == "open" and isinstance(given[2], int) and not given[2] & (os.O_WRONLY | os.O_RDWR):
            return
        self.count += 1
        if self.count == self.kill_at:
            os.kill(os.getpid(), signal.SIGKILL)


def _main(words: Sequence[str]) -> int:
    from medspatial.cli.app import main

    sys.argv = ["medspatial", *words]
    code: object = 0
    try:
        main()
    except SystemExit as end:
        code = end.code
    sys.stdout.flush()
    sys.stderr.flush()
    return code if isinstance(code, int) else 0 if code is None else 1


def waited(process: int, seconds: float = _LONGEST_S) -> int:
    """Wait for a process, or kill it after this many seconds; return its status as `os.waitpid` does."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        ended, status = os.waitpid(process, os.WNOHANG)
        if ended:
            return status
        time.sleep(0.005)
    os.kill(process, signal.SIGKILL)
    return os.waitpid(process, 0)[1]


def contents(folder: Path) -> dict[str, bytes]:
    """Return the files of a folder, without locks and lines set aside."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not path.name.endswith(_LEFT)
    }


def undisturbed(stage: Stage, data: Path, root: Path) -> Outcome:
    """Run a stage in two fresh folders; note what it leaves, its seconds and its touches."""
    found = []
    for turn in ("a", "b"):
        place = root / f"whole-{turn}"
        place.mkdir(parents=True)
        began = time.monotonic()
        status = waited(fork(stage.words(data, place / "out"), place / "log"))
        if os.waitstatus_to_exitcode(status) not in (0, 1):
            raise SystemExit(f"{stage.name}: ended with {status}: {(place / 'log').read_text()[-2000:]}")
        seconds, touches = time.monotonic() - began, int((place / "touches").read_text())
        found.append(contents(place / "out"))
    # two quick runs may agree in their times by chance
    same = {
        name: text if found[1].get(name) == text and not name.endswith(_TIMES) else None
        for name, text in found[0].items()
    }
    return Outcome(same, seconds, touches)


def series(
    stage: Stage, data: Path, place: Path, expected: Outcome, draw: random.Random, result: Result
) -> None:
    """Kill a stage one to three times, let it end, and hold what it leaves against the undisturbed run."""
    place.mkdir(parents=True)
    words = stage.words(data, place / "out")
    told = []
    for _ in range(draw.choice((1, 1, 2, 3))):
        at_touch = bool(expected.touches) and draw.random() < 0.5
        kill_at = draw.randint(1, expected.touches) if at_touch else None
        moment = _LONGEST_S if at_touch else draw.uniform(0.0, 1.05) * expected.seconds
        told.append(f"touch {kill_at}" if at_touch else f"{moment:.3f} s")
        status = waited(fork(words, place / "log", kill_at), moment)
        if os.WIFSIGNALED(status):
            result.kills[stage.name] += 1
            result.kinds["at a file operation" if at_touch else "at a random moment"] += 1
            continue
        result.ended += 1
        if os.waitstatus_to_exitcode(status) not in (0, 1):
            result.faults.append(f"{stage.name} ({told}): a resume failed: {_tail(place)}")
    status = waited(fork(words, place / "log"))
    if os.waitstatus_to_exitcode(status) not in (0, 1) or "Traceback" in (place / "log").read_text():
        result.faults.append(f"{stage.name} ({told}): the last run failed: {_tail(place)}")
        return
    found = contents(place / "out")
    for name in sorted(expected.files.keys() | found.keys()):
        kept = expected.files.get(name, b"")
        if name not in found or name not in expected.files or (kept is not None and found[name] != kept):
            what = "is lost" if name not in found else "differs" if name in expected.files else "is left over"
            result.faults.append(f"{stage.name} ({told}): {name} {what}")
    result.series += 1
    shutil.rmtree(place)


def _tail(place: Path) -> str:
    return (place / "log").read_text()[-400:].strip().replace("\n", " | ")


def inputs(root: Path) -> Path:
    """Make what the stages start from: phantoms, questions, predictions, shards, scores."""
    data = root / "data"
    data.mkdir()
    (data / "study.yaml").write_text(STUDY, encoding="utf-8")
    predict = ("predict", "-d", f"{data}/questions.jsonl")
    for words in (
        ("cases", "phantom", "-o", f"{data}/cases", "--count", "2", "--seed", "3", "--spacing", "14"),
        ("questions", "from-masks", f"{data}/cases", "-o", f"{data}/made", "--no-balance"),
    ):
        _must(words)
    shutil.copy(data / "made" / "questions.jsonl", data / "questions.jsonl")
    _point_to_images(data)
    for model in ("random", "echo"):
        _must((*predict, "-m", model, "-o", f"{data}/predictions"))
        _must(
            ("score", "-p", f"{data}/predictions/{model}.jsonl", "-m", "structured", "-o", f"{data}/scores")
        )
    for share in ("1/2", "2/2"):
        _must((*predict, "-m", "random", "-o", f"{data}/shards", "--shard", share))
    for stage in STAGES:
        if stage.name != "run":
            _must(stage.words(data, data / "warm"))
    return data


def _point_to_images(data: Path) -> None:
    """Write the questions with the path of their volume, which `prepare` reads."""
    from medspatial.records import Case, Question, read_records, write_records

    paths = {case.case_id: case.image_path for case in read_records(data / "cases" / "cases.jsonl", Case)}
    rows = read_records(data / "questions.jsonl", Question).rows
    write_records(
        data / "shown.jsonl", [row.model_copy(update={"image_path": paths[row.case_id]}) for row in rows]
    )


def _must(words: Sequence[str]) -> None:
    """Run a command in this process, so that all it imports is there for the forks."""
    with tempfile.TemporaryFile("w+") as log:
        kept = os.dup(1), os.dup(2)
        os.dup2(log.fileno(), 1)
        os.dup2(log.fileno(), 2)
        try:
            code = _main(words)
        finally:
            for number, old in enumerate(kept, start=1):
                os.dup2(old, number)
                os.close(old)
        log.seek(0)
        if code not in (0, 1):
            raise SystemExit(f"{' '.join(words)} ended with {code}: {log.read()[-2000:]}")


def campaign(kills: int, seed: int, names: Sequence[str] = (), minutes: float = 1e9) -> Result:
    """Kill and resume all stages by turns, until so many kills have hit or so many minutes passed."""
    draw, result = random.Random(seed), Result()
    until = time.monotonic() + 60 * minutes
    with tempfile.TemporaryDirectory(prefix="faults-") as place:
        root = Path(place)
        data = inputs(root)
        stages = [stage for stage in STAGES if not names or stage.name in names]
        most = max(stage.turns for stage in stages)
        by_turns = [stage for turn in range(most) for stage in stages if turn < stage.turns]
        expected = {stage.name: undisturbed(stage, data, root / stage.name) for stage in stages}
        for name, one in expected.items():
            print(f"{name}: {one.seconds:.1f} s, {one.touches} touches, {len(one.files)} files", flush=True)
        number = 0
        while result.kills.total() < kills and time.monotonic() < until:
            stage = by_turns[number % len(by_turns)]
            number += 1
            before = len(result.faults)
            series(stage, data, root / stage.name / f"series{number}", expected[stage.name], draw, result)
            for fault in result.faults[before:]:
                print(fault, flush=True)
            if number % len(by_turns) == 0:
                print(f"{result.kills.total()} kills, {len(result.faults)} faults", flush=True)
    return result


def main() -> None:
    """Run the campaign and print what fell."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--minutes", type=float, default=1e9, help="end after this many minutes")
    parser.add_argument("--stage", nargs="*", default=[], help="only these")
    given = parser.parse_args()
    result = campaign(given.kills, given.seed, given.stage, given.minutes)
    print(f"kills: {dict(result.kills)}, {dict(result.kinds)}; runs that ended before: {result.ended}")
    print(f"series: {result.series}; faults: {len(result.faults)}")
    sys.exit(1 if result.faults else 0)


if __name__ == "__main__":
    os.environ.setdefault("MPLBACKEND", "agg")
    os.environ.setdefault("OMP_NUM_THREADS", "1")  # threads do not live on in a fork
    main()
