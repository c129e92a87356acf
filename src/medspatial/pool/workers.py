"""How workers are reached, and what runs in each."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Protocol

Event = tuple[str, Any]
"""What happened: ``ready``, ``done`` (with a unit), ``stop``, ``error``, ``died``; any other is a result."""
Receive = Callable[[], Any]
Report = Callable[[Event], None]


class Serving(Protocol):
    """What a worker must be given to work; it travels to other processes and machines."""

    def serve(self, device: str, receive: Receive, report: Report) -> None:
        """Work until there is nothing more.

        Parameters
        ----------
        device
            ``cpu`` or ``cuda``.
        receive
            Waits for the next unit; None when there will be none.
        report
            Gets ``ready`` with what must be the same of all workers, then the results of each unit, and
            ``done`` at its end. An error that ends the run is reported as ``error``.
        """


class Workers(Protocol):
    """How workers are reached; `Processes` are those of this machine, `RayActors` those of a cluster."""

    @property
    def names(self) -> Sequence[str]:
        """What each worker is called, by slot."""

    def start(self, slot: int) -> None:
        """Start a worker, or one in place of a dead one."""

    def send(self, slot: int, work: Any) -> None:
        """Hand it a unit; it may hold two."""

    def events(self) -> Iterator[tuple[int, Event]]:
        """Wait, then yield what happened, by slot; ``died`` (with the cause) is the last of a worker."""

    def close(self) -> None:
        """End all workers."""


Place = Callable[[Serving], Workers]
"""Makes the workers for what they shall do: where it runs."""
