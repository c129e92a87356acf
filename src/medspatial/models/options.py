"""What options a model takes: their names, which of them it needs, and which are paths.

A card says it of the models here, so that a wrong name is reported before anything of the model is imported.
Of a baseline and of a plug-in the signature says it: a parameter annotated `ReadPath`, `WrittenPath` or
``Path`` is a path, and one annotated `Runtime`, `Engine` or
`Generation` stands for the fields of that record. Where no
type says so the name decides: ``path``, ``checkpoint``, ``..._path``, ``cache``, ``..._cache``.
"""

from __future__ import annotations

import inspect
import typing
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, fields, replace
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any, Literal

from medspatial.errors import InputError
from medspatial.models.engine import Engine
from medspatial.models.generation import Generation
from medspatial.models.hardware import Runtime

# A file or folder that is read, or else a word or the name of a repository; and one that is written to.
ReadPath = Annotated[str | Path, "read"]
WrittenPath = Annotated[str | Path, "written"]
ReaderOptions = Annotated[Mapping[str, Any], "reader"]  # those of the model that the option ``reader`` names
Kind = Literal["value", "read", "written", "reader"]
_NEAR = 0.7  # how alike a wrong name must be to one that may be meant, 0..1
RECORDS: dict[str, type[Runtime | Engine | Generation]] = {
    "runtime": Runtime,
    "serving": Engine,
    "generation": Generation,
}


@dataclass(frozen=True)
class Options:
    """The options of one model.

    Attributes
    ----------
    kinds
        Name of each option to its kind: ``read`` and ``written`` are paths, ``reader`` holds the options of
        the model that the option ``reader`` names.
    required
        Those that it cannot do without.
    records
        Shared records that it takes, such as ``generation``; their fields are among the options.
    open
        Whether it takes further options, which it checks itself.
    """

    kinds: Mapping[str, Kind] = field(default_factory=dict)
    required: tuple[str, ...] = ()
    records: tuple[str, ...] = ()
    open: bool = False

    def kind(self, name: str) -> Kind:
        """Return the kind of an option; that of one further option by its name."""
        return self.kinds.get(name) or kind_by_name(name)

    def check(self, model: str, given: Mapping[str, Any]) -> None:
        """Hold options to this.

        Raises
        ------
        InputError
            An unknown option, with the one that may be meant; one that is missing; a wrong value of a shared
            record.
        """
        known = [*self.kinds, *(name for name in self.records if name not in self.kinds)]
        unknown = [] if self.open else sorted(set(given) - set(known))
        if unknown:
            near = get_close_matches(unknown[0], self.kinds, n=1, cutoff=_NEAR)
            meant = f" (did you mean {near[0]!r}?)" if near else ""
            raise InputError(
                f"model '{model}': unknown option {unknown[0]!r}{meant}; it takes: "
                f"{', '.join(self.kinds) or 'none'}"
            )
        missing = [name for name in self.required if name not in given]
        if missing:
            raise InputError(f"model '{model}': option {missing[0]!r} is required")
        for record in self.records:
            RECORDS[record](**_fields_in(record, given))

    def arguments(self, factory: Callable[..., Any], given: Mapping[str, Any]) -> dict[str, Any]:
        """Return options as arguments of a factory: fields of records gathered, over its own defaults."""
        arguments = dict(given)
        for record in self.records:
            chosen = _fields_in(record, given)
            default = inspect.signature(factory).parameters[record].default
            base = arguments.get(record, RECORDS[record]() if default is inspect.Parameter.empty else default)
            arguments = {name: value for name, value in arguments.items() if name not in chosen}
            arguments[record] = replace(base, **chosen)
        return arguments


def kind_by_name(name: str) -> Kind:
    """Return the kind that an option's name speaks for.

    >>> [kind_by_name(name) for name in ("text_path", "cache", "colour")]
    ['read', 'written', 'value']
    """
    if name in {"path", "checkpoint", "backbone"} or name.endswith("_path"):
        return "read"
    return "written" if name == "cache" or name.endswith("_cache") else "value"


def stated_options(
    stated: Mapping[str, str], required: tuple[str, ...] = (), *, open: bool = False
) -> Options:
    """Return options from names and kinds, as a card has them; a record stands for its fields."""
    kinds: dict[str, Kind] = {}
    for name, kind in stated.items():
        kinds.update(_record_fields(kind) if kind in RECORDS else {name: typing.cast(Kind, kind)})
    return Options(kinds, required, tuple(kind for kind in stated.values() if kind in RECORDS), open)


def signature_options(factory: Callable[..., Any]) -> Options:
    """Return options as the signature of a class or function has them; open where it has none."""
    try:
        parameters = inspect.signature(factory).parameters
    except ValueError:  # a callable that does not say what it takes
        return Options(open=True)
    types = _types(factory)
    named = {
        name: parameter
        for name, parameter in parameters.items()
        if parameter.kind not in (parameter.VAR_KEYWORD, parameter.VAR_POSITIONAL)
    }
    stated = {name: _kind(types.get(name)) for name in named}
    stated |= {name: kind_by_name(name) for name, kind in stated.items() if kind == "value"}
    return stated_options(
        stated,
        tuple(
            name
            for name, parameter in named.items()
            if parameter.default is parameter.empty and stated[name] not in RECORDS
        ),
        open=any(parameter.kind is parameter.VAR_KEYWORD for parameter in parameters.values()),
    )


def _kind(annotation: Any) -> str:
    """Return the kind of an option by its type; a plain ``Path`` is one wherever it lies."""
    for name, record in RECORDS.items():
        if annotation is record:
            return name
    if typing.get_origin(annotation) is Annotated:
        marks = [mark for mark in annotation.__metadata__ if mark in typing.get_args(Kind)]
        return str(marks[0]) if marks else _kind(annotation.__origin__)
    parts = [part for part in typing.get_args(annotation) if part is not type(None)]
    found = {_kind(part) for part in parts if typing.get_origin(part) is Annotated} - {"value"}
    if found:
        return found.pop()
    if Path in parts and str in parts:
        return "read"
    return "written" if annotation is Path or Path in parts else "value"


def _types(factory: Callable[..., Any]) -> dict[str, Any]:
    """Return the annotated types of parameters; without those that only a type checker can read."""
    target: Any = factory.__init__ if inspect.isclass(factory) else factory
    names = {"Path": Path, **getattr(target, "__globals__", {})}
    found: dict[str, Any] = {}
    for name, annotation in getattr(target, "__annotations__", {}).items():
        holder = type("Holder", (), {"__annotations__": {name: annotation}})
        with suppress(NameError, TypeError, AttributeError, SyntaxError):
            found.update(typing.get_type_hints(holder, names, include_extras=True))
    return found


def _record_fields(record: str) -> dict[str, Kind]:
    return {one.name: "value" for one in fields(RECORDS[record])}


def _fields_in(record: str, given: Mapping[str, Any]) -> dict[str, Any]:
    return {name: given[name] for name in _record_fields(record) if name in given}
