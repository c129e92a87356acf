"""Models of installed packages, by entry point: loaded and made with an error that names the package."""

from __future__ import annotations

from collections.abc import Callable
from importlib.metadata import EntryPoint, entry_points
from typing import Any

from medspatial.errors import InputError, MedspatialError
from medspatial.models.base import Model
from medspatial.records import shown_kind

GROUP = "medspatial.models"
_RULE = "it must name a callable that returns a medspatial.models.Model"


def outside_models() -> dict[str, EntryPoint]:
    """Return the entry points of the group by name, in alphabetical order; nothing is imported."""
    found: dict[str, EntryPoint] = {}
    for point in entry_points(group=GROUP):
        found.setdefault(point.name, point)
    return dict(sorted(found.items()))


def package_of(point: EntryPoint) -> str:
    """Return name and version of the distribution that an entry point belongs to."""
    return "unknown" if point.dist is None else f"{point.dist.name} {point.dist.version}"


def load_outside(point: EntryPoint) -> Callable[..., Model]:
    """Import what an entry point names.

    Raises
    ------
    InputError
        Its import fails, or it is nothing that can be called.
    """
    try:
        loaded: Any = point.load()
    except MedspatialError:
        raise
    except Exception as error:
        raise InputError(f"{_where(point)}: cannot be imported ({_in_a_line(error)}); {_RULE}") from error
    if not callable(loaded):
        raise InputError(f"{_where(point)}: {_RULE}, got {shown_kind(loaded)}")
    return loaded  # type: ignore[no-any-return]


def make_outside(point: EntryPoint, factory: Callable[..., Model], options: dict[str, Any]) -> Model:
    """Call what an entry point names.

    Raises
    ------
    InputError
        The call fails, or returns no model.
    """
    try:
        made: Any = factory(**options)
    except MedspatialError:
        raise
    except Exception as error:
        raise InputError(f"{_where(point)}: the call failed ({_in_a_line(error)}); {_RULE}") from error
    if not isinstance(made, Model):
        raise InputError(f"{_where(point)}: {_RULE}, got {shown_kind(made)}")
    return made


def _where(point: EntryPoint) -> str:
    return f"model '{point.name}': entry point '{point.name} = {point.value}' of package {package_of(point)}"


def _in_a_line(error: Exception) -> str:
    return " ".join(f"{type(error).__name__}: {error}".split())
