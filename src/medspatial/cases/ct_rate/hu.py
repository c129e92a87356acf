"""HU of CT-RATE's volumes: raw files with their metadata table, corrected files as they are.

Raw files (``train``, ``valid``) hold stored values without slope, intercept, spacing or direction, which
stand only in the table; the corrected ones (``train_fixed``, ``valid_fixed``) are in HU with a good
header. Both conventions under one name is how an intercept gets applied twice; that is refused here.
"""

from __future__ import annotations

import ast
import csv
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from medspatial.errors import InputError
from medspatial.volume import Affine, Step, Volume, read_volume
from medspatial.volume.hu import check_hu

_FIELDS = (
    "VolumeName",
    "RescaleSlope",
    "RescaleIntercept",
    "XYSpacing",
    "ZSpacing",
    "ImagePositionPatient",
    "ImageOrientationPatient",
)
_IDENTITY = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0)


@dataclass(frozen=True)
class RawFacts:
    """What the table says of one raw volume.

    Attributes
    ----------
    spacing
        Along x, y, z in mm.
    origin
        Centre of the first voxel in RAS+ mm.
    """

    name: str
    slope: float
    intercept: float
    spacing: tuple[float, float, float]
    origin: tuple[float, float, float]

    @property
    def affine(self) -> Affine:
        """Of the raw array: x to the left, y to posterior, z to superior."""
        return Affine.from_axcodes("LPS", self.spacing, origin=self.origin)


def read_raw_table(path: str | Path) -> dict[str, RawFacts]:
    """Read a metadata table (``train_metadata.csv``, ``validation_metadata.csv``) by volume name.

    Raises
    ------
    InputError
        A column is missing, a value is not a number, or the orientation is not the identity.
    """
    path = Path(path)
    try:
        with path.open(encoding="utf-8", newline="") as stream:
            reader = csv.DictReader(stream)
            missing = [name for name in _FIELDS if name not in (reader.fieldnames or ())]
            if missing:
                raise InputError(f"{path}:1: lacks the column {missing[0]!r}")
            rows = [_facts(row, f"{path}:{reader.line_num}") for row in reader]
    except FileNotFoundError:
        raise InputError(f"{path}: no such file") from None
    return {row.name: row for row in rows}


def read_ct_rate(path: str | Path, table: dict[str, RawFacts]) -> Volume:
    """Read one volume of CT-RATE in HU, raw or corrected.

    Raises
    ------
    InputError
        A raw file that the table does not list, or values that are HU neither before nor after.
    """
    path = Path(path)
    facts = table.get(path.name)
    volume = read_volume(path, assume_axes="LPS")
    if _in_hu(volume):
        return volume if not _assumed(volume) else _placed(volume, facts)
    if facts is None:
        raise InputError(f"{path}: not in HU, and the metadata table has no row {path.name!r}")
    return in_hu(volume, facts)


def in_hu(volume: Volume, facts: RawFacts) -> Volume:
    """Apply slope, intercept, spacing and position of the table to raw values.

    Raises
    ------
    InputError
        The volume is in HU already (its intercept would be applied twice), or is not after it.
    """
    where = volume.source or facts.name
    if volume.unit == "HU" or _in_hu(volume):
        raise InputError(
            f"{where}: already in HU; the table's intercept ({facts.intercept:g}) would be applied twice"
        )
    if any(step.name == "rescaled" for step in volume.history):
        raise InputError(f"{where}: the header's own rescale was applied; the table is for raw values")
    values = volume.voxels.astype(np.float32) * np.float32(facts.slope) + np.float32(facts.intercept)
    step = Step("ct_rate_table", {"slope": facts.slope, "intercept": facts.intercept})
    made = Volume(values, facts.affine, "unknown", (*volume.history, step), volume.source)
    return made.with_unit("HU")


def _placed(volume: Volume, facts: RawFacts | None) -> Volume:
    """HU in a file without usable affine: the table tells spacing and position."""
    if facts is None:
        raise InputError(f"{volume.source}: no usable affine, and the metadata table has no row for it")
    step = Step("ct_rate_table", {"spacing": list(facts.spacing)})
    return replace(volume, affine=facts.affine, unit="HU", history=(*volume.history, step))


def _in_hu(volume: Volume) -> bool:
    try:
        check_hu(volume.voxels)
    except InputError:
        return False
    return True


def _assumed(volume: Volume) -> bool:
    return any(step.name == "assumed_axes" for step in volume.history)


def _facts(row: dict[str, str], where: str) -> RawFacts:
    orientation = _numbers(row, "ImageOrientationPatient", 6, where)
    if not np.allclose(orientation, _IDENTITY, atol=1e-3):
        raise InputError(
            f"{where}: field 'ImageOrientationPatient': only the identity is known, got {orientation}"
        )
    y, x = _numbers(row, "XYSpacing", 2, where)  # as in DICOM: between rows, between columns
    left, posterior, superior = _numbers(row, "ImagePositionPatient", 3, where)
    return RawFacts(
        name=row["VolumeName"],
        slope=_numbers(row, "RescaleSlope", 1, where)[0],
        intercept=_numbers(row, "RescaleIntercept", 1, where)[0],
        spacing=(x, y, _numbers(row, "ZSpacing", 1, where)[0]),
        origin=(-left, -posterior, superior),
    )


def _numbers(row: dict[str, str], field: str, count: int, where: str) -> tuple[float, ...]:
    text = row[field]
    try:
        value = ast.literal_eval(text.strip())
        values = tuple(float(v) for v in (value if isinstance(value, list | tuple) else [value]))
    except (ValueError, SyntaxError, TypeError, AttributeError):
        raise InputError(f"{where}: field '{field}': not a number or list of numbers: {text!r}") from None
    if len(values) != count:
        raise InputError(f"{where}: field '{field}': needs {count} numbers, got {text!r}")
    return values
