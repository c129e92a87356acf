"""Structured replies: text to JSON, and JSON against a schema.

The part of JSON Schema that is checked: ``type``, ``properties``, ``required``, ``additionalProperties``
(true or false), ``enum``, ``const``, ``items``, ``minItems``, ``maxItems``, ``minimum``, ``maximum``,
``minLength``, ``maxLength``, ``pattern``, ``anyOf``. A schema with another rule is refused, so that nothing
passes unchecked.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from medspatial.errors import InputError

_TYPES: dict[str, tuple[type, ...]] = {
    "object": (dict,),
    "array": (list,),
    "string": (str,),
    "number": (int, float),
    "integer": (int,),
    "boolean": (bool,),
    "null": (type(None),),
}
_CHECKED = {
    "type", "properties", "required", "additionalProperties", "enum", "const", "items", "minItems",
    "maxItems", "minimum", "maximum", "minLength", "maxLength", "pattern", "anyOf",
}  # fmt: skip
_WORDS = {"title", "description", "default", "examples", "$schema"}
_FENCE = re.compile(r"^\s*```[a-zA-Z]*\s*\n(.*?)\n?\s*```\s*$", re.DOTALL)


def schema_in_words(schema: dict[str, Any]) -> str:
    """Return the instruction that stands in for a server's own schema mode."""
    return f"Reply with one JSON value that fits this JSON schema, and nothing else:\n{json.dumps(schema)}"


def parse_structured(text: str, schema: dict[str, Any]) -> Any:
    """Return the value in a reply that fits the schema.

    A Markdown fence around it, and words before and after one object, are set aside.

    Raises
    ------
    ValueError
        What is wrong, with the place in the value.
    """
    value = _json_in(text)
    fault = next(_faults(value, schema, "reply"), None)
    if fault is not None:
        raise ValueError(fault)
    return value


def check_schema(schema: dict[str, Any], where: str = "schema") -> None:
    """Raise InputError where a schema uses a rule that is not checked here."""
    for rule, value in schema.items():
        if rule not in _CHECKED | _WORDS:
            raise InputError(
                f"{where}: rule {rule!r} is not supported; there are: {', '.join(sorted(_CHECKED))}"
            )
        if rule == "additionalProperties" and not isinstance(value, bool):
            raise InputError(f"{where}.{rule}: must be true or false, got {value!r}")
    unknown = [name for name in _type_names(schema) if name not in _TYPES]
    if unknown:
        raise InputError(f"{where}.type: must be one of {', '.join(_TYPES)}, got {unknown[0]!r}")
    for name, part in schema.get("properties", {}).items():
        check_schema(part, f"{where}.{name}")
    for part in (*schema.get("anyOf", ()), *([schema["items"]] if "items" in schema else [])):
        check_schema(part, where)


def _json_in(text: str) -> Any:
    fenced = _FENCE.match(text)
    bare = fenced.group(1) if fenced else text
    start, end = bare.find("{"), bare.rfind("}")
    fault: ValueError | None = None
    for candidate in (bare, bare[start : end + 1] if 0 <= start < end else ""):
        try:
            return json.loads(candidate)
        except ValueError as error:
            fault = fault or error
    raise ValueError(f"not JSON: {fault}")


def _type_names(schema: dict[str, Any]) -> list[str]:
    names = schema.get("type", [])
    return [names] if isinstance(names, str) else list(names)


def _faults(value: Any, schema: dict[str, Any], where: str) -> Iterator[str]:
    names = _type_names(schema)
    if names and not any(_is(value, name) for name in names):
        yield f"{where}: must be {' or '.join(names)}, got {_shown(value)}"
        return
    if "enum" in schema and value not in schema["enum"]:
        yield f"{where}: must be one of {schema['enum']}, got {_shown(value)}"
    if "const" in schema and value != schema["const"]:
        yield f"{where}: must be {schema['const']!r}, got {_shown(value)}"
    if "anyOf" in schema and not any(next(_faults(value, s, where), None) is None for s in schema["anyOf"]):
        yield f"{where}: fits none of the {len(schema['anyOf'])} forms, got {_shown(value)}"
    if isinstance(value, dict):
        yield from _object_faults(value, schema, where)
    elif isinstance(value, list):
        yield from _array_faults(value, schema, where)
    elif isinstance(value, str):
        yield from _string_faults(value, schema, where)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield from _bound_faults(value, schema, where, "minimum", "maximum")


def _is(value: Any, name: str) -> bool:
    if isinstance(value, bool):
        return name == "boolean"
    if name == "integer" and isinstance(value, float):
        return value.is_integer()
    return isinstance(value, _TYPES[name])


def _object_faults(value: dict[str, Any], schema: dict[str, Any], where: str) -> Iterator[str]:
    properties = schema.get("properties", {})
    for name in schema.get("required", ()):
        if name not in value:
            yield f"{where}: field '{name}' is required"
    if schema.get("additionalProperties") is False:
        for name in value:
            if name not in properties:
                yield f"{where}: unknown field '{name}'"
    for name, part in properties.items():
        if name in value:
            yield from _faults(value[name], part, f"{where}.{name}")


def _array_faults(value: list[Any], schema: dict[str, Any], where: str) -> Iterator[str]:
    yield from _bound_faults(len(value), schema, f"length of {where}", "minItems", "maxItems")
    if "items" in schema:
        for index, item in enumerate(value):
            yield from _faults(item, schema["items"], f"{where}[{index}]")


def _string_faults(value: str, schema: dict[str, Any], where: str) -> Iterator[str]:
    yield from _bound_faults(len(value), schema, f"length of {where}", "minLength", "maxLength")
    if "pattern" in schema and not re.search(schema["pattern"], value):
        yield f"{where}: must match {schema['pattern']!r}, got {_shown(value)}"


def _bound_faults(figure: float, schema: dict[str, Any], where: str, low: str, high: str) -> Iterator[str]:
    if low in schema and figure < schema[low]:
        yield f"{where}: must be at least {schema[low]}, got {figure}"
    if high in schema and figure > schema[high]:
        yield f"{where}: must be at most {schema[high]}, got {figure}"


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 80 else text[:79] + "…"
