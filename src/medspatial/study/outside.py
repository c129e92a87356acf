"""Studies of installed packages, found by the entry point group ``medspatial.studies``.

An entry names a callable that returns a study. Without arguments that is the package's own (``medspatial run
NAME``); for a study file with ``published: NAME`` it gets ``path`` and ``data``, the file and its content.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

from medspatial.plugins import Plugin, plugins
from medspatial.study.config import StudyConfig
from medspatial.study.runner import StudyRun

_RULE = "it must name a callable that returns a study: a StudyConfig, or what has a method run(folder, say)"


class OutsideStudy(Protocol):
    """What a package's study can do."""

    def run(self, folder: Path, say: Callable[[str], None]) -> StudyRun:
        """Do all stages in the folder; ``say`` gets one line per stage."""


def outside_studies() -> dict[str, Plugin]:
    """Return the studies of installed packages by name; nothing is imported."""
    return plugins("study", _RULE)


def outside_study(name: str, **file: Any) -> StudyConfig | OutsideStudy:
    """Return a package's study: its own, or the one of a study file.

    Raises
    ------
    InputError
        The package is broken, or refuses the file.
    """
    plugin = outside_studies()[name]
    study: StudyConfig | OutsideStudy = plugin.make(plugin.load(), _is_study, **file)
    return study


def _is_study(made: Any) -> bool:
    return isinstance(made, StudyConfig) or callable(getattr(made, "run", None))
