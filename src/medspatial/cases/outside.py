"""Kinds of case sources that installed packages add, by the entry point group ``medspatial.case_sources``.

An entry names a callable that returns a `Discovery`: the cases, and the folder that their relative paths
start from. Its parameters are the options of the source: ``NAME:option=value,...`` on a command line,
``cases: {source: NAME, options: {...}}`` in a study file.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from medspatial.cases.discovery import Discovery
from medspatial.cases.layouts import with_label_map
from medspatial.errors import InputError, meant
from medspatial.plugins import Plugin, plugins


def outside_sources() -> dict[str, Plugin]:
    """Return the case sources of installed packages by name; nothing is imported."""
    return plugins("case source", "it must name a callable that returns a medspatial.cases.Discovery")


def is_outside(text: str) -> bool:
    """Say whether a text names a source of an installed package: ``NAME`` or ``NAME:option=value,...``.

    Raises
    ------
    InputError
        It is the path of a file or folder as well: which one is meant, only the user can know.
    """
    name = text.partition(":")[0]
    plugin = outside_sources().get(name)
    if plugin is None:
        return False
    if Path(text).exists():
        raise InputError(
            f"{text}: is a file or folder here and a case source of package {plugin.package}; "
            f"write {Path('.', text).absolute()} for the one, {name}: for the other"
        )
    return True


def source_callable(name: str, options: Mapping[str, Any]) -> Callable[..., Any]:
    """Import a source and hold options to the parameters of its callable; nothing is called.

    Raises
    ------
    InputError
        No source of that name, one that cannot be imported, an option that it does not take (with the one
        that may be meant), or one that it needs.
    """
    known = outside_sources()
    if name not in known:
        there = ", ".join(known) or "none is installed"
        raise InputError(f"unknown case source {name!r}{meant(name, known)}; known: {there}")
    loaded: Callable[..., Any] = known[name].load()
    known[name].hold(loaded, options)
    return loaded


def outside_cases(name: str, options: Mapping[str, Any], *, label_map: str | None = None) -> Discovery:
    """Return the cases of a source of an installed package.

    Parameters
    ----------
    label_map
        Label map of all masks; else what the source says.

    Raises
    ------
    InputError
        As `source_callable`; a source that breaks, or returns no cases, a case twice, or no folder as root.
    """
    loaded = source_callable(name, options)
    plugin = outside_sources()[name]
    found: Discovery = plugin.make(loaded, lambda made: isinstance(made, Discovery), **options)
    if not found.root.is_dir():
        raise InputError(f"{plugin.where}: its root must be a folder, got {found.root}")
    if not found.cases:
        raise InputError(f"{plugin.where}: gave no cases")
    twice = [case_id for case_id, count in Counter(one.case_id for one in found.cases).items() if count > 1]
    if twice:
        raise InputError(f"{plugin.where}: gave case {twice[0]!r} twice")
    return replace(found, root=found.root.resolve(), cases=with_label_map(found.cases, label_map, found.root))
