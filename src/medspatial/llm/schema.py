"""Structured replies: text to JSON, and JSON against a schema.

The part of JSON Schema that is checked: ``type``, ``properties``, ``required``, ``additionalProperties``
(true or false), ``enum``, ``const``, ``items``, ``minItems``, ``maxItems``, ``minimum``, ``maximum``,
``minLength``, ``maxLength``, ``pattern``, ``anyOf``. A schema with another rule is refused, so that nothing
passes unchecked.
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from typing import Any

from medspatial.errors import InputError
from medspatial.language import open_envelope
from medspatial.llm.loose import loose_objects

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
_THOUGHT = re.compile(r"<(think|thinking|reasoning)\b[^>]*>.*?</\1\s*>", re.I | re.S)
_ODD_ESCAPE = re.compile(r'\\(?!["\\/bfnrtu])')
_EDGES = re.compile(r"\A[\W_]+|[\W_]+\Z")  # marks around a word
_LAST_COMMA = re.compile(r",\s*([}\]])")
_FENCE = re.compile(r"^\s*```[a-zA-Z]*\s*\n(.*?)\n?\s*```\s*$", re.DOTALL)


def schema_in_words(schema: dict[str, Any]) -> str:
    """Return the instruction that stands in for a server's own schema mode."""
    return f"Reply with one JSON value that fits this JSON schema, and nothing else:\n{json.dumps(schema)}"


def parse_structured(text: str, schema: dict[str, Any], may_miss: Sequence[str] = ()) -> Any:
    """Return the value in a reply that fits the schema.

    Thoughts, a Markdown fence, and words around an object are left out. Forms that mean the same are read:
    backslashes of LaTeX, single quotes, a comma before the end; names and words of an enumeration in other
    case; fields that the schema does not have; null for an empty text.

    Parameters
    ----------
    may_miss
        Required fields of text that count as empty where the reply lacks them. Where there are any, and no
        value fits, what `medspatial.llm.loose` reads is taken: lists of one, wrappers, lines "name: value",
        tags, a bare word. (Else not: a figure that was cut is no figure.)

    Raises
    ------
    ValueError
        What is wrong, with the place in the value; or two values that both fit and differ.
    """
    values, first = list[Any](), None
    try:
        values = _values_in(text)
    except ValueError as error:
        first = str(error)
    fitting, fault = _fitting(values, schema)
    if not fitting and may_miss:
        fitting, _ = _fitting(loose_objects(_bare(text), values, schema, may_miss), schema)
    first = first or fault
    if len(fitting) > 1:
        raise ValueError(f"reply: {len(fitting)} values fit the schema and differ: {_shown(fitting)}")
    if not fitting:
        raise ValueError(first or "not JSON: no value in the reply")
    return fitting[0]


def _fitting(values: Iterable[Any], schema: dict[str, Any]) -> tuple[list[Any], str | None]:
    """Return the values that fit, as the schema writes them, and the first fault of those that do not."""
    first: str | None = None
    fitting: list[Any] = []
    for value in values:
        for form in (value, _alike(value, schema)):
            fault = next(_faults(form, schema, "reply"), None)
            if fault is None:
                fitting += [form] if form not in fitting else []
                break
            first = first or fault
    return fitting, first


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


def _values_in(text: str) -> list[Any]:
    """Return the JSON values of a reply: the whole of it, or every outermost object in it.

    Raises
    ------
    ValueError
        There is none.
    """
    bare = _bare(text)
    fenced = _FENCE.match(bare)
    bare = fenced.group(1) if fenced else bare
    fault: ValueError | None = None
    for candidates in ([bare], list(_objects(bare))):
        values = []
        for candidate in candidates:
            try:
                values.append(_loaded(candidate))
            except ValueError as error:
                fault = fault or error
        if values:
            return values
    raise ValueError(f"not JSON: {fault}")


def _bare(text: str) -> str:
    """Return a reply without its thoughts."""
    return _THOUGHT.sub(" ", open_envelope(text).text)


def _objects(text: str) -> Iterator[str]:
    """Yield the outermost ``{...}`` of a text; braces inside quoted text do not count."""
    depth, start, quoted, escaped = 0, 0, False, False
    for at, char in enumerate(text):
        if depth and char == '"' and not escaped:
            quoted = not quoted
        escaped = char == "\\" and not escaped
        if quoted:
            continue
        if char == "{":
            start = at if depth == 0 else start
            depth += 1
        elif char == "}" and depth:
            depth -= 1
            if depth == 0:
                yield text[start : at + 1]


def _loaded(text: str) -> Any:
    """Load JSON, mended only where it does not load as it stands."""
    try:
        return json.loads(text, strict=False)
    except ValueError as error:
        fault = error
    with suppress(ValueError):
        return json.loads(_LAST_COMMA.sub(r"\1", _ODD_ESCAPE.sub(r"\\\\", text)), strict=False)
    with suppress(ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        value = ast.literal_eval(text.strip())  # a dictionary as Python prints it
        if isinstance(value, dict | list):
            return value
    if text.strip().startswith("{{") and text.strip().endswith("}}"):  # braces doubled as in a template
        return _loaded(text.strip()[1:-1])
    raise fault


def _alike(value: Any, schema: dict[str, Any]) -> Any:
    """Return a value with names, words and empty texts as the schema writes them."""
    properties = schema.get("properties")
    if isinstance(value, dict) and properties:
        names = {name.casefold(): name for name in properties}
        named = {names.get(str(key).casefold(), key): one for key, one in value.items()}
        if len(named) < len(value):
            return value  # two spellings of one name
        if schema.get("additionalProperties") is False:
            named = {key: one for key, one in named.items() if key in properties}
        return {key: _alike(one, properties[key]) if key in properties else one for key, one in named.items()}
    if "enum" in schema:
        while isinstance(value, list | dict) and len(value) == 1:
            value = next(iter(value.values() if isinstance(value, dict) else value))
        words = {str(word).casefold(): word for word in schema["enum"]}
        return words.get(_EDGES.sub("", str(value)).casefold(), value)
    if schema.get("type") == "string" and isinstance(value, int | float | list):
        return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
    return "" if value is None and schema.get("type") == "string" and "enum" not in schema else value


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
