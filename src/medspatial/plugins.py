"""What installed packages add, by entry point: one way to find it, to load it, and to name what is broken.

A group per kind, each entry a name and what it stands for::

    [project.entry-points."medspatial.metrics"]
    toy = "toy_package:ToyMetric"

Nothing is imported before it is asked for. A broken plug-in is an `InputError` of one line with package,
entry point and cause; the others work on.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points
from typing import Any

from medspatial.errors import InputError, MedspatialError, meant
from medspatial.records import shown_kind

GROUPS = {
    "model": "medspatial.models",
    "metric": "medspatial.metrics",
    "subtype": "medspatial.subtypes",
    "arm": "medspatial.arms",
    "case source": "medspatial.case_sources",
    "tracker": "medspatial.trackers",
    "study": "medspatial.studies",
}


@dataclass(frozen=True)
class Plugin:
    """One entry of an installed package.

    Attributes
    ----------
    kind
        One of `GROUPS`.
    rule
        What an entry of this kind must be, for errors.
    """

    kind: str
    point: EntryPoint
    rule: str

    @property
    def name(self) -> str:
        """The name it is asked for by."""
        return self.point.name

    @property
    def package(self) -> str:
        """Name and version of the distribution it belongs to."""
        return "unknown" if self.point.dist is None else f"{self.point.dist.name} {self.point.dist.version}"

    @property
    def where(self) -> str:
        """Kind, name, entry point and package, as errors begin."""
        entry = f"{self.point.name} = {self.point.value}"
        return f"{self.kind} '{self.name}': entry point '{entry}' of package {self.package}"

    def load(self, fits: Callable[[Any], bool] = callable) -> Any:
        """Import what the entry names.

        Raises
        ------
        InputError
            Its import fails, or it does not fit the rule.
        """
        with self._guarded("cannot be imported"):
            loaded = self.point.load()
        return self._fitting(loaded, fits)

    def hold(self, loaded: Callable[..., Any], options: Mapping[str, Any]) -> None:
        """Hold options to the parameters of what the entry names.

        Raises
        ------
        InputError
            An option that it does not take, with the one that may be meant, or one that it needs.
        """
        try:
            parameters = inspect.signature(loaded).parameters.values()
        except ValueError:  # a callable that does not say what it takes
            return
        named = [one for one in parameters if one.kind in (one.POSITIONAL_OR_KEYWORD, one.KEYWORD_ONLY)]
        known = [one.name for one in named]
        unknown = sorted(set(options) - set(known))
        if unknown and not any(one.kind is one.VAR_KEYWORD for one in parameters):
            told = f"unknown option {unknown[0]!r}{meant(unknown[0], known)}"
            raise InputError(f"{self.kind} '{self.name}': {told}; it takes: {', '.join(known) or 'none'}")
        for one in named:
            if one.default is one.empty and one.name not in options:
                raise InputError(f"{self.kind} '{self.name}': option {one.name!r} is required")

    def make(
        self, loaded: Callable[..., Any], fits: Callable[[Any], bool], /, *args: Any, **options: Any
    ) -> Any:
        """Call what the entry names.

        Raises
        ------
        InputError
            The call fails, or returns what does not fit the rule.
        """
        with self._guarded("the call failed"):
            made = loaded(*args, **options)
        return self._fitting(made, fits)

    def _fitting(self, found: Any, fits: Callable[[Any], bool]) -> Any:
        if not fits(found):
            raise InputError(f"{self.where}: {self.rule}, got {shown_kind(found)}")
        return found

    @contextmanager
    def _guarded(self, what: str) -> Iterator[None]:
        try:
            yield
        except MedspatialError:
            raise
        except Exception as error:
            raise InputError(f"{self.where}: {what} ({in_a_line(error)}); {self.rule}") from error


def plugins(kind: str, rule: str) -> dict[str, Plugin]:
    """Return what installed packages add of one kind, by name in alphabetical order; nothing is imported.

    Parameters
    ----------
    kind
        One of `GROUPS`.
    rule
        What an entry must be, for errors: ``it must name a callable that returns ...``.
    """
    found: dict[str, Plugin] = {}
    for point in entry_points(group=GROUPS[kind]):
        found.setdefault(point.name, Plugin(kind, point, rule))
    return dict(sorted(found.items()))


def in_a_line(error: Exception) -> str:
    """Return type and message of an error without line breaks."""
    return " ".join(f"{type(error).__name__}: {error}".split())
