"""What runs on each device: makes its model, then answers the units it is sent, and reports as it goes."""

from __future__ import annotations

import queue
import sys
import threading
import traceback
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from medspatial.arms import arm as arm_of
from medspatial.errors import MedspatialError, RunStopped
from medspatial.models import Model
from medspatial.pool import Event
from medspatial.predict.cases import CaseSource, case_source, in_arm
from medspatial.predict.runner import Profile
from medspatial.predict.unit import Loaders, Prepared, UnitRun
from medspatial.progress import Silent
from medspatial.records import Prediction, Question

Work = tuple[str, list[Question]]  # case id and its open questions


@dataclass(frozen=True)
class Job:
    """What a worker must be given to answer as one process would; it travels to other processes.

    Attributes
    ----------
    make
        Makes the model for a device, ``cpu`` or ``cuda``; a module's function, or an object that is called.
    cases
        Where volumes and masks come from.
    asked
        All questions as the arm asks them.
    arm
        Its name.
    batch_size
        Questions answered at once; None for what the model says.
    """

    make: Callable[[str], Model]
    cases: CaseSource | None
    asked: Sequence[Question]
    arm: str
    batch_size: int | None = None

    def serve(self, device: str, receive: Callable[[], Work | None], report: Callable[[Event], None]) -> None:
        """Answer units until there is none; see `serve`."""
        serve(self, device, receive, report)


class Worker:
    """A model with its loaders, on its device.

    Parameters
    ----------
    report
        Gets each event as it happens.
    """

    def __init__(self, job: Job, device: str, report: Callable[[Event], None]) -> None:
        self._report = report
        model = job.make(device)
        arm = arm_of(job.arm)
        shown = in_arm(case_source(job.cases), arm, job.asked)
        if model.sees_reference:
            model.study(job.asked)
        self.profile = Profile.of(model)
        self._loaders = Loaders(model, shown.volume, shown.masks, arm.locate)
        self._run = UnitRun(model, self, job.arm, job.batch_size or model.batch_size, Silent(), arm.sample)

    def close(self) -> None:
        """Free what the model holds."""
        self._loaders.model.close()

    def prepare(self, work: Work) -> Prepared:
        """Read a case and make it ready."""
        return self._loaders.prepare(*work)

    def run(self, work: Work, prepared: Future[Prepared]) -> None:
        """Answer the questions of a case; reports ``done`` at the end, ``stop`` where the model says so."""
        try:
            self._run.answer_volume(*work, prepared)
        except RunStopped as stop:
            self._report(("stop", str(stop)))
        self._report(("done", None))

    def answer(self, rows: list[Prediction]) -> None:
        """Report answers."""
        self._report(("answer", rows))

    def fail(self, rows: list[Prediction]) -> None:
        """Report failures."""
        self._report(("fail", rows))

    def volume(self, facts: dict[str, Any]) -> None:
        """Report facts about a volume."""
        self._report(("volume", facts))


def serve(job: Job, device: str, receive: Callable[[], Work | None], report: Callable[[Event], None]) -> None:
    """Answer units until there is none; the next one is prepared while one is answered.

    An error that ends the run is reported as ``error``.

    Parameters
    ----------
    receive
        Waits for the next unit; None when there will be none.
    report
        Gets ``ready`` with the model's `Profile`, and then what a `Worker` reports.
    """
    try:
        worker = Worker(job, device, report)
        report(("ready", worker.profile))
        waiting: queue.SimpleQueue[tuple[Work, Future[Prepared]] | None] = queue.SimpleQueue()
        with ThreadPoolExecutor(1, thread_name_prefix="prepare") as pool:
            threading.Thread(target=_receive, args=(receive, pool, worker, waiting), daemon=True).start()
            while (item := waiting.get()) is not None:
                worker.run(*item)
        worker.close()
    except MedspatialError as error:
        report(("error", error))
    except Exception as error:
        traceback.print_exc(file=sys.stderr)
        report(("error", RunStopped(f"worker on {device}: {type(error).__name__}: {error}")))


def _receive(
    receive: Callable[[], Work | None],
    pool: ThreadPoolExecutor,
    worker: Worker,
    waiting: queue.SimpleQueue[tuple[Work, Future[Prepared]] | None],
) -> None:
    while (work := receive()) is not None:
        waiting.put((work, pool.submit(worker.prepare, work)))
    waiting.put(None)
