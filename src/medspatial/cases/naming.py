"""What a mask file's values mean: who states it, and which label map fits where nobody does."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
from numpy.typing import NDArray

from medspatial.anatomy import LabelMap, load_label_map
from medspatial.anatomy.labels import label_map_names, label_map_of
from medspatial.cases.fit import Measured, contradictions, measure_values
from medspatial.cases.label_tables import Statement, tables_beside, unread_tables
from medspatial.cases.notes import Assumption, Misfit, NamedBy
from medspatial.errors import InputError
from medspatial.volume import Affine
from medspatial.volume.fields import Box

DEFAULT_LABEL_MAP = "totalsegmentator_v2"
# Maps that hold for files made here or that only a statement can tell from another one.
_NEVER_ASSUMED = frozenset({"phantom", "totalsegmentator_v3"})
# Fewer structures than this, with a place in the body that is known, prove no label map.
_FEWEST_PLACED = 4
_SHOWN = 6


@dataclass(frozen=True)
class Naming:
    """The label map to read a file by, and what has to be said about it."""

    label_map: LabelMap
    notes: tuple[str, ...] = ()


def name_values(
    path: Path,
    voxels: NDArray[Any],
    values: Sequence[int],
    affine: Affine,
    *,
    stated: LabelMap | None,
    root: Path | None,
    assume: bool = True,
    inside: Sequence[Statement] = (),
    field: Box | None = None,
) -> Naming | None:
    """Return the label map of a file's values, in the order of trust.

    First what the user states, then names inside the file, then a table beside it (in its folder or one
    above, up to the root of the data). Where nobody states it, every built-in map that knows all values is
    held against the anatomy; one is assumed only if it alone does not contradict it.

    Parameters
    ----------
    voxels, affine, values
        Of the file, (i, j, k), and its values other than 0.
    inside
        Names inside the file that have been read already.
    field
        The part of the grid that the file has seen; None where that is all of it.
    assume
        Whether a map may be assumed; else None is returned where nobody states one.

    Raises
    ------
    InputError
        Two statements contradict each other, or nobody states a map and not exactly one fits.
    """
    statements = [*inside, *names_inside(path), *tables_beside(path, root)]
    if stated is not None:
        notes = (_disagreement(Statement(stated, "as stated"), one, values) for one in statements)
        said = [Misfit(f"{path.name}: {note}; the label map is used as stated") for note in notes if note]
        return Naming(stated, tuple(said))
    for first, second in ((a, b) for i, a in enumerate(statements) for b in statements[i + 1 :]):
        if note := _disagreement(first, second, values):
            raise InputError(f"{path}: {note}; state the label map ({_STATED}), or remove the wrong one")
    if statements:
        return Naming(statements[0].label_map, (NamedBy(statements[0].where),))
    if not assume:
        return None
    passed_over = [
        f"{one.name}: beside the masks, and no table of values and names: not used"
        for one in unread_tables(path, root)
    ]
    try:
        found = _fitting(path, measure_values(voxels, affine, field), values)
    except InputError as error:
        raise InputError("; ".join([str(error), *passed_over])) from None
    return Naming(found.label_map, (*found.notes, *passed_over))


def names_inside(path: Path) -> list[Statement]:
    """Return the label table in a NIfTI file's header extension, as TotalSegmentator writes it.

    Raises
    ------
    InputError
        A table that names a value or a structure twice.
    """
    if not path.name.lower().endswith((".nii", ".nii.gz")):
        return []
    import nibabel as nib

    try:
        extensions = nib.load(path).header.extensions  # type: ignore[attr-defined]
    except (OSError, ValueError, nib.filebasedimages.ImageFileError):
        return []  # the reader of volumes says what is wrong with the file
    for one in extensions:
        content = one.get_content()
        text = content.decode("utf-8", "replace") if isinstance(content, bytes) else str(content)
        rows = _label_table(text.strip("\x00 \n\r\t"))
        if rows:
            where = "the label table in its header"
            return [Statement(label_map_of(rows, path.name, f"{path}: its header's label table"), where)]
    return []


def _label_table(text: str) -> dict[str, str]:
    """Return key and name of each label of a ``CaretExtension``; empty for any other text."""
    if "<LabelTable" not in text or "<!DOCTYPE" in text or "<!ENTITY" in text:
        return {}
    try:
        tree = ElementTree.fromstring(text)
    except ElementTree.ParseError:
        return {}
    rows = {str(one.get("Key")): (one.text or "").strip() for one in tree.iter("Label")}
    return {key: name for key, name in rows.items() if name and key not in ("0", "None")}


def _disagreement(first: Statement, second: Statement, values: Iterable[int]) -> str:
    """Say which values two statements name differently."""
    pairs = [(one, first.label_map.labels.get(one), second.label_map.labels.get(one)) for one in values]
    other = [(one, a, b) for one, a, b in pairs if a and b and a != b]
    if not other:
        return ""
    both = sum(1 for _, a, b in pairs if a and b)
    shown = ", ".join(f"{one} is {a} ({b})" for one, a, b in other[:_SHOWN])
    return (
        f"label map {first.label_map.name} ({first.where}) and {second.where} name {len(other)} of {both} "
        f"values differently: {shown}{', ...' if len(other) > _SHOWN else ''}"
    )


_STATED = "--label-map, or label_map in a study file"


def _fitting(path: Path, found: Mapping[int, Measured], values: Sequence[int]) -> Naming:
    """Return the only built-in map that knows all values and does not contradict the anatomy."""
    readings = _readings(values)
    listed = ", ".join(map(str, values[:8])) + (f", ... ({len(values)} in all)" if len(values) > 8 else "")
    start = f"{path}: nothing states what its values {listed} mean"
    state = f"state the label map ({_STATED}), or put a dataset.json beside it"
    if not readings:
        raise InputError(f"{start}, and no built-in label map knows all of them; {state}")
    fitting, reasons = [], []
    for one in readings:
        placed, against = contradictions(found, one)
        if against:
            reasons.append(f"{one.name} cannot be ({against[0]})")
        else:
            fitting.append((one, placed))
    if len(fitting) == 1 and (fitting[0][1] >= _FEWEST_PLACED or len(readings) == 1):
        chosen = fitting[0][0]
        return Naming(chosen, (Assumption(f"label map {chosen.name} assumed"),))
    if not fitting:
        raise InputError(f"{start}, and the built-in ones contradict the anatomy: {_first(reasons)}; {state}")
    names = _first(
        [f"{one.name} ({_first([one.labels[v] for v in values if v in one.labels])})" for one, _ in fitting]
    )
    raise InputError(f"{start}; they could be those of {names}; {state}")


def _readings(values: Sequence[int]) -> list[LabelMap]:
    """Return the built-in maps that know all values, one of each that name them alike, the default first."""
    names = sorted(label_map_names(), key=lambda name: (name != DEFAULT_LABEL_MAP, name))
    found: dict[object, LabelMap] = {}
    for one in (load_label_map(name) for name in names if name not in _NEVER_ASSUMED):
        if set(values) <= one.values:
            named = {value: one.labels.get(value) for value in values}
            if any(named.values()):
                found.setdefault((tuple(named.items()), one.split_sides), one)
    return list(found.values())


def _first(texts: Sequence[str]) -> str:
    return "; ".join(texts[:_SHOWN]) + ("; ..." if len(texts) > _SHOWN else "")


def split_values(voxels: NDArray[Any], label_map: LabelMap) -> dict[str, NDArray[np.bool_]]:
    """Return the mask of each name that stands for several values together."""
    return {name: np.isin(voxels, values) for name, values in label_map.unions.items()}
