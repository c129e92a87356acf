"""Options of a model given on the command line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import typer

from medspatial.errors import InputError

CASES_HELP = (
    "A folder of CT with masks, a file of cases (.jsonl, .csv), or a case source of an installed package "
    "(NAME:option=value,...)."
)
ModelNames = Annotated[
    list[str] | None,
    typer.Option(
        "--names",
        help="Name a model in tables: OLD=NEW, or a YAML or JSON file of such pairs for all; repeatable.",
    ),
]


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


def read_names(pairs: Sequence[str], option: str) -> dict[str, str]:
    """Read ``OURS=THEIRS`` names of fields.

    Raises
    ------
    InputError
        No equals sign, or nothing on one side of it.
    """
    names = {}
    for pair in pairs:
        ours, _, theirs = pair.partition("=")
        if not ours.strip() or not theirs.strip():
            raise InputError(f"{option}: needs OURS=THEIRS, got {pair!r}")
        names[ours.strip()] = theirs.strip()
    return names


def refuse_idle(options: Mapping[str, object], why: str) -> None:
    """Refuse options that were given and would have no effect.

    Parameters
    ----------
    options
        Values by option; None and False stand for one that was not given.
    why
        Where they have one: ``is for --llm``.

    Raises
    ------
    InputError
        With the first that was given.
    """
    for name, value in options.items():
        if value is not None and value is not False:
            raise InputError(f"{name}: {why}")


def _value(text: str) -> Any:
    import yaml

    try:
        value = yaml.safe_load(text)
    except yaml.YAMLError:
        return text
    pattern = isinstance(value, dict) and value and set(value.values()) == {None}
    return text if pattern else value
