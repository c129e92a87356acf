"""Label maps: which value of a label volume means which structure; data files, not code."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

from medspatial.anatomy.json_tables import plain_form
from medspatial.anatomy.structures import canonical_name, structures
from medspatial.anatomy.tables import TABLE_SUFFIXES, table_rows
from medspatial.errors import InputError
from medspatial.files import cause, ordinary_file, shortened

_MAX_LABEL = 65535
_BACKGROUND = frozenset({"background", "bg", "clear label", "clear_label", "unlabeled", "unlabelled"})
_SHORT_SIDES = {"l": "left", "r": "right", "lt": "left", "rt": "right"}
_DEFAULT_NAME = re.compile(
    r"(?:segment|segmentation|label|structure|region|class|roi|mask|object|value|unnamed)?[ _\-]?\d*",
    re.IGNORECASE,
)
_IGNORE = frozenset({"ignore", "ignored"})
# Paired organs that lie far enough apart for components to tell their sides.
_PAIRED = frozenset({"kidney", "lung", "adrenal_gland", "femur", "hip"})
# Words of published data sets that no text calls the structure by.
_DATASET_NAMES = {
    "postcava": "inferior_vena_cava",
    "cancer": "tumor",
    "tumours": "tumor",
    "tumors": "tumor",
    "left head femur": "femur_left",
    "right head femur": "femur_right",
}


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
    unions
        Names that stand for several values together (nnU-Net's regions); their masks overlap others.
    """

    name: str
    labels: dict[int, str]
    split_sides: tuple[str, ...] = ()
    ignored: tuple[int, ...] = ()
    description: str = ""
    unions: dict[str, tuple[int, ...]] = field(default_factory=dict)

    @property
    def values(self) -> frozenset[int]:
        """Every value that the map knows."""
        joined = (value for values in self.unions.values() for value in values)
        return frozenset({*self.labels, *self.ignored, *joined})


def label_map_names() -> tuple[str, ...]:
    """Return the names of the built-in label maps, sorted."""
    return tuple(sorted(entry.name.removesuffix(".json") for entry in _folder().iterdir()))


def load_label_map(name_or_path: str | Path) -> LabelMap:
    """Load a built-in label map by name, or one from a file.

    A JSON file holds ``{"1": "spleen", ...}``, the reverse ``{"spleen": 1, ...}``, or either under
    ``"labels"`` (as nnU-Net's ``dataset.json``) with the optional keys ``split_sides``, ``ignored`` and
    ``description``, or rows as objects (`medspatial.anatomy.json_tables`). A name with a list of values is a
    union of them. Other files are tables: CSV with columns for value and name, ITK-SNAP's label descriptions,
    Slicer's colour tables, a value and a name per line. Names are brought to the anatomy's spelling
    (``Left kidney`` becomes ``kidney_left``); unknown names are kept as custom structures.

    Raises
    ------
    InputError
        Unknown name, unreadable file, or a row that breaks a rule.
    """
    text = str(name_or_path)
    if text in label_map_names():
        return _built_in(text)
    path = Path(name_or_path)
    if path.suffix.lower() not in (".json", *TABLE_SUFFIXES):
        known = ", ".join(label_map_names())
        raise InputError(f"unknown label map {text!r}; built in: {known}; or give the path of a .json file")
    found = read_label_map(path)
    if found is None:
        raise InputError(f"{path}: no table of label values and names is recognised in this file")
    return found


def read_label_map(path: Path, *, strict: bool = True) -> LabelMap | None:
    """Read a file as a label map.

    Parameters
    ----------
    strict
        Any JSON is meant to be a label map; else one without values and names is none.

    Raises
    ------
    InputError
        The file cannot be read, or a row breaks a rule.
    """
    try:
        if path.exists():
            ordinary_file(path)
        text = path.read_text(encoding="utf-8-sig")
        if path.suffix.lower() != ".json":
            rows = table_rows(text, path)
            return None if rows is None else label_map_of(rows, path.stem, str(path))
        data = plain_form(json.loads(text))
    except FileNotFoundError:
        raise InputError(f"{path}: no such label map file") from None
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{shortened(str(path), 300)}: cannot be read: {cause(error)}") from None
    except json.JSONDecodeError as error:
        raise InputError(f"{path}:{error.lineno}: not JSON: {error.msg}") from None
    except (RecursionError, ValueError) as error:
        raise InputError(f"{path}: not usable JSON: {cause(error)}") from None
    return _parse(data, path.stem, str(path)) if strict or _is_table(data) else None


def label_map_of(rows: Mapping[Any, Any], name: str, where: str) -> LabelMap:
    """Return the label map of value-to-name rows, as they stand in a file; sides are split where needed.

    Raises
    ------
    InputError
        A value that is no label, a name that is no text, or a name given twice.
    """
    return _parse({"labels": dict(rows)}, name, where)


def label_name(text: str) -> str:
    """Return the anatomy's name for a label as data sets write it; an unknown label as it is.

    Examples
    --------
    >>> label_name("Left Kidney"), label_name("bladder"), label_name("postcava"), label_name("my organ")
    ('kidney_left', 'urinary_bladder', 'inferior_vena_cava', 'my organ')
    """
    text = text.strip()
    if says_nothing(text):
        return text
    named = canonical_name(text)
    if named != text or any(one.name == named for one in structures()):
        return named
    plain = _key(re.sub(r"[^\w]|_", " ", text))
    return _phrases().get(plain) or _phrases().get(_key(plain, _SHORT_SIDES), text)


def says_nothing(name: str) -> bool:
    """Whether a name is one that programs give before people do: ``Segment_1``, ``label 2``, ``ROI-3``."""
    return _DEFAULT_NAME.fullmatch(name.strip()) is not None


def _key(text: str, short: Mapping[str, str] = {}) -> str:
    words = (short.get(word, word) for word in text.lower().split())
    return " ".join(sorted(word for word in words if word not in {"of", "the", "and"}))


@cache
def _phrases() -> dict[str, str]:
    """Return the phrases by which texts know organs and lesions, with their side, words sorted."""
    found: dict[str, str] = {}
    for one in structures():
        for phrase in (one.name.replace("_", " "), *one.synonyms):
            side = f" {one.side}" if one.side and one.side not in phrase else ""
            found.setdefault(_key(phrase.replace("-", " ") + side), one.name)
        for phrase in one.abbreviations:
            found.setdefault(_key(phrase), one.name)
    return {_key(name): value for name, value in _DATASET_NAMES.items()} | found


@cache
def _built_in(name: str) -> LabelMap:
    data = json.loads(_folder().joinpath(f"{name}.json").read_text(encoding="utf-8"))
    return _parse(data, name, name, split=tuple(data.get("split_sides", ())))


def _folder() -> Any:
    return resources.files("medspatial.anatomy").joinpath("data/label_maps")


def _is_table(data: Any) -> bool:
    """Whether JSON reads as values with names, either way round."""
    rows = data.get("labels", data) if isinstance(data, dict) else None
    if not isinstance(rows, dict) or not rows:
        return False
    forward = all(isinstance(one, str) for one in rows.values()) and _numbers(rows)
    return forward or _reverse(rows)


def _numbers(keys: Iterable[Any]) -> bool:
    return all(str(one).strip().isdigit() for one in keys)


def _reverse(rows: Mapping[Any, Any]) -> bool:
    """Whether names stand before their values."""
    whole = all(
        (isinstance(one, int | list) and not isinstance(one, bool))
        or (isinstance(one, str) and one.strip().isdecimal())
        for one in rows.values()
    )
    return whole and not _numbers(rows)


def _parse(data: Any, name: str, where: str, *, split: tuple[str, ...] | None = None) -> LabelMap:
    if not isinstance(data, dict):
        raise InputError(
            f'{where}: a label map must be an object {{"1": "spleen", ...}}, got {type(data).__name__}'
        )
    rows = data.get("labels", data)
    if not isinstance(rows, dict) or not rows:
        raise InputError(f"{where}: field 'labels': must be an object with at least one value, got {rows!r}")
    labels: dict[int, str] = {}
    unions: dict[str, tuple[int, ...]] = {}
    extra = data if rows is not data else {}
    ignored = [_label(one, where) for one in extra.get("ignored", ())]
    for key, values, text in _rows(rows, where):
        if text.strip().lower() in _BACKGROUND:
            continue
        numbers = tuple(_label(one, where) for one in values)
        if text.strip().lower() in _IGNORE:
            ignored += numbers
            continue
        named = label_name(text)
        if named in (*labels.values(), *unions):
            raise InputError(f"{where}: field '{key}': {named!r} already names another value")
        if len(numbers) > 1:
            unions[named] = numbers
        elif numbers[0] in labels:
            first = labels[numbers[0]]
            raise InputError(f"{where}: value {numbers[0]} has two names: {first!r} and {named!r}")
        else:
            labels[numbers[0]] = named
    if split is None:
        split = _split(extra, labels, where)
    return LabelMap(name, labels, split, tuple(ignored), str(extra.get("description", "")), unions)


def _rows(rows: dict[Any, Any], where: str) -> list[tuple[Any, list[Any], str]]:
    """Return (field, values, name) of each row, whichever way round the file has them."""
    reverse, found = _reverse(rows), []
    for key, value in rows.items():
        if reverse:
            found.append((key, list(value) if isinstance(value, list) else [value], str(key)))
        elif not isinstance(value, str) or not value.strip():
            raise InputError(f"{where}: field '{key}': the structure's name must be text, got {value!r}")
        else:
            found.append((key, [key], value))
    if empty := [key for key, values, _ in found if not values]:
        raise InputError(f"{where}: field '{empty[0]}': needs at least one value, got []")
    return found


def _split(extra: Mapping[str, Any], labels: Mapping[int, str], where: str) -> tuple[str, ...]:
    """Return the names to split into sides: as the file says, else those of paired organs without a side."""
    if "split_sides" in extra:
        split = tuple(label_name(one) for one in extra["split_sides"])
        if missing := [one for one in split if one not in labels.values()]:
            raise InputError(f"{where}: field 'split_sides': must name one of the labels, got {missing[0]!r}")
        return split
    return tuple(one for one in labels.values() if one in _PAIRED)


def _label(key: Any, where: str) -> int:
    try:
        label = int(key)
    except (TypeError, ValueError):
        label = 0
    if not 1 <= label <= _MAX_LABEL:
        raise InputError(f"{where}: field '{key}': a label must be a whole number from 1 to {_MAX_LABEL}")
    return label
