"""Label maps: which value of a label volume means which structure; data files, not code."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

from medspatial.anatomy.structures import canonical_name
from medspatial.errors import InputError

_MAX_LABEL = 65535


@dataclass(frozen=True)
class LabelMap:
    """The names of a label volume's values.

    Attributes
    ----------
    labels
        Value (1 to 65535) to structure name; names that the anatomy does not know are custom structures.
    split_sides
        Names that cover both sides of the body and are split by components and world x (KiTS ``kidney``).
    ignored
        Values that are known and not used.
    """

    name: str
    labels: dict[int, str]
    split_sides: tuple[str, ...] = ()
    ignored: tuple[int, ...] = ()
    description: str = ""


def label_map_names() -> tuple[str, ...]:
    """Return the names of the built-in label maps, sorted."""
    return tuple(sorted(entry.name.removesuffix(".json") for entry in _folder().iterdir()))


def load_label_map(name_or_path: str | Path) -> LabelMap:
    """Load a built-in label map by name, or one from a JSON file.

    A file holds ``{"1": "spleen", ...}`` or ``{"labels": {...}}`` with the optional keys ``split_sides``,
    ``ignored`` and ``description``. Names are brought to the anatomy's spelling (``Left kidney`` becomes
    ``kidney_left``); unknown names are kept as custom structures.

    Raises
    ------
    InputError
        Unknown name, unreadable file, or a row that breaks a rule.
    """
    text = str(name_or_path)
    if text in label_map_names():
        return _built_in(text)
    path = Path(name_or_path)
    if path.suffix.lower() != ".json":
        known = ", ".join(label_map_names())
        raise InputError(f"unknown label map {text!r}; built in: {known}; or give the path of a .json file")
    try:
        return _parse(json.loads(path.read_text(encoding="utf-8")), path.stem, str(path))
    except FileNotFoundError:
        raise InputError(f"{path}: no such label map file") from None
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: cannot be read: {error}") from None
    except json.JSONDecodeError as error:
        raise InputError(f"{path}:{error.lineno}: not JSON: {error.msg}") from None


@cache
def _built_in(name: str) -> LabelMap:
    return _parse(json.loads(_folder().joinpath(f"{name}.json").read_text(encoding="utf-8")), name, name)


def _folder() -> Any:
    return resources.files("medspatial.anatomy").joinpath("data/label_maps")


def _parse(data: Any, name: str, where: str) -> LabelMap:
    if not isinstance(data, dict):
        raise InputError(
            f'{where}: a label map must be an object {{"1": "spleen", ...}}, got {type(data).__name__}'
        )
    rows = data.get("labels", data)
    if not isinstance(rows, dict) or not rows:
        raise InputError(f"{where}: field 'labels': must be an object with at least one value, got {rows!r}")
    labels: dict[int, str] = {}
    for key, value in rows.items():
        label = _label(key, where)
        if not isinstance(value, str) or not value.strip():
            raise InputError(f"{where}: field '{key}': the structure's name must be text, got {value!r}")
        named = canonical_name(value.strip())
        if named in labels.values():
            raise InputError(f"{where}: field '{key}': {named!r} already names another value")
        labels[label] = named
    extra = data if rows is not data else {}
    split = tuple(canonical_name(one) for one in extra.get("split_sides", ()))
    if missing := [one for one in split if one not in labels.values()]:
        raise InputError(f"{where}: field 'split_sides': must name one of the labels, got {missing[0]!r}")
    ignored = tuple(_label(one, where) for one in extra.get("ignored", ()))
    return LabelMap(name, labels, split, ignored, str(extra.get("description", "")))


def _label(key: Any, where: str) -> int:
    try:
        label = int(key)
    except (TypeError, ValueError):
        label = 0
    if not 1 <= label <= _MAX_LABEL:
        raise InputError(f"{where}: field '{key}': a label must be a whole number from 1 to {_MAX_LABEL}")
    return label
