"""Cases asked about by several workers; one writer writes the answers in the order of a single run."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from medspatial.arms import arm as arm_of
from medspatial.errors import InputError
from medspatial.pool import Event, Pool, Unit, Workers
from medspatial.predict.cases import case_source, in_arm
from medspatial.predict.output import PredictionFile
from medspatial.predict.runner import Groups, PredictionRun, PredictOptions, Profile, resumed_run
from medspatial.predict.unit import failed_row
from medspatial.predict.worker import Job, Work
from medspatial.progress import Progress
from medspatial.records import Question


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
    profiles = _Profiles()
    pool: Pool[_Case] = Pool(workers, profiles.agree)
    try:
        pool.start()
        profile = profiles.found
        assert profile is not None  # a worker is ready
        name = profile.name

        def ask(file: PredictionFile, pending: Groups) -> None:
            cases = (_Case(case_id, group, name, job.arm, options.progress) for case_id, group in pending)
            for _, event in pool.results(cases):
                _write(file, event)

        path = output(name) if callable(output) else Path(output)
        return resumed_run(profile, job.asked, path, ask, shown=shown, arm=arm, options=options)
    finally:
        workers.close()


class _Case(Unit):
    """A case's open questions; results come batch by batch."""

    noun = "volume"

    def __init__(
        self, case_id: str, group: Sequence[Question], model: str, arm: str, progress: Progress
    ) -> None:
        self._case_id, self._model, self._arm, self._progress = case_id, model, arm, progress
        self._open = {question.id: question for question in group}

    def work(self) -> Work:
        return self._case_id, list(self._open.values())

    def take(self, event: Event) -> None:
        kind, rows = event
        if kind != "volume":
            for row in rows:
                del self._open[row.id]
            self._progress.advance(len(rows), self._case_id)

    def finished(self) -> bool:
        return not self._open

    def lost(self, cause: str) -> Event:
        rows = self._open.values()
        return "fail", [failed_row(one, self._model, self._arm, cause) for one in rows]


class _Profiles:
    """Holds all workers to what the first one says of its model."""

    def __init__(self) -> None:
        self.found: Profile | None = None

    def agree(self, name: str, profile: Profile) -> None:
        if self.found is None:
            if profile.keeps_count:
                raise InputError(
                    f"model '{profile.name}' keeps count over the whole run (a budget, a cache): "
                    "it is asked by one process"
                )
            self.found = profile
        elif profile != self.found:
            raise InputError(
                f"model '{profile.name}' is another on {name}: {_difference(self.found.facts, profile.facts)}"
            )


def _write(file: PredictionFile, event: Event) -> None:
    kind, content = event
    if kind == "answer":
        file.answer(content)
    elif kind == "fail":
        file.fail(content)
    else:
        file.volume(content)


def _difference(first: Mapping[str, Any], other: Mapping[str, Any]) -> str:
    names = [name for name in {**first, **other} if first.get(name) != other.get(name)]
    return ", ".join(f"{name}: {first.get(name)!r} and {other.get(name)!r}" for name in names)
