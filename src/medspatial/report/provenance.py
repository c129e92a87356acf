"""A manifest as rows for a reader: dotted names and plain text."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

_LONGEST = 400


def provenance_rows(manifest: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Flatten nested plain data to (dotted name, text); long texts are cut and say so."""
    return list(_rows(manifest, ""))


def _rows(content: Mapping[str, Any], prefix: str) -> Iterator[tuple[str, str]]:
    for name, value in content.items():
        path = f"{prefix}{name}"
        if isinstance(value, Mapping) and value:
            yield from _rows(value, f"{path}.")
        elif isinstance(value, list | tuple) and value and all(isinstance(one, Mapping) for one in value):
            for number, one in enumerate(value, start=1):
                yield from _rows(one, f"{path}[{number}].")
        elif value not in (None, "", [], {}, ()):
            yield path, _text(value)


def _text(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    if len(text) <= _LONGEST:
        return text
    return f"{text[:_LONGEST]}… ({len(text):,} characters)"
