"""Plain JSON data out of what code of others hands over."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from medspatial.records.encoding import encodable

_SHOWN_CHARS = 60


def plain_data(value: Any, where: str) -> Any:
    """Return a value as JSON holds it: None, bool, int, float, str, lists, and dicts with names as keys.

    Tuples become lists, and so do arrays; scalars of numpy become numbers; text becomes `encodable`.

    Parameters
    ----------
    where
        What the value is, for the message of an error.

    Raises
    ------
    TypeError
        Something else, with its place.
    """
    unpack = None if isinstance(value, type) else getattr(value, "tolist", None)  # numpy, torch
    if callable(unpack):
        value = unpack()
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, str):
        return encodable(value)
    if isinstance(value, list | tuple):
        return [plain_data(one, f"{where}[{place}]") for place, one in enumerate(value)]
    if isinstance(value, Mapping):
        return {_name(key, where): plain_data(one, f"{where}[{key!r}]") for key, one in value.items()}
    raise TypeError(f"{where}: {shown_kind(value)}")


def shown_kind(value: Any) -> str:
    """Return a value in a few words, with its type."""
    text = " ".join(repr(value).split())
    short = text if len(text) <= _SHOWN_CHARS else text[: _SHOWN_CHARS - 1] + "…"
    return f"{encodable(short)} ({type(value).__name__})"


def _name(key: Any, where: str) -> str:
    if not isinstance(key, str):
        raise TypeError(f"{where}: key {shown_kind(key)}")
    return encodable(key)
