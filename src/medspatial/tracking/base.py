"""What can be logged to an experiment tracker, and how one is started."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from importlib import import_module
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Self, get_args

from medspatial.errors import InputError
from medspatial.plugins import Plugin, plugins

Mode = Literal["online", "offline", "disabled"]
MODES: tuple[Mode, ...] = get_args(Mode)
_ENTRIES: dict[str, str] = {
    "wandb": "medspatial.tracking.weights_and_biases:WandbTracker",
    "trackio": "medspatial.tracking.trackio_run:TrackioTracker",
}


class Tracker(ABC):
    """One run of a tracker; use it as a context manager, so that it is closed whatever happens."""

    @abstractmethod
    def log_metrics(self, metrics: Mapping[str, float]) -> None:
        """Log figures by name; a slash in a name makes a group."""

    @abstractmethod
    def log_table(self, name: str, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
        """Log a table; cells are texts, numbers or None."""

    @abstractmethod
    def log_figure(self, name: str, path: Path, caption: str = "") -> None:
        """Log a figure from a PNG file."""

    @abstractmethod
    def log_manifest(self, manifest: Mapping[str, Any]) -> None:
        """Log where the results come from: nested plain data."""

    @abstractmethod
    def close(self, *, failed: bool = False) -> None:
        """End the run; ``failed`` marks it as broken off."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close(failed=kind is not None)


class NoTracker(Tracker):
    """Logs nothing: mode ``disabled``."""

    def log_metrics(self, metrics: Mapping[str, float]) -> None:
        """Do nothing."""

    def log_table(self, name: str, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
        """Do nothing."""

    def log_figure(self, name: str, path: Path, caption: str = "") -> None:
        """Do nothing."""

    def log_manifest(self, manifest: Mapping[str, Any]) -> None:
        """Do nothing."""

    def close(self, *, failed: bool = False) -> None:
        """Do nothing."""


def start_tracker(
    to: str,
    *,
    project: str,
    folder: str | Path,
    name: str | None = None,
    mode: str = "offline",
    options: Mapping[str, Any] | None = None,
) -> Tracker:
    """Start a run.

    Parameters
    ----------
    to
        ``wandb``, ``trackio``, or a tracker of an installed package.
    folder
        Where an offline run is written.
    name
        Of the run; the tracker chooses one without it.
    mode
        ``online``: sent to the tracker's server (trackio: to the Space named by option ``space_id``);
        ``offline``: written to the folder; ``disabled``: nothing is logged and no package is needed.
    options
        Passed to the tracker's own ``init``, such as ``entity`` or ``group``.

    Raises
    ------
    InputError
        An unknown tracker, mode or option; trackio online without ``space_id``.
    MissingPackageError
        The tracker's package is not installed.
    """
    if to not in tracker_names():
        raise InputError(f"tracker must be one of {', '.join(tracker_names())}; got {to!r}")
    if mode not in MODES:
        raise InputError(f"tracking mode must be one of {', '.join(MODES)}; got {mode!r}")
    if mode == "disabled":
        return NoTracker()
    run: dict[str, Any] = {
        "project": project,
        "folder": Path(folder),
        "name": name,
        "offline": mode == "offline",
        "options": dict(options or {}),
    }
    tracker: Tracker
    if to not in _ENTRIES:
        plugin = outside_trackers()[to]
        tracker = plugin.make(plugin.load(), lambda made: isinstance(made, Tracker), **run)
        return tracker
    module, _, attribute = _ENTRIES[to].partition(":")
    try:
        tracker = getattr(import_module(module), attribute)(**run)
    except TypeError as error:
        raise InputError(f"tracker {to!r}: {error}") from error
    return tracker


def tracker_names() -> tuple[str, ...]:
    """Return the names of all trackers: ours, and those of installed packages."""
    return tuple(dict.fromkeys((*_ENTRIES, *outside_trackers())))


def outside_trackers() -> dict[str, Plugin]:
    """Return the trackers of installed packages by name; nothing is imported.

    An entry is called with ``project``, ``folder``, ``name``, ``offline`` and ``options``.
    """
    return plugins("tracker", "it must name a callable that returns a medspatial.tracking.Tracker")
