"""One entry of a study's models that stands for many: options crossed, each model with a name of its own.

``{kind: image_text, path: x, cross: {representation: [slices, grid], count: [8, 16]}}`` becomes four
models, ``image_text-slices-8`` to ``image_text-grid-16``. Values that make no name (prompts, lists) are given
with one: ``prompt: {plain: "{prompt}", brief: "{question} Answer in one word."}``.
"""

from __future__ import annotations

from itertools import product
from math import prod
from typing import Any

from medspatial.models.naming import NAME_CHARACTERS

_MOST_ENTRIES = 10_000
_LONGEST = 24  # characters of a value that can be part of a name


def expanded(entry: Any) -> list[Any]:
    """Return the entries that one entry stands for: itself where it has no ``cross``.

    Raises
    ------
    ValueError
        ``cross`` is no mapping of options to values, is empty, names an option given besides it, or a
        value needs a name.
    """
    if not isinstance(entry, dict) or "cross" not in entry:
        return [entry]
    rest = {key: value for key, value in entry.items() if key != "cross"}
    axes = entry["cross"]
    if not isinstance(axes, dict) or not axes:
        raise ValueError(f"'cross' needs options with lists of values, such as count: [8, 16]; got {axes!r}")
    options = rest.get("options", {})
    twice = sorted(set(axes) & ({*rest, *(options if isinstance(options, dict) else ())} | {"kind", "name"}))
    if twice:
        raise ValueError(f"'cross' cannot hold {twice[0]!r}: it is given for the whole entry")
    named = [[(option, *pair) for pair in _named(option, values)] for option, values in axes.items()]
    entries = prod(len(values) for values in named)
    if entries > _MOST_ENTRIES:
        raise ValueError(f"'cross' makes {entries:.3g} models, at most {_MOST_ENTRIES} can be")
    base = rest.get("name", rest.get("kind", ""))
    return [
        {
            **rest,
            "name": "-".join([str(base), *(name for _, name, _ in chosen)]),
            **{option: value for option, _, value in chosen},
        }
        for chosen in product(*named)
    ]


def _named(option: str, values: Any) -> list[tuple[str, Any]]:
    if isinstance(values, dict) and values:
        return [(str(name), value) for name, value in values.items()]
    if not isinstance(values, list) or not values:
        raise ValueError(f"'cross': {option!r} needs a list of values, or names with values; got {values!r}")
    return [(_name(option, value), value) for value in values]


def _name(option: str, value: Any) -> str:
    if isinstance(value, bool):
        return option if value else f"no_{option}"
    text = str(value)
    if not isinstance(value, str | int | float) or len(text) > _LONGEST or not set(text) <= NAME_CHARACTERS:
        raise ValueError(
            f"'cross': {option!r} needs names for its values ({option}: {{name: value}}); got {value!r}"
        )
    return text
