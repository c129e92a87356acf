"""Workers as processes of this machine, one per device."""

from __future__ import annotations

import multiprocessing
import os
import signal
import time
from collections.abc import Iterator, Sequence
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess
from typing import Any

from medspatial.errors import InputError
from medspatial.pool.workers import Event, Place, Serving

_END_S = 5.0  # that a worker is given to end by itself
_VISIBLE = "CUDA_VISIBLE_DEVICES"


def read_devices(text: str) -> tuple[str, ...]:
    """Return the devices that ``0,1``, ``all`` or ``cpu,cpu`` name: ``cuda:N`` or ``cpu``.

    Raises
    ------
    InputError
        No such device, or a GPU named twice.
    """
    if text == "all":
        return tuple(f"cuda:{number}" for number in range(_gpu_count()))
    devices = tuple(f"cuda:{one}" if one.isdecimal() else one for one in text.split(","))
    for at, device in enumerate(devices):
        if device != "cpu" and not device.removeprefix("cuda:").isdecimal():
            raise InputError(f"--gpus {text}: must be numbers of GPUs, 'all', or 'cpu', got {device!r}")
        if device != "cpu" and device in devices[:at]:
            raise InputError(f"--gpus {text}: {device} is named twice")
    return devices


def on_processors(count: int) -> Place:
    """Return what starts this many processes without a GPU of their own."""
    return lambda job: Processes(job, ("cpu",) * count)


def _gpu_count() -> int:
    from medspatial.errors import require

    count = int(require("torch", "models").cuda.device_count())
    if not count:
        raise InputError("--gpus all: no GPU is visible here")
    return count


class Processes:
    """One process per device; a unit goes in and events come out through a pipe.

    The processes are started anew (``spawn``): nothing that this one holds, a lock or a GPU, is inherited.
    Each sees its own GPU alone, as ``cuda``. They end when this one does, however it ends.
    """

    def __init__(self, job: Serving, devices: Sequence[str]) -> None:
        self.names = tuple(devices)
        _refuse_hidden(devices)
        self._job = job
        self._context = multiprocessing.get_context("spawn")
        self._ready: set[int] = set()
        self._running: dict[int, tuple[SpawnProcess, Connection]] = {}

    def start(self, slot: int) -> None:
        """Start the worker of a device."""
        here, there = self._context.Pipe()
        process = self._context.Process(
            target=_work, args=(self._job, self.names[slot], there), name=self.names[slot], daemon=True
        )
        process.start()
        there.close()
        self._running[slot] = (process, here)

    def send(self, slot: int, work: Any) -> None:
        """Hand a unit to a worker; one that is dead says so by its event ``died``."""
        try:
            self._running[slot][1].send(work)
        except OSError:
            return

    def events(self) -> Iterator[tuple[int, Event]]:
        """Wait, then yield what happened, by slot."""
        slots: dict[Any, int] = {}
        for slot, (process, pipe) in self._running.items():
            slots[pipe] = slots[process.sentinel] = slot
        for slot in sorted({slots[ready] for ready in wait(list(slots))}):
            process, pipe = self._running[slot]
            try:
                if pipe.poll():
                    event: Event = pipe.recv()
                    self._ready |= {slot} if event[0] == "ready" else set()
                    yield slot, event
                    continue
            except (EOFError, OSError):
                process.join(_END_S)
            if process.is_alive():
                continue
            process.join()
            pipe.close()
            del self._running[slot]
            self._ready.discard(slot)
            yield slot, ("died", _cause(process.exitcode))

    def close(self) -> None:
        """End all workers: the idle ones end by themselves; those at work or not yet ready are ended."""
        for slot, (process, _) in self._running.items():
            if slot in self._ready:
                self.send(slot, None)
            else:
                process.kill()
        until = time.monotonic() + _END_S
        for process, pipe in self._running.values():
            process.join(max(0.0, until - time.monotonic()))
            if process.is_alive():
                process.kill()
                process.join()
            pipe.close()
        self._running.clear()


def _refuse_hidden(devices: Sequence[str]) -> None:
    visible = os.environ.get(_VISIBLE)
    for device in devices:
        number = device.removeprefix("cuda:")
        if visible is not None and number.isdecimal() and int(number) >= len(visible.split(",")):
            raise InputError(f"{device}: only {_VISIBLE}={visible} can be seen here")


def _cause(code: int | None) -> str:
    if code is None or code >= 0:
        return f"exit code {code}"
    try:
        return signal.Signals(-code).name
    except ValueError:
        return f"signal {-code}"


def _work(job: Serving, device: str, pipe: Connection) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches all; the writer ends its workers
    if device.startswith("cuda:"):
        number = int(device.removeprefix("cuda:"))
        visible = os.environ.get(_VISIBLE)
        os.environ[_VISIBLE] = str(number) if visible is None else visible.split(",")[number]
        device = "cuda"

    def receive() -> Any:
        try:
            return pipe.recv()
        except (EOFError, OSError):
            os._exit(1)  # the writer is gone, and with it whom a result would reach

    def report(event: Event) -> None:
        try:
            pipe.send(event)
        except OSError:
            os._exit(1)

    job.serve(device, receive, report)
