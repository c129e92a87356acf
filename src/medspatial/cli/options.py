"""Options of a model given on the command line."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from medspatial.errors import InputError


def read_options(pairs: Sequence[str]) -> dict[str, Any]:
    """Read ``KEY=VALUE`` options; values are YAML, so that numbers and lists are what they look like."""
    import yaml

    options = {}
    for pair in pairs:
        key, equals, value = pair.partition("=")
        if not equals or not key:
            raise InputError(f"--set: needs KEY=VALUE, got {pair!r}")
        options[key.replace("-", "_")] = yaml.safe_load(value)
    return options
