"""All subtypes of questions: the modules that define them, and how they are chosen by name."""

from __future__ import annotations

from functools import cache

from medspatial.errors import InputError
from medspatial.plugins import plugins
from medspatial.questions import (  # noqa: F401 (each defines subtypes when it is imported)
    comparison,
    composition,
    distance,
    laterality,
    lesion_distance,
    localisation,
    position,
    size,
    volume,
)
from medspatial.questions.subtype import Subtype, defined
from medspatial.records import CATEGORIES


def subtypes() -> tuple[Subtype, ...]:
    """Return all subtypes, by category and number; those of installed packages are imported.

    Raises
    ------
    InputError
        A broken subtype of a package.
    """
    _load_outside()
    return defined()


@cache
def _load_outside() -> None:
    for plugin in plugins("subtype", "it must name a function decorated with `subtype`").values():
        plugin.load()


def chosen_subtypes(names: tuple[str, ...] | list[str] | None) -> tuple[Subtype, ...]:
    """Return the subtypes named by id (``"L5"``), slug or category; all for None.

    Raises
    ------
    InputError
        For a name that is none of these.
    """
    everything = subtypes()
    if names is None:
        return everything
    wanted: set[str] = set()
    for name in names:
        found = {s.id for s in everything if name.lower() in (s.id.lower(), s.slug, s.category)}
        if not found:
            known = ", ".join([*(s.id for s in everything), *CATEGORIES])
            raise InputError(f"unknown question subtype {name!r}; known: {known}")
        wanted |= found
    return tuple(s for s in everything if s.id in wanted)
