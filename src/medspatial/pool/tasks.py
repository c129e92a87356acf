"""Units with one result each: a function that several workers make for themselves, and call."""

from __future__ import annotations

import pickle
import sys
import traceback
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from medspatial.errors import InputError, MedspatialError, RunStopped
from medspatial.pool.ordered import Pool, Unit
from medspatial.pool.workers import Event, Receive, Report, Workers

W = TypeVar("W")
R = TypeVar("R")


@dataclass(frozen=True)
class Task(Generic[W, R]):
    """What workers do with each unit.

    Attributes
    ----------
    make
        Makes the function for a device, ``cpu`` or ``cuda``: what is costly to make is made here, once per
        worker. A module's function or an object that is called; it is pickled.
    facts
        Returns, of the function made, what must be the same of all workers: versions, settings.
    """

    make: Callable[[str], Callable[[W], R]]
    facts: Callable[[Callable[[W], R]], Any] | None = None

    def serve(self, device: str, receive: Receive, report: Report) -> None:
        """Do units until there is none; what a unit raises is its result."""
        try:
            do = self.make(device)
            report(("ready", (_version(), self.facts(do) if self.facts else None)))
        except Exception as error:
            report(("error", _travelling(error, device)))
            return
        while (work := receive()) is not None:
            try:
                event: Event = ("result", do(work))
            except Exception as error:
                event = ("raised", _travelling(error, device))
            report(event)
            report(("done", None))


@dataclass(frozen=True)
class Lost:
    """In place of a result: two workers died at the unit.

    Attributes
    ----------
    cause
        In words.
    """

    cause: str


def results_of(
    workers: Workers,
    items: Iterable[tuple[W, R | None]],
    facts: Callable[[Any], None] | None = None,
) -> Iterator[tuple[W, R | Lost]]:
    """Have units done by workers; yield each with its result, in their order. The workers are ended.

    Parameters
    ----------
    workers
        Made for a `Task`.
    items
        Units, each with its result where that is known already, else None; taken as they are needed.
    facts
        Gets what the workers are ready with, before the first unit is taken.

    Raises
    ------
    InputError
        Two workers differ in their facts.
    RunStopped
        No worker is left, or one failed by a fault of the program.
    MedspatialError
        What the task raises at a unit, in that unit's turn.
    """
    same = _Same()
    pool: Pool[_One[W, R]] = Pool(workers, same.agree)
    try:
        pool.start()
        if facts is not None:
            facts(same.found[1])
        for unit, (kind, content) in pool.results(_One(work, known) for work, known in items):
            if kind == "raised":
                raise content
            yield unit.content, content
    finally:
        workers.close()


class _One(Unit, Generic[W, R]):
    """A unit with one result."""

    def __init__(self, content: W, known: R | None) -> None:
        self.content, self._known, self._open = content, known, True

    def work(self) -> W:
        return self.content

    def take(self, event: Event) -> None:
        self._open = False

    def finished(self) -> bool:
        return not self._open

    def known(self) -> Event | None:
        return None if self._known is None else ("result", self._known)

    def lost(self, cause: str) -> Event:
        return ("result", Lost(cause))


class _Same:
    """Holds all workers to what the first one is ready with."""

    def __init__(self) -> None:
        self._first: str | None = None
        self.found: tuple[str, Any] = (_version(), None)

    def agree(self, name: str, found: tuple[str, Any]) -> None:
        if found[0] != _version():
            raise InputError(f"the worker on {name} runs medspatial {found[0]}, here it is {_version()}")
        if self._first is None:
            self._first, self.found = name, found
        elif found != self.found:
            raise InputError(
                f"the workers on {self._first} and {name} would give other results: "
                f"{self.found[1]} and {found[1]}"
            )


def _version() -> str:
    from medspatial.version import __version__

    return __version__


def _travelling(error: Exception, device: str) -> MedspatialError:
    """Return an error that can be sent to another process; a fault of the program is told here, in full."""
    if isinstance(error, MedspatialError):
        try:
            pickle.loads(pickle.dumps(error))
        except Exception:
            return InputError(str(error))
        return error
    traceback.print_exception(error, file=sys.stderr)
    return RunStopped(f"worker on {device}: {type(error).__name__}: {error}")
