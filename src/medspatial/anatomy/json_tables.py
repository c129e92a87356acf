"""Label tables in JSON as programs write them: rows as objects, names in order, names of objects."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_HOLDERS = (
    "labels",
    "label_names",
    "labelNames",
    "label_map",
    "names",
    "classes",
    "class_names",
    "categories",
    "structures",
    "organs",
    "segments",
    "segmentAttributes",  # dcmqi's description of a DICOM-SEG
)
_VALUES = ("value", "labelValue", "label_value", "labelID", "label_id", "id", "index", "key")
_NAMES = ("name", "label", "labelName", "structure", "SegmentLabel", "SegmentDescription", "title")


def plain_form(data: Any) -> Any:
    """Return a table as ``{"labels": {value: name}}``, whatever form its rows have; other data as they are.

    Known are a list of objects with value and name, an object of them by value or by name, and a list of
    names that begins with the background (its places are the values). They stand alone or under a key such
    as ``labels``, ``classes`` or ``segments``.
    """
    holder = next((one for one in _HOLDERS if isinstance(data, dict) and one in data), None)
    inner = data if holder is None else data[holder]
    rows = _rows(inner)
    if rows is not None:
        extra = data if isinstance(data, dict) and holder is not None else {}
        return {**{key: value for key, value in extra.items() if key != holder}, "labels": rows}
    if holder not in (None, "labels") and isinstance(inner, dict):
        return {"labels": inner}
    return data


def _rows(inner: Any) -> dict[str, str] | None:
    if isinstance(inner, list):
        return _of_list(inner)
    if not isinstance(inner, Mapping) or not inner or not all(isinstance(v, Mapping) for v in inner.values()):
        return None
    if all(str(key).strip().isdigit() for key in inner):
        named = {str(key): _first(row, _NAMES) for key, row in inner.items()}
        return _texts(named)
    return _texts({_number(_first(row, _VALUES)): str(name) for name, row in inner.items()})


def _of_list(inner: list[Any]) -> dict[str, str] | None:
    flat = [row for one in inner for row in (one if isinstance(one, list) else [one])]
    if flat and all(isinstance(row, Mapping) for row in flat):
        pairs = [(_number(_first(row, _VALUES)), _first(row, _NAMES)) for row in flat]
        if len({value for value, _ in pairs}) < len(pairs):
            return None
        return _texts(dict(pairs))
    texts = all(isinstance(row, str) and row.strip() for row in flat)
    if flat and texts and flat[0].strip().lower() in ("background", "bg"):
        return {str(value): name for value, name in enumerate(flat) if value}
    return None


def _first(row: Mapping[str, Any], keys: tuple[str, ...]) -> Any:
    return next((row[key] for key in keys if key in row), None)


def _number(value: Any) -> str | None:
    whole = isinstance(value, int) and not isinstance(value, bool)
    return str(value) if whole or (isinstance(value, str) and value.strip().isdigit()) else None


def _texts(rows: Mapping[str | None, Any]) -> dict[str, str] | None:
    """Return the rows but that of value 0; None where one lacks its value or its name."""
    if not rows or any(
        key is None or not isinstance(name, str) or not name.strip() for key, name in rows.items()
    ):
        return None
    return {str(key): name for key, name in rows.items() if int(str(key)) != 0} or None
