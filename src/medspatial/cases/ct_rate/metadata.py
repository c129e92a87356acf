"""The tables of CT-RATE: DICOM metadata per volume."""

from __future__ import annotations

import csv
import gzip
import io
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from medspatial.cases.ct_rate.names import VolumeName, parse_name
from medspatial.errors import InputError
from medspatial.records.table import checked_columns, csv_rows

NEEDED = ("VolumeName", "XYSpacing", "ZSpacing", "Rows", "Columns", "NumberofSlices", "RescaleIntercept")


@dataclass(frozen=True)
class VolumeMetadata:
    """What the metadata table says about one volume.

    Attributes
    ----------
    shape
        Columns, rows, slices.
    spacing
        Millimetres along columns, rows, slices.
    slope, intercept
        Rescaling of the values as the scanner stored them. Volumes of the ``_fixed`` folders carry it in
        their headers: it must not be applied again.
    direction
        Row and column direction cosines (DICOM, LPS); six numbers.
    corner
        Centre of the first voxel of one slice (DICOM, LPS, mm); empty where the table has none.
    position
        ``HFS`` (head first, supine) or another of DICOM's codes.
    """

    name: VolumeName
    shape: tuple[int, int, int]
    spacing: tuple[float, float, float]
    slope: float
    intercept: float
    direction: tuple[float, ...]
    corner: tuple[float, ...]
    position: str
    manufacturer: str
    sex: str
    age: str


def read_table(path: str | Path, needed: tuple[str, ...]) -> list[dict[str, str]]:
    """Read a CSV table (plain or ``.gz``) whose head must hold the needed columns.

    Raises
    ------
    InputError
        Missing or unreadable file, missing column, or a row that is too short.
    """
    path = Path(path)
    try:
        raw = path.read_bytes()
        text = (gzip.decompress(raw) if raw[:2] == b"\x1f\x8b" else raw).decode("utf-8-sig")
    except FileNotFoundError:
        raise InputError(f"{path}: no such file") from None
    except (OSError, EOFError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: cannot be read as UTF-8 CSV: {error}") from None
    head = checked_columns(next(csv.reader(io.StringIO(text, newline="")), []), path)
    lacking = [name for name in needed if name not in head]
    if lacking:
        raise InputError(f"{path}: needs the columns {', '.join(needed)}; lacks {', '.join(lacking)}")
    return [row for _, row in csv_rows(io.StringIO(text, newline=""), path)]


def read_metadata(path: str | Path) -> dict[str, VolumeMetadata]:
    """Read the metadata table; keys are case ids (``valid_53_a_1``).

    Raises
    ------
    InputError
        With the volume, the column and the value that is not a number or list.
    """
    rows = read_table(path, NEEDED)
    found = [_row(Path(path), row) for row in rows]
    return {one.name.case_id: one for one in found}


def _row(path: Path, row: dict[str, str]) -> VolumeMetadata:
    where = f"{path}: volume {row['VolumeName']!r}"

    def number(column: str, default: float | None = None) -> float:
        return _number(where, column, row.get(column, ""), default)

    in_plane = _numbers(where, "XYSpacing", row["XYSpacing"])
    if len(in_plane) != 2:
        raise InputError(f"{where}: field 'XYSpacing': must be two numbers, got {row['XYSpacing']!r}")
    # DICOM's pixel spacing is (between rows, between columns).
    spacing = (in_plane[1], in_plane[0], number("ZSpacing"))
    return VolumeMetadata(
        name=parse_name(row["VolumeName"]),
        shape=(int(number("Columns")), int(number("Rows")), int(number("NumberofSlices"))),
        spacing=spacing,
        slope=number("RescaleSlope", 1.0),
        intercept=number("RescaleIntercept"),
        direction=_numbers(
            where, "ImageOrientationPatient", row.get("ImageOrientationPatient") or "[1,0,0,0,1,0]"
        ),
        corner=_numbers(where, "ImagePositionPatient", row.get("ImagePositionPatient") or "[]"),
        position=row.get("PatientPosition", ""),
        manufacturer=row.get("Manufacturer", ""),
        sex=row.get("PatientSex", ""),
        age=row.get("PatientAge", ""),
    )


def _number(where: str, column: str, text: str, default: float | None) -> float:
    if not text.strip() and default is not None:
        return default
    try:
        return float(text)
    except ValueError:
        raise InputError(f"{where}: field '{column}': must be a number, got {text!r}") from None


def _numbers(where: str, column: str, text: str) -> tuple[float, ...]:
    try:
        values: Any = json.loads(text.replace("'", '"'))
        return tuple(float(value) for value in values)
    except (TypeError, ValueError):
        raise InputError(f"{where}: field '{column}': must be a list of numbers, got {text!r}") from None
