"""Read masks from label volumes and from folders with one file per structure, onto one grid."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from medspatial.anatomy import LabelMap, structures
from medspatial.anatomy.labels import label_name, says_nothing
from medspatial.cases.dicom_seg import dicom_segmentation, on_slices_of, read_dicom_segmentation
from medspatial.cases.filenames import IMAGE_STEMS, LABEL_STEMS
from medspatial.cases.label_tables import Statement, tables_beside
from medspatial.cases.naming import name_values, names_inside, split_values
from medspatial.cases.notes import Misfit, Unnamed, unit_notes
from medspatial.cases.segments import Segments, names_segments, read_nrrd_segments
from medspatial.cases.sides import split_sides
from medspatial.errors import InputError
from medspatial.records import volume_name
from medspatial.volume import Grid, MaskPacker, MaskSet, Volume, read_volume
from medspatial.volume.fields import Box, border_words, seen_box
from medspatial.volume.formats import VOLUME_SUFFIXES, is_volume_name
from medspatial.volume.read import Reader

_SHOWN_VALUES = 8
# A mask belongs to its CT when at most this share of its voxels lies outside.
OUTSIDE_SHARE = 0.05


@dataclass(frozen=True)
class MaskReader:
    """Reads mask sources onto one grid.

    Parameters
    ----------
    grid
        That of the CT; None takes the grid of the first mask file.
    reader, assume_axes
        As in :func:`medspatial.volume.read_volume`.
    complete
        The files are cropped to their labels on purpose: that they end inside the CT cuts nothing.
    """

    grid: Grid | None = None
    reader: Reader = "auto"
    assume_axes: str | None = None
    complete: bool = False

    def read(
        self,
        path: Path,
        label_map: LabelMap | None,
        *,
        root: Path | None = None,
        nameless: Iterable[str] = (),
    ) -> MaskSet:
        """Read a label volume, a file or folder of segments that names them, or a folder of masks.

        Parameters
        ----------
        label_map
            What the values mean, as the user states it; None takes what the file says, or a table beside it
            (see `medspatial.cases.naming`).
        root
            Tables are looked for in the mask's folder and those above it, up to this one.
        nameless
            Names of files that say nothing of their structure, such as that of the case.

        Raises
        ------
        InputError
            Missing or unreadable path, no mask in a folder, a mask that cannot overlap the CT, statements
            that contradict each other, a label volume that no label map names, or one that has none of its
            values, or only names that say nothing (``Segment_1``).
        """
        return _with_names_that_say(path, self._read(path, label_map, root, frozenset(nameless)))

    def _read(
        self, path: Path, label_map: LabelMap | None, root: Path | None, nameless: frozenset[str]
    ) -> MaskSet:
        segmentation = dicom_segmentation(path)
        if segmentation is not None:
            masks = read_dicom_segmentation(segmentation)
            masks = masks if self.grid is None else on_slices_of(masks, self.grid)
            return self._named_by_itself(segmentation, masks, label_map)
        if path.is_dir():
            return self._folder(path, label_map, root)
        segments = read_nrrd_segments(path, assume_axes=self.assume_axes)
        if segments is not None:
            return self._segments(path, segments, label_map, root)
        return self._label_volume(path, label_map, root, nameless)

    def _label_volume(
        self, path: Path, label_map: LabelMap | None, root: Path | None, nameless: frozenset[str]
    ) -> MaskSet:
        volume, notes, field = self._on_grid(path, self.grid)
        values = _values(volume.voxels)
        if not values:
            where = " on the grid of the CT" if notes else ""
            notes.append(f"{path.name}: all voxels are 0{where}")
        if values in ([], [1]) and label_map is None:
            naming = name_values(
                path, volume.voxels, values, volume.affine, stated=None, root=root, assume=False
            )
            if naming is None:
                table = {1: _own_name(path, nameless)} if values else {}
                fields = _everywhere(table, field)
                return MaskSet([volume.voxels], [table], volume.affine, notes, fields)
        naming = name_values(
            path, volume.voxels, values, volume.affine, stated=label_map, root=root, field=field
        )
        assert naming is not None  # a map may be assumed
        return _labelled(path, volume, values, naming.label_map, [*naming.notes, *notes], field=field)

    def _segments(
        self, path: Path, segments: Segments, label_map: LabelMap | None, root: Path | None
    ) -> MaskSet:
        """Read the layers of a file that names its segments; a stated label map holds for a single one."""
        volumes, notes, field = [], list[str](), None
        for layer in segments.layers:
            volume, found, field = self._fitted(layer, path, self.grid)
            volumes.append(volume)
            notes += [note for note in found if note not in notes]
        if len(volumes) > 1:
            fields = {
                name: box for table in segments.tables for name, box in _everywhere(table, field).items()
            }
            layers = [one.voxels for one in volumes]
            masks = MaskSet(layers, segments.tables, volumes[0].affine, notes, fields)
            return self._named_by_itself(path, masks, label_map)
        inside = LabelMap(path.name, segments.tables[0])
        values = _values(volumes[0].voxels)
        naming = name_values(
            path,
            volumes[0].voxels,
            values,
            volumes[0].affine,
            stated=label_map,
            root=root,
            inside=[Statement(inside, "its segment names")],
        )
        assert naming is not None  # the file itself states it
        return _labelled(path, volumes[0], values, naming.label_map, [*naming.notes, *notes], field=field)

    def _named_by_itself(self, path: Path, masks: MaskSet, label_map: LabelMap | None) -> MaskSet:
        """Bring masks that a file names itself to the grid; values are no names there, so no map can hold."""
        notes = list(masks.notes)
        if label_map is not None:
            notes.append(f"{path.name}: names its segments itself, label map {label_map.name} is not used")
        if self.grid is None or masks.grid == self.grid:
            return masks.with_notes(*notes[len(masks.notes) :])
        volumes, field = [], None
        for layer in masks.layers:
            volume, found, field = self._fitted(Volume(layer, masks.affine, unit="label"), path, self.grid)
            volumes.append(volume.voxels)
            notes += [note for note in found if note not in notes]
        fields = {} if field is None else dict.fromkeys(masks.names, field)
        return MaskSet(volumes, masks.tables(), self.grid.affine, notes, fields)

    def _folder(self, path: Path, label_map: LabelMap | None, root: Path | None) -> MaskSet:
        files = mask_files(path)
        if not files:
            raise InputError(
                f"{path}: no mask files in this folder (looked for *{', *'.join(VOLUME_SUFFIXES)})"
            )
        grid, packer, notes, several = self.grid, MaskPacker(), list[str](), list[Path]()
        for file in files:  # files that are named after one structure come first
            volume, file_notes, field = self._on_grid(file, grid)
            grid = grid or volume.grid
            if len(values := _values(volume.voxels)) > 1:
                several.append(file)
                continue
            notes += file_notes
            packer.add(_file_name(file, values), volume.voxels != 0, field)
        for file in several:
            volume, file_notes, field = self._on_grid(file, grid)
            notes += file_notes + _pack(packer, file, volume, label_map, root, field=field)
        assert grid is not None  # set by the first file
        masks = packer.finish(grid.affine, notes)
        if masks.names:
            return masks
        misfits = [note for note in notes if isinstance(note, Misfit)]
        if misfits:
            raise InputError(f"{path}: no label map names what its files hold; {'; '.join(misfits)}")
        return masks.with_notes(f"{path.name}/: all voxels are 0 in each of its {len(files)} files")

    def _on_grid(self, path: Path, grid: Grid | None) -> tuple[Volume, list[str], Box | None]:
        """Read one file and bring it to the grid: axes turned without loss, else nearest neighbours.

        The box is what the file has seen of the grid, None where that is all of it.
        """
        volume = read_volume(path, unit="label", reader=self.reader, assume_axes=self.assume_axes)
        fitted, notes, field = self._fitted(volume, path, grid)
        return fitted, [*unit_notes(volume), *notes], field

    def _fitted(self, volume: Volume, path: Path, grid: Grid | None) -> tuple[Volume, list[str], Box | None]:
        if grid is None:
            return volume, [], None
        turned = volume.oriented(grid.axcodes)
        if turned.grid.close_to(grid):
            return Volume(turned.voxels, grid.affine, unit="label", source=str(path)), [], None
        _check_overlap(path, volume.grid, grid)
        _check_inside(path, volume, grid)
        notes = [f"{path.name}: on a grid of its own ({volume!r}), resampled to that of the CT"]
        field = seen_box(volume.grid, grid)
        where = border_words(field, grid) if field else ""
        if where and self.complete:
            notes.append(f"{path.name}: ends inside the CT, stated to be complete")
        elif where:
            notes.append(f"{path.name}: ends inside the CT ({where}), which cuts what it shows there")
        seen = None if self.complete else field
        return volume.resampled_to(grid, order=0, fill=0), notes, seen


def _with_names_that_say(path: Path, masks: MaskSet) -> MaskSet:
    """Leave out structures whose names a program gave: nobody said what they are."""
    nameless = [name for name in masks.names if says_nothing(name)]
    if not nameless:
        return masks
    shown = ", ".join(nameless[:_SHOWN_VALUES]) + (", ..." if len(nameless) > _SHOWN_VALUES else "")
    said = f"{path.name}: names that match no structure: {shown}"
    if len(nameless) == len(masks.names):
        raise InputError(f"{path}: has only names that match no structure: {shown}; rename its segments")
    return masks.without(nameless).with_notes(Unnamed(f"{said}, left out"))


def named_by(path: Path, root: Path) -> str:
    """Say in a few words what names the values of a mask without a stated label map; reads no voxels."""
    if path.is_dir():
        return "file names"
    stated = [*names_inside(path), *tables_beside(path, root)]
    if stated:
        return stated[0].where
    return "its segment names" if names_segments(path) else "not stated"


def mask_files(folder: Path) -> list[Path]:
    """Return the volume files of a folder that can be masks, sorted; a CT beside them is left out."""
    try:
        entries = sorted(folder.iterdir())
    except OSError as error:
        raise InputError(f"{folder}: cannot be listed: {error.strerror}") from None
    return [one for one in entries if is_volume(one) and not is_image(one)]


def is_volume(path: Path) -> bool:
    """Whether a path is a file with a suffix of a volume format (DICOM series are folders)."""
    return is_volume_name(path.name) and not path.name.startswith(".") and path.is_file()


def is_image(path: Path) -> bool:
    """Whether a volume file is named as a CT is, not as masks are."""
    return volume_name(path.name).lower() in IMAGE_STEMS


def _everywhere(names: Mapping[int, str], field: Box | None) -> dict[str, Box]:
    return {} if field is None else dict.fromkeys(names.values(), field)


def _pack(
    packer: MaskPacker,
    file: Path,
    volume: Volume,
    label_map: LabelMap | None,
    root: Path | None,
    *,
    field: Box | None,
) -> list[str]:
    """Add the masks of a file with several values by its label map."""
    values = _values(volume.voxels)
    naming = name_values(
        file, volume.voxels, values, volume.affine, stated=label_map, root=root, assume=False
    )
    if naming is None:
        return [Misfit(f"{file.name}: has values {_shown(values)} and no label map names them, left out")]
    named = naming.label_map
    for one in values:
        if one in named.labels:
            packer.add(named.labels[one], volume.voxels == one, field)
    for name, mask in split_values(volume.voxels, named).items():
        packer.add(name, mask, field)
    return [*naming.notes, *_unknown_notes(file, values, _unknown(values, named), named)]


def _file_name(file: Path, values: list[int]) -> str:
    """Return what a binary file of a folder shows: its name where that is a structure's, else as it says."""
    name = label_name(volume_name(file.name).removesuffix(".seg"))
    if name in {one.name for one in structures()} or not values:
        return name
    inside = [one.label_map.labels.get(values[0]) for one in names_inside(file)]
    return inside[0] or name if inside else name


def _labelled(
    path: Path,
    volume: Volume,
    values: list[int],
    label_map: LabelMap,
    notes: list[str],
    *,
    field: Box | None,
) -> MaskSet:
    """Return the masks of a label volume by its label map; what has no name is noted."""
    unknown = _unknown(values, label_map)
    if values and len(unknown) == len(values):
        raise InputError(
            f"{path}: none of its label values is in label map {label_map.name}; got {_shown(values)}"
        )
    notes = notes + _unknown_notes(path, values, unknown, label_map)
    if unused := [one for one in values if one in label_map.ignored]:
        notes.append(
            Unnamed(f"{path.name}: values not used, as label map {label_map.name} says: {_shown(unused)}")
        )
    fields = _everywhere(label_map.labels, field)
    masks = MaskSet([volume.voxels], [label_map.labels], volume.affine, notes, fields)
    for name in label_map.split_sides:
        masks = split_sides(masks, name)
    joined = split_values(volume.voxels, label_map)
    if not joined:
        return masks
    packer = MaskPacker()
    for name, mask in joined.items():
        packer.add(name, mask, field)
    return masks.combined(packer.finish(volume.affine))


def _own_name(path: Path, nameless: frozenset[str]) -> str:
    """Return the structure that a binary file is named after.

    Raises
    ------
    InputError
        The name is a word for masks, or that of the case: it says no structure.
    """
    name = volume_name(path.name).removesuffix(".seg")
    stem = name.lower().replace("-", "_").replace(".", "_")
    if name in nameless or any(stem == one or stem.endswith(f"_{one}") for one in LABEL_STEMS):
        raise InputError(
            f"{path}: nothing states what its value 1 means, and its name is no structure's; state the label "
            'map (--label-map with a file such as {"1": "liver"}), or name the file after the structure'
        )
    return label_name(name)


def _unknown(values: list[int], label_map: LabelMap) -> list[int]:
    return [one for one in values if one not in label_map.values]


def _unknown_notes(path: Path, values: list[int], unknown: list[int], label_map: LabelMap) -> list[str]:
    if not unknown:
        return []
    kind = Misfit if 2 * len(unknown) > len(values) else Unnamed
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
    ours, theirs = mask.extent, ct.extent
    if (np.minimum(ours[1], theirs[1]) > np.maximum(ours[0], theirs[0])).all():
        return
    raise InputError(
        f"{path}: mask cannot overlap the CT: the mask spans {_span(ours)}, the CT {_span(theirs)} (RAS+ mm)"
    )


def _check_inside(path: Path, mask: Volume, ct: Grid) -> None:
    """Refuse a mask of which more than a twentieth lies outside the CT."""
    inside = ct.affine.inverse().compose(mask.affine.matrix)
    found = outside = 0
    for k in range(mask.shape[2]):  # slice by slice: world positions of a whole volume would need gigabytes
        i, j = np.nonzero(mask.voxels[:, :, k])
        if i.size:
            at = inside.apply(np.stack([i, j, np.full(i.size, k)], axis=1))
            beyond = ((at < -0.5) | (at > np.array(ct.shape) - 0.5)).any(axis=1)
            found, outside = found + i.size, outside + int(beyond.sum())
    if found and outside > OUTSIDE_SHARE * found:
        raise InputError(
            f"{path}: {outside / found:.0%} of its {found} labelled voxels lie outside the CT "
            f"(at most {OUTSIDE_SHARE:.0%}): the mask belongs to another scan, or to another part of this one"
        )


def _span(extent: NDArray[np.float64]) -> str:
    return ", ".join(f"{axis} {low:.0f}..{high:.0f}" for axis, low, high in zip("xyz", *extent, strict=True))
