"""``NAME:option=value,...`` as a command line has it: a name with its options."""

from __future__ import annotations

from typing import Any

import yaml

from medspatial.errors import InputError


def named_options(text: str) -> tuple[str, dict[str, Any]]:
    """Read a name and its options; values are YAML, and a comma inside brackets or quotes parts nothing.

    >>> named_options("m3d_lamed:path=weights,cutoff=[1, 2],top-k=5")
    ('m3d_lamed', {'path': 'weights', 'cutoff': [1, 2], 'top_k': 5})

    Raises
    ------
    InputError
        An option without a value.
    """
    name, _, rest = text.partition(":")
    options: dict[str, Any] = {}
    for pair in _parts(rest):
        key, equals, value = pair.partition("=")
        if not equals or not key.strip():
            raise InputError(f"{text}: needs NAME:option=value,..., got {pair!r}")
        try:
            options[key.strip().replace("-", "_")] = yaml.safe_load(value)
        except yaml.YAMLError:
            options[key.strip().replace("-", "_")] = value
    return name, options


def _parts(text: str) -> list[str]:
    parts, depth, quote, start = [], 0, "", 0
    for place, mark in enumerate(text):
        if quote:
            quote = "" if mark == quote else quote
        elif mark in "\"'":
            quote = mark
        elif mark in "[{(":
            depth += 1
        elif mark in "]})":
            depth -= 1
        elif mark == "," and depth == 0:
            parts.append(text[start:place])
            start = place + 1
    return [part for part in (*parts, text[start:]) if part.strip()]
