"""From a case's record to its CT and masks, with the case's transform applied."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from medspatial.anatomy import LabelMap, load_label_map
from medspatial.cases.layouts import ASSUMED_LABEL_MAP, NOTES, scan_cases
from medspatial.cases.masks import MaskSet
from medspatial.cases.sources import Grid, MaskReader
from medspatial.errors import InputError
from medspatial.records import Case, MaskSource, read_records
from medspatial.volume import Volume, read_header, read_volume
from medspatial.volume.read import Reader

MIRROR = "mirror_left_right"
TRANSFORMS = (MIRROR,)


@dataclass
class CaseData:
    """One case, read: its transform is applied to both CT and masks.

    ``masks`` lie on the grid of the CT, where there is one.
    """

    case: Case
    ct: Volume | None = None
    masks: MaskSet | None = None

    @property
    def mirrored(self) -> bool:
        """Whether left and right of the patient were exchanged."""
        return self.case.transform.count(MIRROR) % 2 == 1

    @property
    def notes(self) -> tuple[str, ...]:
        """What was set aside while finding and reading the case."""
        found = tuple(str(one) for one in self.case.metadata.get(NOTES, ()))
        return (*found, *(self.masks.notes if self.masks else ()))


def read_cases(path: str | Path, *, label_map: str | None = None) -> list[Case]:
    """Read the cases of a folder (any layout that ``scan_cases`` knows) or of a ``.jsonl`` or ``.csv`` file.

    Raises
    ------
    InputError
        Nothing recognised, a bad row, or a ``case_id`` that occurs twice.
    """
    path = Path(path)
    if path.is_dir():
        return scan_cases(path, label_map=label_map)
    cases = read_records(path, Case).rows
    if not cases:
        raise InputError(f"{path}: holds no cases")
    seen: set[str] = set()
    for case in cases:
        if case.case_id in seen:
            raise InputError(
                f"{path}: field 'case_id': must be unique in its file; got {case.case_id!r} twice"
            )
        seen.add(case.case_id)
    return cases


def cases_root(path: str | Path) -> Path:
    """Return the folder that relative paths of cases refer to: the folder itself, or that of the file."""
    path = Path(path)
    return path if path.is_dir() else path.parent


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
        return Grid(ct.shape, ct.affine)
    if not case.image_path:
        return None
    header = read_header(root / case.image_path, assume_axes=assume_axes)
    return Grid(header.shape, header.affine)


def _masks(case: Case, root: Path, reader: MaskReader) -> MaskSet:
    sets: list[MaskSet] = []
    for source in case.masks:
        assumed = source.label_map is not None and source.label_map == case.metadata.get(ASSUMED_LABEL_MAP)
        found = reader.read(root / source.path, _label_map(source, root), assumed=assumed)
        sets.append(found)
        if reader.grid is None:
            reader = MaskReader(Grid(found.shape, found.affine), reader.reader, reader.assume_axes)
    return _joined(sets)


def _joined(sets: Sequence[MaskSet]) -> MaskSet:
    whole = sets[0]
    for other in sets[1:]:
        whole = whole.combined(other)
    return whole


def _label_map(source: MaskSource, root: Path) -> LabelMap | None:
    if source.label_map is None:
        return None
    beside = root / source.label_map
    return load_label_map(beside if beside.is_file() else source.label_map)
