"""A record that a person wrote as YAML: errors name the file, the field, the rule and the value."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any, TypeVar, get_args, get_origin

from pydantic import ValidationError

from medspatial.errors import InputError, meant
from medspatial.files import shortened
from medspatial.records.base import Record
from medspatial.records.yaml_text import read_yaml

C = TypeVar("C", bound=Record)


def study_data(path: Path) -> dict[str, Any]:
    """Read a study file as plain data.

    Raises
    ------
    InputError
        Missing file, or bad YAML (with line).
    """
    data = read_yaml(path)
    if not isinstance(data, dict):
        raise InputError(f"{path}: a study file is a mapping with 'title', 'cases', 'models', ...")
    return data


def validated(path: Path, kind: type[C], data: dict[str, Any]) -> C:
    """Check the data of a study file; the error names the field, the rule and the value."""
    try:
        return kind.model_validate(data)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        field = shortened(".".join(str(part) for part in first["loc"]))
        unknown = first["type"] == "extra_forbidden"
        rule = _unknown_field(kind, first["loc"]) if unknown else first["msg"]
        got = "" if first["type"] == "missing" else f"; got {shortened(repr(first.get('input')))}"
        told = shortened(rule.removeprefix("Value error, "), 500)
        raise InputError(f"{path}: field '{field}': {told}{got}") from None


def _unknown_field(kind: type[Record], place: tuple[int | str, ...]) -> str:
    """Say which field may be meant, and which there are."""
    fields = list(_fields_at(kind, place[:-1]))
    if not fields:
        return "unknown field"
    return f"unknown field{meant(str(place[-1]), fields)}; there are: {', '.join(fields)}"


def _fields_at(kind: Any, place: tuple[int | str, ...]) -> Iterable[str]:
    """Return the names of fields of the record at a place in another one."""
    for step in place:
        kind = kind.model_fields[step].annotation if isinstance(step, str) else get_args(kind)[0]
        records = [one for one in get_args(kind) if isinstance(one, type) and issubclass(one, Record)]
        kind = records[0] if get_origin(kind) is not tuple and records else kind
    return getattr(kind, "model_fields", {})
