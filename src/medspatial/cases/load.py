"""From a case's record to its CT and masks, with the case's transform applied."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from medspatial.anatomy import LabelMap, load_label_map
from medspatial.cases.discovery import Discovery, refusal
from medspatial.cases.fingerprint import label_map_file
from medspatial.cases.flat_ends import with_flat_ends
from medspatial.cases.layouts import NOTES, listed_cases, scan_folder
from medspatial.cases.notes import Assumption, Misfit, NamedBy, Unnamed, unit_notes
from medspatial.cases.outside import is_outside, outside_cases
from medspatial.cases.sources import MaskReader
from medspatial.errors import InputError
from medspatial.named_options import named_options
from medspatial.records import Case, MaskSource, volume_name
from medspatial.volume import Grid, MaskSet, Volume, read_header, read_volume
from medspatial.volume.read import Reader

MIRROR = "mirror_left_right"
TRANSFORMS = (MIRROR,)


@dataclass
class CaseData:
    """One case, read: its transform is applied to both CT and masks.

    ``masks`` lie on the grid of the CT, where there is one. ``assumed`` is what was assumed while reading the
    CT; the masks carry their own (`medspatial.cases.notes.Assumption` among their notes).
    """

    case: Case
    ct: Volume | None = None
    masks: MaskSet | None = None
    assumed: tuple[str, ...] = ()

    @property
    def mirrored(self) -> bool:
        """Whether left and right of the patient were exchanged."""
        return self.case.transform.count(MIRROR) % 2 == 1

    @property
    def notes(self) -> tuple[str, ...]:
        """What was set aside while finding and reading the case; label maps that do not fit come first."""
        found = tuple(str(one) for one in self.case.metadata.get(NOTES, ()))
        plain = (one for one in self._read_notes if not isinstance(one, Misfit | Assumption | NamedBy))
        units = () if self.ct is None else unit_notes(self.ct)
        return (*self.misfits, *found, *units, *plain)

    @property
    def assumptions(self) -> tuple[str, ...]:
        """What nobody stated and was assumed: of the case's record, then found while reading; each once."""
        read = (str(one) for one in self._read_notes if isinstance(one, Assumption))
        return tuple(dict.fromkeys((*self.case.assumptions, *self.assumed, *read)))

    @property
    def named_by(self) -> tuple[str, ...]:
        """The files beside the masks, or places in them, that state what their values mean; each once."""
        return tuple(dict.fromkeys(str(one) for one in self._read_notes if isinstance(one, NamedBy)))

    @property
    def misfits(self) -> tuple[str, ...]:
        """The notes on mask files of which most has no name."""
        return tuple(one for one in self._read_notes if isinstance(one, Misfit))

    @property
    def unnamed(self) -> tuple[str, ...]:
        """The notes on values of mask files that were left out, where most others have a name."""
        return tuple(one for one in self._read_notes if isinstance(one, Unnamed))

    @property
    def _read_notes(self) -> tuple[str, ...]:
        return () if self.masks is None else self.masks.notes

    @property
    def empty(self) -> str | None:
        """Why masks were read and no structure has a voxel; None where one has, or no masks were read."""
        if self.masks is None or self.masks.names:
            return None
        return "; ".join(("its masks show no structure", *self.notes))


def find_cases(place: str | Path, *, label_map: str | None = None) -> Discovery:
    """Find the cases of a folder (any layout that is known), of a list, or of a source of a package.

    Parameters
    ----------
    place
        A folder, or a ``.jsonl`` or ``.csv`` file. Where it is a text, also the name of a case source of an
        installed package, with options: ``NAME:option=value,...``.
    label_map
        Label map of all masks; else the one that the list or the layout says.

    Returns
    -------
    Discovery
        With the folder of the cases' relative paths, and what of a folder gave no case, and why.

    Raises
    ------
    InputError
        Nothing recognised, a bad row, a ``case_id`` that occurs twice, or an unknown label map; a text that
        is both a path and the name of a source.
    """
    if isinstance(place, str) and is_outside(place):
        name, options = named_options(place)
        return outside_cases(name, options, label_map=label_map)
    path = Path(place)
    if path.is_dir():
        return scan_folder(path, label_map=label_map)
    return Discovery(listed_cases(path, label_map=label_map), path.parent)


def read_cases(place: str | Path, *, label_map: str | None = None) -> list[Case]:
    """Return the cases alone; see `find_cases`."""
    return find_cases(place, label_map=label_map).cases


def load_case(
    case: Case,
    root: str | Path,
    *,
    with_ct: bool = True,
    with_masks: bool = True,
    reader: Reader = "auto",
    assume_axes: str | None = None,
) -> CaseData:
    """Read a case's CT (HU checked) and masks (on the CT's grid), and apply its transform.

    Parameters
    ----------
    root
        Folder of the case's relative paths.
    with_ct, with_masks
        Leave one out; masks are the same with and without the CT's voxels.
    reader, assume_axes
        As in :func:`medspatial.volume.read_volume`.

    Raises
    ------
    InputError
        With the case's id, the file, the rule and the value.
    """
    root = Path(root)
    _check_transform(case)
    if (why := refusal(case)) is not None:
        raise InputError(f"case {case.case_id!r}: {why}")
    try:
        ct = masks = None
        if with_ct and case.image_path:
            ct = read_volume(root / case.image_path, unit="HU", reader=reader, assume_axes=assume_axes)
        if with_masks and case.masks:
            grid = _grid(case, root, ct, assume_axes)
            masks = _masks(case, root, MaskReader(grid, reader, assume_axes))
    except InputError as error:
        raise InputError(f"case {case.case_id!r}: {error}") from None
    for _ in case.transform:
        ct, masks = ct and ct.mirrored(), masks and masks.mirrored()
    return CaseData(case, ct, masks)


def _check_transform(case: Case) -> None:
    for step in case.transform:
        if step not in TRANSFORMS:
            known = ", ".join(TRANSFORMS)
            raise InputError(
                f"case {case.case_id!r}: field 'transform': must be one of {known}; got {step!r}"
            )


def _grid(case: Case, root: Path, ct: Volume | None, assume_axes: str | None) -> Grid | None:
    if ct is not None:
        return ct.grid
    if not case.image_path:
        return None
    return read_header(root / case.image_path, assume_axes=assume_axes).grid


def _masks(case: Case, root: Path, reader: MaskReader) -> MaskSet:
    sets: list[MaskSet] = []
    for source in case.masks:
        one = replace(reader, complete=source.complete)
        found = one.read(root / source.path, _label_map(source, root), root=root, nameless=_nameless(case))
        sets.append(found)
        if reader.grid is None:
            reader = MaskReader(found.grid, reader.reader, reader.assume_axes)
    return with_flat_ends(_joined(sets))


def _nameless(case: Case) -> set[str]:
    """Return the names that a mask's file may share with its case, and that say no structure."""
    names = {case.case_id, case.patient_id, *([volume_name(case.image_path)] if case.image_path else [])}
    return names | {name.removesuffix("_0000") for name in names}


def _joined(sets: Sequence[MaskSet]) -> MaskSet:
    whole = sets[0]
    for other in sets[1:]:
        whole = whole.combined(other)
    return whole


def _label_map(source: MaskSource, root: Path) -> LabelMap | None:
    if source.label_map is None:
        return None
    return load_label_map(label_map_file(source, root) or source.label_map)
