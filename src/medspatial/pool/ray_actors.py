"""Workers as actors of a Ray cluster, past one machine."""

from __future__ import annotations

import os
import queue
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from medspatial.errors import require
from medspatial.pool.workers import Event, Serving


class RayActors:
    """A pool of actors; the writer stays where it was started.

    Ray sets ``CUDA_VISIBLE_DEVICES`` for each actor, so that every one sees its share alone, as ``cuda``. An
    actor that dies, or whose node does, is one worker's death: its unit is tried again on any node.

    Parameters
    ----------
    job
        What they do; it is put into the cluster's store once.
    count
        Number of actors.
    gpus
        GPUs per actor; a fraction lets several share one. 0: the actors run on ``cpu``.
    cpus
        CPU cores per actor.

    Raises
    ------
    MissingPackageError
        Ray is not installed.
    """

    def __init__(self, job: Serving, count: int, gpus: float = 1.0, cpus: float = 1.0) -> None:
        self._ray: Any = require("ray", "ray")
        if not self._ray.is_initialized():
            self._ray.init(log_to_driver=False)  # the cluster of RAY_ADDRESS or of this machine
        self.names = tuple(f"actor {number}" for number in range(count))
        self._device = "cuda" if gpus else "cpu"
        self._job = self._ray.put(job)
        remote = self._ray.remote(num_gpus=gpus, num_cpus=cpus, max_restarts=0, max_concurrency=3)
        self._actor = remote(_Actor)
        self._events: queue.SimpleQueue[tuple[int, Event]] = queue.SimpleQueue()
        self._actors: dict[int, Any] = {}

    def start(self, slot: int) -> None:
        """Start an actor; Ray places it when there is room."""
        actor = self._actor.remote(self._job, self._device, str(Path.cwd()))
        self._actors[slot] = actor
        threading.Thread(target=self._listen, args=(slot, actor), daemon=True).start()

    def send(self, slot: int, work: Any) -> None:
        """Hand a unit to an actor."""
        with suppress(self._ray.exceptions.RayError):  # it is dead: its event ``died`` says so
            self._ray.get(self._actors[slot].send.remote(work))  # waits, so that units keep their order

    def events(self) -> Iterator[tuple[int, Event]]:
        """Wait, then yield what happened."""
        yield self._events.get()

    def close(self) -> None:
        """End all actors."""
        for actor in self._actors.values():
            self._ray.kill(actor)
        self._actors.clear()

    def _listen(self, slot: int, actor: Any) -> None:
        """Pass on an actor's events until it is dead."""
        try:
            while True:
                for event in self._ray.get(actor.events.remote()):
                    self._events.put((slot, event))
        except Exception as error:
            cause = str(error).strip().splitlines()
            self._events.put((slot, ("died", cause[0] if cause else type(error).__name__)))


class _Actor:
    """The worker inside the actor: a thread that answers, and two calls that reach it."""

    def __init__(self, job: Serving, device: str, folder: str) -> None:
        with suppress(OSError):  # relative paths start where they do for the writer; a node may not have it
            os.chdir(folder)
        self._work: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self._events: queue.SimpleQueue[Event] = queue.SimpleQueue()
        arguments = (device, self._work.get, self._events.put)
        threading.Thread(target=job.serve, args=arguments, daemon=True).start()

    def send(self, work: Any) -> None:
        """Take a unit."""
        self._work.put(work)

    def events(self) -> list[Event]:
        """Wait for an event; return it with those that came meanwhile."""
        found = [self._events.get()]
        while not self._events.empty():
            found.append(self._events.get())
        return found
