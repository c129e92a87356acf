"""Tables beside masks that say what their values mean: which files they are, and what they state."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from medspatial.anatomy import LabelMap, describe, read_label_map, structures
from medspatial.anatomy.tables import OWN_FORMATS, TABLE_SUFFIXES
from medspatial.errors import InputError
from medspatial.records import volume_name

# A file whose name is made of these words is meant as a table, or as one of something else ("labels.csv").
_WORDS = frozenset(
    [
        *(
            "label",
            "labels",
            "map",
            "mapping",
            "labelmap",
            "labelmapping",
            "labelnames",
            "labeltable",
            "name",
        ),
        *("names", "table", "dataset", "lut", "lookup", "legend", "color", "colors", "colour", "colours"),
        *("colortable", "class", "classes", "structure", "structures", "organs", "segments", "dseg"),
    ]
)
_MASK_WORDS = frozenset({"seg", "segmentation", "segmentations", "mask", "masks"})
# Names that mean nothing else: their structures need not be known to the anatomy.
TABLE_STEMS = ("labels", "label_map", "labelmap", "label_mapping", "label_names", "label_table", "dataset")
_SUFFIXES = (".json", *TABLE_SUFFIXES)
_UNREAD = (".xml", ".xlsx", ".xls", ".mat")  # named where their name says that they are tables
_KNOWN_SHARE = 0.5
_LARGEST = 1_000_000  # bytes


@dataclass(frozen=True)
class Statement:
    """Names of values, and where they are stated."""

    label_map: LabelMap
    where: str


def tables_beside(path: Path, root: Path | None) -> list[Statement]:
    """Return the tables of label values in a mask's folder and those above it, the nearest first."""
    return [
        Statement(label_map, file.name)
        for file in table_files(path, root)
        if (label_map := _table(file, _age(file))) is not None
    ]


def unread_tables(path: Path, root: Path | None) -> list[Path]:
    """Return the files that by their name are tables, and state nothing that can be read."""
    meant = [one for one in table_files(path, root) if _named_so(one.name, _mask_words(path))]
    return [one for one in meant if _table(one, _age(one)) is None]


def table_files(path: Path, root: Path | None) -> list[Path]:
    """Return the files beside a mask, up to the root of the data, that could say what its values mean."""
    folder = path if path.is_dir() else path.parent
    places = [folder]
    if root is not None and folder != root and root in folder.parents:
        places += folder.parents[: folder.parents.index(root) + 1]
    own = _mask_words(path)
    return [file for place in places for file in _candidates(place, _age(place)) if _may_name(file, own)]


def _may_name(file: Path, mask: tuple[str, ...]) -> bool:
    """Whether a table can be about a mask: text, a format of its own, or named as a table or as the mask."""
    return file.suffix.lower() in (*OWN_FORMATS, ".txt") or _named_so(file.name, mask)


def _named_so(name: str, mask: tuple[str, ...]) -> bool:
    """Whether a name is made of words for tables, beside those of the mask's own name, if any."""
    words = _words(Path(name).stem)
    if words == mask or Path(name).suffix.lower() in OWN_FORMATS:
        return True
    rest = tuple(one for one in words if one not in _WORDS)
    cases = tuple(one for one in mask if one not in _WORDS | _MASK_WORDS)
    return len(rest) < len(words) and rest in ((), cases, mask)


def _mask_words(path: Path) -> tuple[str, ...]:
    return _words(path.name if path.is_dir() else volume_name(path.name))


def _words(text: str) -> tuple[str, ...]:
    spaced = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", text)  # ColorTable
    return tuple(one for one in re.split(r"[^a-z0-9]+", spaced.lower()) if one)


def _age(path: Path) -> int:
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return 0


@lru_cache(maxsize=256)
def _candidates(folder: Path, age: int) -> tuple[Path, ...]:
    """List a folder once, however many masks lie in it."""
    try:
        with os.scandir(folder) as entries:
            names = sorted(one.name for one in entries if _is_candidate(one.name))
    except OSError:
        return ()
    return tuple(folder / name for name in names)


def _is_candidate(name: str) -> bool:
    return Path(name).suffix.lower() in (*_SUFFIXES, *_UNREAD) and not name.startswith(".")


@lru_cache(maxsize=256)
def _table(file: Path, age: int) -> LabelMap | None:
    """Read a table once; None where the file is one of something else."""
    if file.suffix.lower() in _UNREAD:
        return None
    sure = file.stem.lower() in TABLE_STEMS and file.suffix.lower() in (".json", ".csv", ".tsv")
    try:
        if not sure and file.stat().st_size > _LARGEST:
            return None
        found = read_label_map(file, strict=False)
    except (InputError, OSError):
        if sure or file.suffix.lower() in OWN_FORMATS:
            raise
        return None  # any text
    if found is None or sure or file.suffix.lower() in OWN_FORMATS:
        return found
    return found if _mostly_known(found) else None


def _mostly_known(label_map: LabelMap) -> bool:
    """Whether half of the names are those of structures or lesions: a table of anything has names, too."""
    names = [*label_map.labels.values(), *label_map.unions]
    return sum(map(_is_known, names)) >= _KNOWN_SHARE * len(names) > 0


def _is_known(name: str) -> bool:
    return any(name in (one.name, one.base) for one in structures()) or describe(name).kind == "lesion"
