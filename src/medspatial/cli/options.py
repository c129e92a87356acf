"""Options of a model given on the command line."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from medspatial.errors import InputError


def read_options(pairs: Sequence[str]) -> dict[str, Any]:
    """Read ``KEY=VALUE`` options; values are YAML, so that numbers and lists are what they look like.

    What is no YAML, or a pattern such as ``{question}``, is text.
    """
    options = {}
    for pair in pairs:
        key, equals, value = pair.partition("=")
        if not equals or not key:
            raise InputError(f"--set: needs KEY=VALUE, got {pair!r}")
        options[key.replace("-", "_")] = _value(value)
    return options


def _value(text: str) -> Any:
    import yaml

    try:
        value = yaml.safe_load(text)
    except yaml.YAMLError:
        return text
    pattern = isinstance(value, dict) and value and set(value.values()) == {None}
    return text if pattern else value
