"""Recognise how a folder holds its cases: CT-RATE, one case, a folder per case at any depth, flat files."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import count
from pathlib import Path
from typing import Any

from medspatial.anatomy import load_label_map
from medspatial.cases.chosen import Chosen, ImageChoice, MaskChoice, MaskFile
from medspatial.cases.discovery import REFUSED, Discovery, account
from medspatial.cases.flat import flat_cases, is_flat_folder
from medspatial.cases.folder_case import cases_below, root_case
from medspatial.cases.tree import Tree
from medspatial.errors import InputError
from medspatial.records import Case, MaskSource, patient_of, read_records, volume_name

CASE_FILES = ("cases.jsonl", "cases.csv")
# Key of a scanned case's metadata: what was passed over.
NOTES = "notes"

_CT_RATE_SPLITS = ("train_fixed", "valid_fixed")
_CT_RATE_TASKS = {
    "ts_total": "totalsegmentator_v2",
    "ts_lung_nodules": "nodules",
    "ts_pleural_pericard_effusion": "effusion",
}
_CT_RATE_LICENSE = "CC BY-NC-SA 4.0"
_LOOKED_FOR = (
    "cases.jsonl or cases.csv; a sub-folder per case with ct.nii.gz and seg.nii.gz or masks/; "
    "TotalSegmentator output; <name>.nii.gz with <name>_seg.nii.gz or masks/<name>; "
    "DICOM series with masks beside them; CT-RATE's train_fixed/ or valid_fixed/"
)


def scan_folder(folder: str | Path, *, label_map: str | None = None) -> Discovery:
    """Find the cases of a folder, sorted by id, and everything in it that is not used.

    A ``cases.jsonl`` or ``cases.csv`` in the folder wins. Else the first layout that fits is taken:
    CT-RATE's tree; the folder itself is one case; one case per sub-folder, at any depth, and flat files.
    Of several masks in a case's folder one kind is used; of several CTs the one that fits the masks, and
    where that does not tell them apart the case is refused (``metadata["refused"]``). What is passed over is
    named in ``left_out``. Paths in cases are relative to the folder. No voxel is read.

    Parameters
    ----------
    label_map
        Label map of all label volumes (name or path). By default each is read as it says itself, or as a
        table beside it does; see `medspatial.cases.naming`.

    Raises
    ------
    InputError
        The folder is missing, unreadable, empty, or holds nothing that is recognised.
    """
    folder = Path(folder)
    tree = Tree(folder)
    listing = tree.listing(folder)
    if not (listing.folders or listing.volumes or listing.others or listing.odd):
        raise InputError(f"{folder}: the folder is empty; looked for {_LOOKED_FOR}")
    for name in CASE_FILES:
        if (folder / name).is_file():
            return Discovery(listed_cases(folder / name, label_map=label_map), folder)
    if label_map is not None:
        _check_label_map(label_map, folder)
    splits = _ct_rate_splits(folder)
    placed = _ct_rate(tree, splits, label_map)
    groups = splits if placed else [folder]
    if not placed:
        placed = [(_case(one, folder, label_map), one) for one in _chosen(tree)]
    if not placed:
        raise InputError(f"{folder}: no case recognised; looked for {_LOOKED_FOR}")
    placed = _distinct(placed, folder)
    left_out, others = account(tree, [(case.case_id, one) for case, one in placed], groups)
    cases = sorted((case for case, _ in placed), key=lambda case: case.case_id)
    return Discovery(cases, folder, left_out, others)


def scan_cases(folder: str | Path, *, label_map: str | None = None) -> list[Case]:
    """Return the cases of a folder alone; see `scan_folder`."""
    return scan_folder(folder, label_map=label_map).cases


def listed_cases(path: Path, *, label_map: str | None = None) -> list[Case]:
    """Read a list of cases; a label map that is given replaces that of every mask.

    Raises
    ------
    InputError
        Missing or unreadable file, the first bad row, a ``case_id`` that occurs twice, no row at all.
    """
    cases = read_records(path, Case).rows
    if not cases:
        raise InputError(f"{path}: holds no cases")
    return with_label_map(cases, label_map, path.parent)


def with_label_map(cases: list[Case], label_map: str | None, root: Path) -> list[Case]:
    """Return cases with the label map of every mask replaced, where one is given; it must be found."""
    if label_map is None:
        return cases
    _check_label_map(label_map, root)
    return [
        case.model_copy(
            update={"masks": tuple(one.model_copy(update={"label_map": label_map}) for one in case.masks)}
        )
        for case in cases
    ]


def _check_label_map(label_map: str, root: Path) -> None:
    """Refuse a label map that reading would not find: beside the cases, at its path, or built in."""
    beside = root / label_map
    load_label_map(beside if beside.is_file() else label_map)


def _ct_rate_splits(folder: Path) -> list[Path]:
    bases = [folder, folder / "dataset"]
    return [base / split for base in bases for split in _CT_RATE_SPLITS if (base / split).is_dir()]


def _ct_rate(tree: Tree, splits: Sequence[Path], label_map: str | None) -> list[tuple[Case, Chosen]]:
    """Read CT-RATE's tree: ``<split>_fixed/<patient>/<scan>/<volume>`` with ``ts_seg`` beside the split."""
    placed = []
    for split in splits:
        for image in _ct_rate_volumes(tree, split):
            inner = image.relative_to(split.parent)
            found = {task: split.parent / "ts_seg" / task / inner for task in _CT_RATE_TASKS}
            there = {task: path for task, path in found.items() if path.is_file()}
            masks = tuple(MaskFile(path, label_volume=True) for path in there.values())
            chosen = Chosen(volume_name(image.name), image, ImageChoice(image), MaskChoice(masks))
            sources = tuple(
                _source(
                    path, tree.root, label_map if task == "ts_total" and label_map else _CT_RATE_TASKS[task]
                )
                for task, path in there.items()
            )
            facts = {"masks": sources, "source": "CT-RATE", "license": _CT_RATE_LICENSE, "metadata": {}}
            placed.append((_record(chosen, tree.root, ()).model_copy(update=facts), chosen))
    return placed


def _ct_rate_volumes(tree: Tree, split: Path) -> Iterator[Path]:
    for patient in tree.listing(split).folders:
        for scan in tree.listing(patient).folders:
            yield from (one for one in tree.listing(scan).volumes if one.name.endswith(".nii.gz"))


def _chosen(tree: Tree) -> list[Chosen]:
    """Return the only case of the root, or those of its sub-folders and its flat files."""
    case = root_case(tree)
    if case is not None:
        return [case]
    inner, flat = cases_below(tree, tree.root), flat_cases(tree, tree.root)
    if not inner or not flat:
        return inner or flat
    deep = all(len(one.place.relative_to(tree.root).parts) > 2 for one in inner)
    beside = any(one.masks or is_flat_folder(one.place.parent) for one in flat)
    return [*inner, *flat] if deep or beside else inner


def _case(chosen: Chosen, root: Path, label_map: str | None) -> Case:
    """Return the record of a case; one that is refused names no files."""
    masks = () if chosen.refusal else chosen.masks.chosen
    return _record(chosen, root, [_source(mask.path, root, label_map) for mask in masks])


def _source(path: Path, root: Path, label_map: str | None) -> MaskSource:
    return MaskSource(path=path.relative_to(root).as_posix(), label_map=label_map)


def _record(chosen: Chosen, root: Path, masks: Sequence[MaskSource]) -> Case:
    metadata: dict[str, Any] = {NOTES: chosen.notes} if chosen.notes else {}
    if chosen.refusal:
        metadata[REFUSED] = chosen.refusal
    image = None if chosen.refusal else chosen.image.path
    own = patient_of(chosen.name)
    above = patient_of(chosen.patient) if chosen.patient else own
    return Case(
        case_id=chosen.name,
        patient_id=above if own == chosen.name else own,  # names as in CT-RATE say the patient themselves
        image_path=image.relative_to(root).as_posix() if image else None,
        masks=tuple(masks),
        metadata=metadata,
    )


def _distinct(placed: Sequence[tuple[Case, Chosen]], root: Path) -> list[tuple[Case, Chosen]]:
    """Return the cases; those of the same name get their path as id, and a number where that is taken."""
    names = Counter(case.case_id for case, _ in placed)
    taken = {name for name, count in names.items() if count == 1}
    cases = []
    for case, chosen in sorted(placed, key=lambda pair: pair[1].place):
        if names[case.case_id] > 1:
            path = chosen.place.relative_to(root).as_posix().replace("/", "_")
            case_id = next(one for one in _numbered(path) if one not in taken)
            taken.add(case_id)
            cases.append((case.model_copy(update={"case_id": case_id}), chosen))
        else:
            cases.append((case, chosen))
    return cases


def _numbered(name: str) -> Iterator[str]:
    yield name
    yield from (f"{name}_{number}" for number in count(2))
