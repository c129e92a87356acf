"""Units handed out to several workers; what comes back is given in the order of a single run."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, ClassVar, Generic, TypeVar

from medspatial.errors import RunStopped
from medspatial.pool.workers import Event, Workers

_AHEAD = 4  # units per worker that may be done ahead of the first open one
_DEATHS = 2  # of a worker with a unit in hand, after which it is lost; or before it was ready


class Unit(ABC):
    """A part of the work, as the pool sees it."""

    noun: ClassVar[str] = "unit"

    @abstractmethod
    def work(self) -> Any:
        """Return what a worker is sent: all of the unit that is still open."""

    @abstractmethod
    def take(self, event: Event) -> None:
        """Note a result as it comes; its turn may be later."""

    @abstractmethod
    def finished(self) -> bool:
        """Whether nothing of it is open."""

    def known(self) -> Event | None:
        """Return the result of a unit that need not be done."""
        return None

    @abstractmethod
    def lost(self, cause: str) -> Event:
        """Return the result that stands for what is open, after workers died at it."""


U = TypeVar("U", bound=Unit)


@dataclass
class _Held(Generic[U]):
    """A unit that was taken up, and what came back ahead of its turn."""

    place: int
    unit: U
    deaths: int = 0
    closed: bool = False
    early: list[Event] = field(default_factory=list)


class Pool(Generic[U]):
    """Hands units to workers, and gives their results in the units' order.

    A worker that dies costs its unit: what was open of it is tried once more, alone on a worker, and is lost
    if that dies too. The dead worker is replaced. Results that come ahead of an open unit wait in memory, of
    at most four units per worker.

    Parameters
    ----------
    workers
        Whoever made them ends them.
    agree
        Gets the name of a worker and what it is ready with; raises where it does not fit the others.
    """

    def __init__(self, workers: Workers, agree: Callable[[str, Any], None]) -> None:
        self._workers, self._agree = workers, agree
        self._hands: dict[int, list[_Held[U]]] = {}  # of the workers that are ready
        self._unready: dict[int, int] = {}  # slot to how often it died before it was ready
        self._units: dict[int, _Held[U]] = {}  # taken up and not given yet, by place
        self._rest: Iterator[_Held[U]] = iter(())
        self._fresh: _Held[U] | None = None
        self._suspects: deque[_Held[U]] = deque()  # in hand when a worker died: they are run alone
        self._turn = 0
        self._given: deque[tuple[U, Event]] = deque()
        self._stop: str | None = None

    def start(self) -> None:
        """Start all workers; return when the first one is ready.

        Raises
        ------
        RunStopped
            No worker is left.
        """
        for slot in range(len(self._workers.names)):
            self._unready[slot] = 0
            self._workers.start(slot)
        while not self._hands:
            self._take_events()

    def results(self, units: Iterable[U]) -> Iterator[tuple[U, Event]]:
        """Have all units done; yield what comes back, in their order.

        Raises
        ------
        RunStopped
            A worker says so, or none is left.
        """
        self._rest = (_Held(place, unit) for place, unit in enumerate(units))
        self._fresh = next(self._rest, None)
        while True:
            while (known := self._known()) is not None:
                held = self._take_up()
                self._result(held, known)
                self._close(held)
                yield from self._due()
            if not self._units and self._fresh is None:
                return
            for slot in self._hands:
                self._hand_out(slot)
            if self._known() is not None:
                continue  # it may let a worker that is idle go on
            if self._stop is not None and not any(self._hands.values()):
                raise RunStopped(self._stop)
            self._take_events()
            yield from self._due()

    def _due(self) -> Iterator[tuple[U, Event]]:
        while self._given:
            yield self._given.popleft()

    def _near(self) -> bool:
        """Whether the next unit may be taken up, so close to the first open one it is."""
        ahead = _AHEAD * len(self._workers.names)
        return self._fresh is not None and self._fresh.place < self._turn + ahead

    def _known(self) -> Event | None:
        return self._fresh.unit.known() if self._fresh is not None and self._near() else None

    def _take_up(self) -> _Held[U]:
        assert self._fresh is not None
        held = self._units[self._fresh.place] = self._fresh
        self._fresh = next(self._rest, None)
        return held

    def _hand_out(self, slot: int) -> None:
        """Give a worker a second unit to prepare, or a suspect alone."""
        hand = self._hands[slot]
        while self._stop is None and len(hand) < 2 and not any(held.deaths for held in hand):
            if self._suspects:
                if hand:
                    return
                held = self._suspects.popleft()
            elif self._near() and self._known() is None:
                held = self._take_up()
            else:
                return
            hand.append(held)
            self._workers.send(slot, held.unit.work())

    def _take_events(self) -> None:
        for slot, event in self._workers.events():
            kind, content = event
            if kind == "ready":
                self._agree(self._workers.names[slot], content)
                self._unready[slot] = 0
                self._hands[slot] = []
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

    def _died(self, slot: int, cause: str) -> None:
        name = self._workers.names[slot]
        for held in self._hands.pop(slot, []):
            held.deaths += 1
            if held.deaths < _DEATHS:
                self._suspects.append(held)
                continue
            words = f"the worker on {name} died ({cause}), as one before it did at this {held.unit.noun}"
            self._result(held, held.unit.lost(words))
            self._close(held)
        self._unready[slot] += 1
        if self._unready[slot] <= _DEATHS:
            self._workers.start(slot)
        elif all(count > _DEATHS for count in self._unready.values()):
            raise RunStopped(f"no worker is left; the one on {name} died ({cause})")

    def _result(self, held: _Held[U], event: Event) -> None:
        held.unit.take(event)
        if held.place == self._turn:
            self._given.append((held.unit, event))
        else:
            held.early.append(event)

    def _close(self, held: _Held[U]) -> None:
        """Note that a unit is done; those after it may be next in turn, with what they have already.

        A unit at which the work was stopped is not finished: it keeps its turn.
        """
        held.closed = held.unit.finished()
        while (first := self._units.get(self._turn)) and first.closed:
            del self._units[self._turn]
            self._turn += 1
            if (following := self._units.get(self._turn)) is not None:
                self._given.extend((following.unit, event) for event in following.early)
                following.early.clear()
