"""What can be wrong with one downloaded volume: header, grid, values, region, masks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from medspatial.cases.ct_rate.chest import MIN_LUNG_ML, lung_ml_of_masks, lung_ml_of_voxels
from medspatial.cases.ct_rate.metadata import VolumeMetadata
from medspatial.cases.examination.order import check_order
from medspatial.cases.examination.samples import sampled_masks
from medspatial.errors import InputError
from medspatial.volume import MaskSet, Volume, VolumeHeader, check_hu

SPACING_TOLERANCE = 0.01
"""Relative; the table rounds some slice distances."""
CORNER_TOLERANCE_VOXELS = 1.5

Level = Literal["problem", "note"]


@dataclass(frozen=True)
class Finding:
    """One thing found: a ``problem`` makes the validation fail, a ``note`` does not."""

    check: str
    text: str
    level: Level = "problem"


def check_header(header: VolumeHeader, row: VolumeMetadata | None) -> Iterator[Finding]:
    """Compare the header with the metadata table: shape, spacing, plane, place, patient position."""
    if header.dtype.kind == "f":
        yield Finding(
            "version",
            f"voxels are stored as {header.dtype}: the first upload did so, corrected volumes are int16",
        )
    if row is None:
        yield Finding("metadata", "no row in a metadata table to compare with", "note")
        return
    order = _patient_order(header)
    if order is None:
        axes = header.affine.axcodes
        yield Finding("orientation", f"axes {axes} are not along columns, rows and slices of an axial scan")
        return
    shape = tuple(header.shape[axis] for axis in order)
    if shape != row.shape:
        yield Finding("size", f"{_by(shape)} voxels, the table says {_by(row.shape)}")
    spacing = tuple(header.affine.spacing[axis] for axis in order)
    off = [abs(a - b) / b for a, b in zip(spacing, row.spacing, strict=True)]
    if max(off) > SPACING_TOLERANCE:
        yield Finding("spacing", f"{_by(spacing)} mm, the table says {_by(row.spacing)} mm")
    yield from _place(header, row)
    if row.position not in ("", "HFS"):
        yield Finding("position", f"patient position {row.position}, nearly all others are HFS", "note")


def check_values(volume: Volume, row: VolumeMetadata | None) -> Iterator[Finding]:
    """Check that the voxels are HU, naming the rescaling fault where the table's intercept explains it."""
    try:
        check_hu(volume.voxels)
    except InputError as error:
        yield Finding("HU", str(error) + _rescaling(volume, row))


def check_chest(volume: Volume, masks: MaskSet | None) -> Iterator[Finding]:
    """Check that lungs are there, by masks where there are any, else by the air inside the body."""
    by_mask = masks is not None and any(not name.startswith(("nodule", "effusion")) for name in masks.names)
    if masks is not None and by_mask:
        found, how = lung_ml_of_masks(masks), "by the masks"
    else:
        found, how = lung_ml_of_voxels(volume), "by the air inside the body"
    if found < MIN_LUNG_ML:
        yield Finding(
            "region", f"not a chest: {found:.0f} ml of lung {how}, at least {MIN_LUNG_ML:.0f} needed"
        )


def check_masks(volume: VolumeHeader | Volume, masks: MaskSet) -> Iterator[Finding]:
    """Check that masks lie on the grid of the CT and agree with its left and right."""
    if masks.shape != volume.shape:
        yield Finding("masks", f"{_by(masks.shape)} voxels, the CT has {_by(volume.shape)}")
    elif masks.affine != volume.affine:
        yield Finding("masks", "another affine than the CT")
    for contradiction in check_order(sampled_masks(masks)).contradictions:
        yield Finding("sides" if contradiction.axis == "left-right" else "anatomy", contradiction.text)


def _patient_order(header: VolumeHeader) -> tuple[int, int, int] | None:
    """Return the array axes that run along columns (left-right), rows (front-back) and slices."""
    codes = header.affine.axcodes
    order = [next((k for k, code in enumerate(codes) if code in pair), -1) for pair in ("LR", "AP", "SI")]
    directions = np.abs(np.asarray(header.affine.directions))
    if -1 in order or min(directions[world, axis] for world, axis in enumerate(order)) < 0.95:
        return None
    return order[0], order[1], order[2]


def _place(header: VolumeHeader, row: VolumeMetadata) -> Iterator[Finding]:
    """Compare the right anterior corner with the table's image position (axial scans only)."""
    if len(row.corner) < 2 or not np.allclose(row.direction, (1, 0, 0, 0, 1, 0), atol=1e-3):
        return
    ends = np.array([[0, 0, 0], np.array(header.shape) - 1])
    high = header.affine.apply(ends).max(axis=0)
    expected = -np.array(row.corner[:2])  # LPS to RAS; columns run to the left, rows to the back
    limit = CORNER_TOLERANCE_VOXELS * np.array(row.spacing[:2])
    off = np.abs(high[:2] - expected)
    if (off > limit).any():
        where = f"right anterior corner at x {high[0]:.1f}, y {high[1]:.1f} mm"
        said = f"x {expected[0]:.1f}, y {expected[1]:.1f}"
        yield Finding("place", f"{where}, the table's image position gives {said}", "note")


def _rescaling(volume: Volume, row: VolumeMetadata | None) -> str:
    if row is None:
        return ""
    steps = [one.parameters for one in volume.history if one.name == "rescaled"]
    stated = steps[0]["intercept"] if steps else 0.0
    return f" (the header adds {stated:g}, the table's RescaleIntercept is {row.intercept:g})"


def _by(values: Sequence[float]) -> str:
    return " x ".join(f"{value:g}" if isinstance(value, int) else f"{value:.4g}" for value in values)
