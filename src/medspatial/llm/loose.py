"""Structured replies of models without a schema mode: lists of one, wrappers, lines, tags, a bare word."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from functools import lru_cache
from typing import Any

_QUOTES = str.maketrans({"“": '"', "”": '"', "„": '"', "‘": "'", "’": "'"})
_FENCE_LINE = re.compile(r"^\s*```\w*\s*$", re.M)
_EDGES = " \t\r\n*_`\"'{}[],;"
_BOXED = re.compile(r"\\boxed\s*\{([^{}]*)\}")
_TAG = re.compile(r"<([A-Za-z_][\w-]*)>\s*(.*?)\s*</\1\s*>", re.S)


def loose_objects(
    text: str, values: Sequence[Any], schema: dict[str, Any], may_miss: Sequence[str] = ()
) -> Iterator[dict[str, Any]]:
    """Yield what a reply may mean where no JSON value in it fits an object's schema.

    Parameters
    ----------
    text
        The reply without its thoughts.
    values
        The JSON values in it.
    may_miss
        Fields without which the reply still says all that matters: where they are missing they are empty.
    """
    names = tuple(schema.get("properties", {}))
    if not names:
        return
    found = [inner for value in values for inner in _inside(value, names)]
    if not found:
        found = [one for one in (_by_tags(text, names), _by_fields(text, names)) if one]
    if not found and (word := _bare_word(text, schema, may_miss)):
        found = [word]
    for one in found:
        yield {**{name: "" for name in may_miss if _key(name) not in map(_key, one)}, **one}


def _inside(value: Any, names: Sequence[str], depth: int = 3) -> Iterator[dict[str, Any]]:
    """Yield the objects with any of the names, from the outside."""
    if isinstance(value, dict):
        if {_key(name) for name in value} & {_key(name) for name in names}:
            yield {_own(str(name), names): one for name, one in value.items()}
            return
        value = list(value.values())
    if isinstance(value, list) and depth:
        for one in value:
            yield from _inside(one, names, depth - 1)


def _by_tags(text: str, names: Sequence[str]) -> dict[str, Any]:
    known = {_key(name) for name in names}
    return {_own(m[1], names): m[2] for m in _TAG.finditer(text) if _key(m[1]) in known}


@lru_cache(maxsize=64)
def _fields(names: tuple[str, ...]) -> re.Pattern[str]:
    """Match a name at the start of a line, or behind a brace, comma or semicolon, up to its colon."""
    spelled = "|".join(re.sub("[_ -]", "[_ -]?", re.escape(name).replace(r"\_", "_")) for name in names)
    return re.compile(rf"(?:^|[{{,;])[\s>*_#\-]*[\"']?({spelled})[\"']?[*_]*\s*[:=][*_]*\s*", re.I | re.M)


def _by_fields(text: str, names: tuple[str, ...]) -> dict[str, Any]:
    """Read "name: value", one a line or in braces that are no JSON; a name that comes twice is not read."""
    text = _FENCE_LINE.sub("", text.translate(_QUOTES))
    marks = list(_fields(names).finditer(text))
    ends = [*(mark.start() for mark in marks[1:]), len(text)][: len(marks)]
    found: dict[str, Any] = {}
    for mark, end in zip(marks, ends, strict=True):
        name = _own(mark[1], names)
        if name in found:
            return {}
        found[name] = _plain(text[mark.end() : end].strip(_EDGES))
    return found


def _plain(text: str) -> Any:
    """Return a figure, true, false or null as such, and all else as text."""
    with suppress(ValueError):
        value = json.loads(text)
        if not isinstance(value, dict | list):
            return value
    return text


def _bare_word(text: str, schema: dict[str, Any], may_miss: Sequence[str]) -> dict[str, Any]:
    """Read a reply that is one word of the only field that must be there, or says "the NAME is WORD"."""
    needed = [name for name in schema.get("required", ()) if name not in may_miss]
    if len(needed) != 1 or "enum" not in (part := schema["properties"][needed[0]]):
        return {}
    said = re.sub(r"\A[\W_]+|[\W_]+\Z", "", _BOXED.sub(r"\1", text.translate(_QUOTES)))
    words = {str(word).casefold(): word for word in part["enum"]}
    if said.casefold() in words:
        return {needed[0]: words[said.casefold()]}
    spelled = "|".join(map(re.escape, words))
    named = rf"\b{re.escape(needed[0])}\b\W{{0,4}}(?:is\b|:|=|-|–|—)\W{{0,6}}({spelled})\b"
    stated = {match[1].casefold() for match in re.finditer(named, said, re.I)}
    return {needed[0]: words[stated.pop()]} if len(stated) == 1 else {}


def _key(name: object) -> str:
    return re.sub("[_ -]", "", str(name)).casefold()


def _own(name: str, names: Sequence[str]) -> str:
    return next((one for one in names if _key(one) == _key(name)), name)
