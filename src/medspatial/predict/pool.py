"""Units handed out to several workers, their results written by one writer in the order of a single run."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from medspatial.arms import arm as arm_of
from medspatial.errors import InputError, RunStopped
from medspatial.predict.cases import case_source, in_arm
from medspatial.predict.output import PredictionFile
from medspatial.predict.runner import Groups, PredictionRun, PredictOptions, Profile, resumed_run
from medspatial.predict.unit import failed_row
from medspatial.predict.worker import Event, Job, Work
from medspatial.progress import Progress
from medspatial.records import Question

_AHEAD = 4  # units per worker that may be answered ahead of the first open one
_DEATHS = 2  # of a worker with a unit in hand, after which its questions fail; or before it was ready


class Workers(Protocol):
    """How workers are reached; `medspatial.predict.processes.Processes` are those of this machine."""

    @property
    def names(self) -> Sequence[str]:
        """What each worker is called, by slot."""

    def start(self, slot: int) -> None:
        """Start a worker, or one in place of a dead one."""

    def send(self, slot: int, work: Work) -> None:
        """Hand it a unit; it may hold two."""

    def events(self) -> Iterator[tuple[int, Event]]:
        """Wait, then yield what happened, by slot; ``died`` (with the cause) is the last of a worker."""

    def close(self) -> None:
        """End all workers."""


def predict_with(
    workers: Workers,
    job: Job,
    output: str | Path | Callable[[str], Path],
    options: PredictOptions | None = None,
) -> PredictionRun:
    """Do as `predict`, with several workers: the same rows in the same order, byte for byte.

    A worker that dies costs its unit (model, volume): what it had not answered is tried once more, alone on
    a worker, and if that dies too its questions fail with the cause. Results of units that were answered
    ahead of an open one are kept in memory until it is closed, and are asked again if the run is killed.

    Parameters
    ----------
    workers
        Made for the job; they are ended before this returns.
    job
        What is asked, and of what model.
    output
        The predictions' ``.jsonl`` file, or a function from the model's name to it.
    options
        As in `predict`; ``batch_size`` is that of the job.

    Raises
    ------
    InputError
        As in `predict`; two workers' models that say different things of themselves; a model that keeps
        count over the whole run.
    RunStopped
        The model says so, or no worker is left.
    """
    options = options or PredictOptions()
    arm = arm_of(job.arm)
    shown = in_arm(case_source(job.cases), arm, job.asked)
    pool = _Pool(workers, job.arm, options.progress)
    try:
        profile = pool.start()
        path = output(profile.name) if callable(output) else Path(output)
        return resumed_run(profile, job.asked, path, pool.ask, shown=shown, arm=arm, options=options)
    finally:
        workers.close()


@dataclass
class _Unit:
    """A case's open questions, and what came back for those that are answered ahead of their turn."""

    place: int
    case_id: str
    open: dict[str, Question]
    deaths: int = 0
    closed: bool = False
    early: list[Event] = field(default_factory=list)


class _Pool:
    """Hands units to workers, and takes their events."""

    def __init__(self, workers: Workers, arm: str, progress: Progress) -> None:
        self._workers, self._arm, self._progress = workers, arm, progress
        self._hands: dict[int, list[_Unit]] = {}  # of the workers that are ready
        self._unready: dict[int, int] = {}  # slot to how often it died before it was ready
        self._profile: Profile | None = None
        self._units: dict[int, _Unit] = {}  # handed out and not written yet, by place
        self._rest: Iterator[_Unit] = iter(())
        self._fresh: _Unit | None = None
        self._suspects: deque[_Unit] = deque()  # in hand when a worker died: they are run alone
        self._turn = 0
        self._stop: str | None = None

    def start(self) -> Profile:
        """Start all workers; return what the first one that is ready says of its model."""
        for slot in range(len(self._workers.names)):
            self._unready[slot] = 0
            self._workers.start(slot)
        while self._profile is None:
            self._take_events()
        return self._profile

    def ask(self, file: PredictionFile, pending: Groups) -> None:
        """Have all units answered, and write what comes back in their order."""
        self._file = file
        self._rest = (
            _Unit(place, case_id, {question.id: question for question in group})
            for place, (case_id, group) in enumerate(pending)
        )
        self._fresh = next(self._rest, None)
        while self._units or self._fresh is not None:
            for slot in self._hands:
                self._hand_out(slot)
            if self._stop is not None and not any(self._hands.values()):
                raise RunStopped(self._stop)
            self._take_events()

    def _hand_out(self, slot: int) -> None:
        """Give a worker a second unit to prepare, or a suspect alone."""
        hand = self._hands[slot]
        while self._stop is None and len(hand) < 2 and not any(unit.deaths for unit in hand):
            if self._suspects:
                if hand:
                    return
                unit = self._suspects.popleft()
            elif self._fresh and self._fresh.place < self._turn + _AHEAD * len(self._workers.names):
                unit = self._units[self._fresh.place] = self._fresh
                self._fresh = next(self._rest, None)
            else:
                return
            hand.append(unit)
            self._workers.send(slot, (unit.case_id, list(unit.open.values())))

    def _take_events(self) -> None:
        for slot, event in self._workers.events():
            kind, content = event
            if kind == "ready":
                self._ready(slot, content)
            elif kind == "error":
                raise content
            elif kind == "stop":
                self._stop = content
            elif kind == "died":
                self._died(slot, content)
            elif kind == "done":
                self._close(self._hands[slot].pop(0))
            else:
                self._result(self._hands[slot][0], event)

    def _ready(self, slot: int, profile: Profile) -> None:
        if self._profile is None:
            if profile.keeps_count:
                raise InputError(
                    f"model '{profile.name}' keeps count over the whole run (a budget, a cache): "
                    "it is asked by one process"
                )
            self._profile = profile
        elif profile != self._profile:
            raise InputError(
                f"model '{profile.name}' is another on {self._workers.names[slot]}: "
                f"{_difference(self._profile.facts, profile.facts)}"
            )
        self._unready[slot] = 0
        self._hands[slot] = []

    def _died(self, slot: int, cause: str) -> None:
        name = self._workers.names[slot]
        for unit in self._hands.pop(slot, []):
            unit.deaths += 1
            if unit.deaths < _DEATHS:
                self._suspects.append(unit)
                continue
            error = f"the worker on {name} died ({cause}), as one before it did at this volume"
            assert self._profile is not None
            rows = [failed_row(one, self._profile.name, self._arm, error) for one in unit.open.values()]
            self._result(unit, ("fail", rows))
            self._close(unit)
        self._unready[slot] += 1
        if self._unready[slot] <= _DEATHS:
            self._workers.start(slot)
        elif all(count > _DEATHS for count in self._unready.values()):
            raise RunStopped(f"no worker is left; the one on {name} died ({cause})")

    def _result(self, unit: _Unit, event: Event) -> None:
        kind, content = event
        if kind != "volume":
            for row in content:
                del unit.open[row.id]
            self._progress.advance(len(content), unit.case_id)
        if unit.place == self._turn:
            self._write(event)
        else:
            unit.early.append(event)

    def _close(self, unit: _Unit) -> None:
        """Note that a unit is done; those after it may be next in turn, with what they have already.

        A unit that the model stopped at has open questions: it keeps its turn.
        """
        unit.closed = not unit.open
        while (first := self._units.get(self._turn)) and first.closed:
            del self._units[self._turn]
            self._turn += 1
            if (following := self._units.get(self._turn)) is not None:
                for event in following.early:
                    self._write(event)
                following.early.clear()

    def _write(self, event: Event) -> None:
        kind, content = event
        if kind == "answer":
            self._file.answer(content)
        elif kind == "fail":
            self._file.fail(content)
        else:
            self._file.volume(content)


def _difference(first: Mapping[str, Any], other: Mapping[str, Any]) -> str:
    names = [name for name in {**first, **other} if first.get(name) != other.get(name)]
    return ", ".join(f"{name}: {first.get(name)!r} and {other.get(name)!r}" for name in names)
