"""Trackio: a tracker whose runs lie in a local database, or in a Space on the Hub."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from medspatial.errors import InputError, require
from medspatial.tracking.base import Tracker


class TrackioTracker(Tracker):
    """A trackio run; an offline one lies in ``<folder>/trackio``, or where ``TRACKIO_DIR`` says.

    Trackio reads that variable when it is first imported, so a program keeps one place for all its runs.
    """

    def __init__(
        self, *, project: str, folder: Path, name: str | None, offline: bool, options: Mapping[str, Any]
    ) -> None:
        if offline == ("space_id" in options):
            rule = "goes to no Space: leave 'space_id' out" if offline else "needs option 'space_id'"
            raise InputError(f"tracker 'trackio': mode {'offline' if offline else 'online'} {rule}")
        os.environ.setdefault("TRACKIO_DIR", str(folder.resolve() / "trackio"))
        self._trackio: Any = require("trackio", extra="track")
        own: dict[str, Any] = {"embed": False, "auto_log_gpu": False, "auto_log_cpu": False, **options}
        with contextlib.redirect_stdout(sys.stderr):  # its greeting is no result
            self._run: Any = self._trackio.init(project=project, name=name, config={}, **own)

    def log_metrics(self, metrics: Mapping[str, float]) -> None:
        """Log figures."""
        self._run.log(dict(metrics))

    def log_table(self, name: str, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
        """Log a ``trackio.Table``."""
        data = [list(row) for row in rows]
        self._run.log({f"tables/{name}": self._trackio.Table(columns=list(columns), data=data)})

    def log_figure(self, name: str, path: Path, caption: str = "") -> None:
        """Log a ``trackio.Image``."""
        self._run.log({f"figures/{name}": self._trackio.Image(str(path), caption=caption or None)})

    def log_manifest(self, manifest: Mapping[str, Any]) -> None:
        """Put the manifest into the run's configuration."""
        self._run.config["manifest"] = dict(manifest)

    def close(self, *, failed: bool = False) -> None:
        """End the run and wait until everything is written."""
        self._run.log({"failed": int(failed)})
        with contextlib.redirect_stdout(sys.stderr):
            self._trackio.finish()
