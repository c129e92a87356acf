"""Read masks from label volumes and from folders with one file per structure, onto one grid."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from medspatial.anatomy import LabelMap
from medspatial.cases.masks import MaskPacker, MaskSet, Misfit
from medspatial.cases.sides import split_sides
from medspatial.errors import InputError
from medspatial.records import volume_name
from medspatial.volume import Affine, Volume, read_volume
from medspatial.volume.read import Reader

VOLUME_SUFFIXES = (".nii.gz", ".nii", ".nrrd", ".mha", ".mhd")
IMAGE_STEMS = ("ct", "imaging", "image", "volume", "scan")
# Grids that differ by less than this share of the smallest spacing are one grid, stored twice with rounding.
_SAME_GRID_SHARE = 0.05
_SHOWN_VALUES = 8


@dataclass(frozen=True)
class Grid:
    """Shape and affine onto which masks are brought."""

    shape: tuple[int, int, int]
    affine: Affine


@dataclass(frozen=True)
class MaskReader:
    """Reads mask sources onto one grid.

    Parameters
    ----------
    grid
        That of the CT; None takes the grid of the first mask file.
    reader, assume_axes
        As in :func:`medspatial.volume.read_volume`.
    """

    grid: Grid | None = None
    reader: Reader = "auto"
    assume_axes: str | None = None

    def read(self, path: Path, label_map: LabelMap | None, *, assumed: bool = False) -> MaskSet:
        """Read a label volume or a folder of masks.

        Parameters
        ----------
        label_map
            What the values mean; None for files whose names are structures.
        assumed
            Nobody stated the label map: a volume with few, small values is then refused.

        Raises
        ------
        InputError
            Missing or unreadable path, no mask in a folder, a mask that cannot overlap the CT, a label
            volume without a label map, or with one that has none of its values.
        """
        if path.is_dir():
            return self._folder(path, label_map)
        return self._label_volume(path, label_map, assumed)

    def _label_volume(self, path: Path, label_map: LabelMap | None, assumed: bool) -> MaskSet:
        volume, notes = self._on_grid(path, self.grid)
        values = _values(volume.voxels)
        if not values:
            where = " on the grid of the CT" if notes else ""
            notes.append(f"{path.name}: all voxels are 0{where}")
        if label_map is None:
            if values not in ([], [1]):
                raise InputError(f"{path}: label values {_shown(values)} need a label map, none was given")
            return MaskSet([volume.voxels], [{1: volume_name(path.name)}], volume.affine, notes)
        if assumed and values and max(values) < min(len(label_map.labels), 4):
            raise InputError(
                f"{path}: values {_shown(values)} do not look like {label_map.name}; state the label map"
            )
        unknown = _unknown(values, label_map)
        notes += _unknown_notes(path, values, unknown, label_map)
        masks = MaskSet([volume.voxels], [label_map.labels], volume.affine, notes)
        if values and len(unknown) == len(values):
            raise InputError(
                f"{path}: none of its label values is in label map {label_map.name}; got {_shown(values)}"
            )
        for name in label_map.split_sides:
            masks = split_sides(masks, name)
        return masks

    def _folder(self, path: Path, label_map: LabelMap | None) -> MaskSet:
        files = mask_files(path)
        if not files:
            raise InputError(
                f"{path}: no mask files in this folder (looked for *{', *'.join(VOLUME_SUFFIXES)})"
            )
        grid, packer, notes = self.grid, MaskPacker(), list[str]()
        for file in files:
            volume, file_notes = self._on_grid(file, grid)
            notes += file_notes
            grid = grid or Grid(volume.shape, volume.affine)
            notes += _pack(packer, file, volume.voxels, label_map)
        assert grid is not None  # set by the first file
        masks = packer.finish(grid.affine, notes)
        if masks.names:
            return masks
        misfits = [note for note in notes if isinstance(note, Misfit)]
        if misfits:
            raise InputError(f"{path}: no label map names what its files hold; {'; '.join(misfits)}")
        return masks.with_notes(f"{path.name}/: all voxels are 0 in each of its {len(files)} files")

    def _on_grid(self, path: Path, grid: Grid | None) -> tuple[Volume, list[str]]:
        """Read one file and bring it to the grid: axes turned without loss, else nearest neighbours."""
        volume = read_volume(path, unit="label", reader=self.reader, assume_axes=self.assume_axes)
        if grid is None:
            return volume, []
        turned = volume.oriented(grid.affine.axcodes)
        tolerance = _SAME_GRID_SHARE * min(grid.affine.spacing)
        if turned.shape == grid.shape and turned.affine.close_to(
            grid.affine, shape=grid.shape, tolerance_mm=tolerance
        ):
            return Volume(turned.voxels, grid.affine, unit="label", source=str(path)), []
        _check_overlap(path, Grid(volume.shape, volume.affine), grid)
        note = f"{path.name}: on a grid of its own ({volume!r}), resampled to that of the CT"
        return volume.resampled_to(grid.shape, grid.affine, order=0, fill=0), [note]


def mask_files(folder: Path) -> list[Path]:
    """Return the volume files of a folder that can be masks, sorted; a CT beside them is left out."""
    try:
        entries = sorted(folder.iterdir())
    except OSError as error:
        raise InputError(f"{folder}: cannot be listed: {error.strerror}") from None
    return [one for one in entries if is_volume(one) and not is_image(one)]


def is_volume(path: Path) -> bool:
    """Whether a path is a file with a suffix of a volume format (DICOM series are folders)."""
    return path.name.lower().endswith(VOLUME_SUFFIXES) and not path.name.startswith(".") and path.is_file()


def is_image(path: Path) -> bool:
    """Whether a volume file is named as a CT is, not as masks are."""
    return volume_name(path.name).lower() in IMAGE_STEMS


def _pack(packer: MaskPacker, file: Path, voxels: NDArray[Any], label_map: LabelMap | None) -> list[str]:
    """Add one file's masks: a binary file by its name, a file with several values by the label map."""
    values = _values(voxels)
    if len(values) <= 1:
        packer.add(volume_name(file.name), voxels != 0)
        return []
    if label_map is None:
        return [Misfit(f"{file.name}: has values {_shown(values)} and no label map names them, left out")]
    for one in values:
        if one in label_map.labels:
            packer.add(label_map.labels[one], voxels == one)
    return _unknown_notes(file, values, _unknown(values, label_map), label_map)


def _unknown(values: list[int], label_map: LabelMap) -> list[int]:
    return [one for one in values if one not in label_map.labels and one not in label_map.ignored]


def _unknown_notes(path: Path, values: list[int], unknown: list[int], label_map: LabelMap) -> list[str]:
    if not unknown:
        return []
    kind = Misfit if 2 * len(unknown) > len(values) else str
    share = f"{len(unknown)} of {len(values)} label values are not in label map {label_map.name}"
    return [kind(f"{path.name}: {share}, left out: {_shown(unknown)}")]


def _values(voxels: NDArray[Any]) -> list[int]:
    """Return the distinct non-zero values; fractions are refused by the mask set."""
    if voxels.dtype == np.uint8:  # a lookup table is ten times faster than sorting
        seen = np.zeros(256, np.bool_)
        seen[voxels.ravel(order="K")] = True
        return [int(one) for one in np.flatnonzero(seen) if one]
    return [int(one) for one in np.unique(voxels) if one]


def _shown(values: list[int]) -> str:
    text = ", ".join(map(str, values[:_SHOWN_VALUES]))
    return f"{text}, ... ({len(values)} in all)" if len(values) > _SHOWN_VALUES else text


def _check_overlap(path: Path, mask: Grid, ct: Grid) -> None:
    ours, theirs = _extent(mask), _extent(ct)
    if (np.minimum(ours[1], theirs[1]) > np.maximum(ours[0], theirs[0])).all():
        return
    raise InputError(
        f"{path}: mask cannot overlap the CT: the mask spans {_span(ours)}, the CT {_span(theirs)} (RAS+ mm)"
    )


def _extent(grid: Grid) -> NDArray[np.float64]:
    """Return the lowest and highest world coordinates of a grid, voxel edges included, (2, 3)."""
    ends = np.array([(-0.5, n - 0.5) for n in grid.shape])
    corners = np.stack(np.meshgrid(*ends, indexing="ij"), axis=-1).reshape(-1, 3)
    world = grid.affine.apply(corners)
    return np.stack([world.min(axis=0), world.max(axis=0)])


def _span(extent: NDArray[np.float64]) -> str:
    return ", ".join(f"{axis} {low:.0f}..{high:.0f}" for axis, low, high in zip("xyz", *extent, strict=True))
