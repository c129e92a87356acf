"""Files named after models: none overwrites another's."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from medspatial.errors import InputError

_SAFE = re.compile(r"[^A-Za-z0-9._-]+")


def safe_name(name: str) -> str:
    """Return a name with what a file's name cannot hold replaced; never a step up."""
    return _SAFE.sub("-", name).lstrip(".") or "-"


def files_of(folder: str | Path, names: Iterable[str], suffix: str) -> dict[str, Path]:
    """Return a file for each name, with what a file's name cannot hold replaced.

    Raises
    ------
    InputError
        Two names would share a file.
    """
    found: dict[str, Path] = {}
    for name in dict.fromkeys(names):
        path = Path(folder) / f"{_SAFE.sub('-', name)}{suffix}"
        if path in found.values():
            other = next(one for one, place in found.items() if place == path)
            raise InputError(f"{path}: would hold {other!r} and {name!r}; rename one of them")
        found[name] = path
    return found
