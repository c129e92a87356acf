"""Recognise how a folder holds its cases: a sub-folder per case, segmenter output, flat files, CT-RATE."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from itertools import count
from pathlib import Path
from typing import Any

from medspatial.anatomy import canonical_name, load_label_map, structures
from medspatial.cases.found import Found, Placed, left_out
from medspatial.cases.sources import IMAGE_STEMS, is_volume, mask_files
from medspatial.errors import InputError
from medspatial.records import Case, MaskSource, patient_of, read_records, volume_name

CASE_FILES = ("cases.jsonl", "cases.csv")
LABEL_STEMS = ("seg", "segmentation", "segmentations", "mask", "masks", "label", "labels", "total")
MASK_FOLDERS = ("masks", "segmentations", "segmentation", "seg", "labels", "totalsegmentator")
IMAGE_FOLDERS = ("images", "imagesTr", "ct", "cts", "volumes")
PARALLEL_FOLDERS = ("masks", "labels", "labelsTr", "segmentations", "seg")
DEFAULT_LABEL_MAP = "totalsegmentator_v2"
# Keys of a scanned case's metadata: what was passed over, and the label map that nobody stated.
NOTES = "notes"
ASSUMED_LABEL_MAP = "assumed_label_map"

_CT_RATE_SPLITS = ("train_fixed", "valid_fixed")
_CT_RATE_TASKS = {
    "ts_total": DEFAULT_LABEL_MAP,
    "ts_lung_nodules": "nodules",
    "ts_pleural_pericard_effusion": "effusion",
}
_CT_RATE_LICENSE = "CC BY-NC-SA 4.0"
_LOOKED_FOR = (
    "cases.jsonl or cases.csv; a sub-folder per case with ct.nii.gz and seg.nii.gz or masks/; "
    "TotalSegmentator output; <name>.nii.gz with <name>_seg.nii.gz or masks/<name>; "
    "CT-RATE's train_fixed/ or valid_fixed/"
)


def scan_folder(folder: str | Path, *, label_map: str | None = None) -> Found:
    """Find the cases of a folder, sorted by id, and the folders that gave none.

    A ``cases.jsonl`` or ``cases.csv`` in the folder wins. Else the first layout that fits is taken:
    CT-RATE's tree; the folder itself is one case; one case per sub-folder, or per sub-folder of a patient's
    folder; flat files. Where both a label volume and a folder of masks exist, the label volume is used and
    the case's ``metadata["notes"]`` says so. Paths in cases are relative to the folder.

    Parameters
    ----------
    label_map
        Label map of all label volumes (name or path). By default KiTS folders (``kits19*``, ``kits23*``, or
        ``case_*`` with ``segmentation.nii.gz``) get theirs, and all others ``totalsegmentator_v2``.

    Raises
    ------
    InputError
        The folder is missing, unreadable, empty, or holds nothing that is recognised.
    """
    folder = Path(folder)
    entries = _entries(folder)
    if not entries:
        raise InputError(f"{folder}: the folder is empty; looked for {_LOOKED_FOR}")
    for name in CASE_FILES:
        if (folder / name).is_file():
            return Found(listed_cases(folder / name, label_map=label_map))
    if label_map is not None:
        _check_label_map(label_map, folder)
    layouts: tuple[Callable[[Path, str | None], list[Placed]], ...] = (_ct_rate, _single, _sub_folders, _flat)
    for layout in layouts:
        placed = layout(folder, label_map)
        if placed:
            groups = _ct_rate_splits(folder) if layout is _ct_rate else [folder]
            cases = sorted(_distinct(placed, folder), key=lambda case: case.case_id)
            return Found(cases, tuple(left_out(folder, placed, groups)))
    raise InputError(f"{folder}: no case recognised; looked for {_LOOKED_FOR}")


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
    if label_map is None:
        return cases
    _check_label_map(label_map, path.parent)
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


def _entries(folder: Path) -> list[Path]:
    try:
        return sorted(one for one in folder.iterdir() if not one.name.startswith("."))
    except FileNotFoundError:
        raise InputError(f"{folder}: no such folder") from None
    except NotADirectoryError:
        raise InputError(f"{folder}: is a file, a folder of cases is needed") from None
    except PermissionError:
        raise InputError(f"{folder}: no permission to list this folder") from None


def _folders(folder: Path) -> list[Path]:
    return [one for one in _entries(folder) if one.is_dir()]


def _ct_rate_splits(folder: Path) -> list[Path]:
    bases = [folder, folder / "dataset"]
    return [base / split for base in bases for split in _CT_RATE_SPLITS if (base / split).is_dir()]


def _ct_rate(folder: Path, label_map: str | None) -> list[Placed]:
    """Read CT-RATE's tree: ``<split>_fixed/<patient>/<scan>/<volume>`` with ``ts_seg`` beside the split."""
    placed = []
    for split in _ct_rate_splits(folder):
        for image in sorted(split.glob("*/*/*.nii.gz")):
            inner = image.relative_to(split.parent)
            found = {task: split.parent / "ts_seg" / task / inner for task in _CT_RATE_TASKS}
            masks = [
                _source(path, folder, label_map if task == "ts_total" and label_map else _CT_RATE_TASKS[task])
                for task, path in found.items()
                if path.is_file()
            ]
            case = _case(volume_name(image.name), image, masks, folder)
            case = case.model_copy(update={"source": "CT-RATE", "license": _CT_RATE_LICENSE})
            placed.append(Placed(case, image))
    return placed


def _single(folder: Path, label_map: str | None) -> list[Placed]:
    case = _folder_case(folder, folder, label_map)
    if case is None:
        return []
    if case.image_path is None and all((folder / one.path).is_dir() for one in case.masks):
        # Without a CT or label volume of its own, masks/ may belong to flat files named alike.
        files = [file for one in case.masks for file in mask_files(folder / one.path)]
        return [Placed(case, folder)] if _organs(files) else []
    return [Placed(case, folder)]


def _sub_folders(folder: Path, label_map: str | None) -> list[Placed]:
    """Read each sub-folder as one case, or else as a patient with one case per sub-folder."""
    placed = []
    for one in _folders(folder):
        if one.name in (*IMAGE_FOLDERS, *PARALLEL_FOLDERS):
            continue
        case = _folder_case(one, folder, label_map)
        placed += _scans(one, folder, label_map) if case is None else [Placed(case, one)]
    return placed


def _scans(patient: Path, root: Path, label_map: str | None) -> list[Placed]:
    """Read a patient's folder; a scan that is named after another patient, as in CT-RATE, is that one's."""
    placed = []
    for place in _folders(patient):
        case = _folder_case(place, root, label_map)
        if case is None:
            continue
        if case.patient_id == case.case_id:
            case = case.model_copy(update={"patient_id": patient_of(patient.name)})
        placed.append(Placed(case, place))
    return placed


def _folder_case(place: Path, root: Path, label_map: str | None) -> Case | None:
    """Return the case that one folder holds, or None."""
    files = [one for one in _entries(place) if is_volume(one)]
    image = _named(files, IMAGE_STEMS) or _dicom(place)
    labels, notes = _named(files, LABEL_STEMS), list[str]()
    folders = [one for one in _mask_folders(place) if one != image]
    if labels is not None:
        notes += [f"{labels.name} is used, {one.name}/ is not" for one in folders]
        chosen, assumed = _label_map_of(place, labels, label_map)
        masks = [_source(labels, root, chosen)]
        return _case(place.name, image, masks, root, notes, assumed=assumed)
    if folders:
        notes += [f"{folders[0].name}/ is used, {one.name}/ is not" for one in folders[1:]]
        return _case(place.name, image, [_source(folders[0], root, label_map)], root, notes)
    if _organs([one for one in files if one != image]):
        return _case(place.name, image, [_source(place, root, label_map)], root, notes)
    return _case(place.name, image, [], root, notes) if image is not None else None


def _organs(files: Sequence[Path]) -> list[Path]:
    """Return the files that are named after a known structure."""
    known = {one.name for one in structures() if one.kind != "region"}
    return [one for one in files if canonical_name(volume_name(one.name)) in known]


def _label_map_of(place: Path, labels: Path, stated: str | None) -> tuple[str, bool]:
    """Return the label map of a label volume, and whether it is only assumed."""
    if stated is not None:
        return stated, False
    for dataset in ("kits19", "kits23"):
        if place.name.lower().startswith(dataset):
            return dataset, False
    if place.name.startswith("case_") and volume_name(labels.name) == "segmentation":
        return "kits23", False  # its values include those of KiTS19
    return DEFAULT_LABEL_MAP, True


def _named(files: Sequence[Path], stems: Sequence[str]) -> Path | None:
    """Return the first file with one of the names, compressed NIfTI before other formats."""
    for stem in stems:
        found = [one for one in files if volume_name(one.name).lower() == stem]
        if found:
            return min(found, key=lambda one: (not one.name.lower().endswith(".nii.gz"), one.name))
    return None


def _dicom(place: Path) -> Path | None:
    for name in ("ct", "dicom", "DICOM"):
        folder = place / name
        if folder.is_dir() and any(one.suffix.lower() == ".dcm" for one in _entries(folder)):
            return folder
    return None


def _mask_folders(place: Path) -> list[Path]:
    """Return folders of masks, the plainly named first, then variants such as ``masks_fast``."""
    inner = [one for one in _folders(place) if one.name.lower().startswith(MASK_FOLDERS) and mask_files(one)]
    plain = {name: rank for rank, name in enumerate(MASK_FOLDERS)}
    return sorted(inner, key=lambda one: (plain.get(one.name.lower(), len(plain)), one.name))


def _flat(folder: Path, label_map: str | None) -> list[Placed]:
    """Read flat files: CT volumes side by side, masks named after them or in a parallel folder."""
    places = [one for name in IMAGE_FOLDERS if (one := folder / name).is_dir()] + [folder]
    for place in places:
        files = [one for one in _entries(place) if is_volume(one)]
        images = [one for one in files if not _is_label_of_another(one, files)]
        if images:
            return [Placed(_flat_case(image, place, folder, label_map), image) for image in images]
    return []


def _is_label_of_another(path: Path, files: Sequence[Path]) -> bool:
    name = volume_name(path.name)
    stems = {volume_name(one.name) for one in files}
    return any(name.endswith(f"_{one}") and name[: -len(one) - 1] in stems for one in LABEL_STEMS)


def _flat_case(image: Path, place: Path, root: Path, label_map: str | None) -> Case:
    name = volume_name(image.name)
    plain = name.removesuffix("_0000")  # nnU-Net's channel number
    for found in _flat_masks(place, root, name, plain):
        if found.is_dir():
            return _case(plain, image, [_source(found, root, label_map)], root)
        chosen, assumed = _label_map_of(root, found, label_map)
        return _case(plain, image, [_source(found, root, chosen)], root, assumed=assumed)
    return _case(plain, image, [], root)


def _flat_masks(place: Path, root: Path, name: str, plain: str) -> Iterator[Path]:
    """Yield the mask files or folders that belong to a flat image."""
    for one in _entries(place):
        if is_volume(one) and volume_name(one.name) in {f"{name}_{stem}" for stem in LABEL_STEMS}:
            yield one
    for folder in (root / parallel for parallel in PARALLEL_FOLDERS):
        if folder.is_dir():
            for one in _entries(folder):
                if (one.is_dir() and one.name in (name, plain)) or volume_name(one.name) in (name, plain):
                    yield one


def _source(path: Path, root: Path, label_map: str | None) -> MaskSource:
    return MaskSource(path=path.relative_to(root).as_posix(), label_map=label_map)


def _case(
    case_id: str,
    image: Path | None,
    masks: Sequence[MaskSource],
    root: Path,
    notes: Sequence[str] = (),
    *,
    assumed: bool = False,
) -> Case:
    metadata: dict[str, Any] = {NOTES: list(notes)} if notes else {}
    if assumed:
        metadata[ASSUMED_LABEL_MAP] = DEFAULT_LABEL_MAP
    return Case(
        case_id=case_id,
        patient_id=patient_of(case_id),
        image_path=image.relative_to(root).as_posix() if image else None,
        masks=tuple(masks),
        metadata=metadata,
    )


def _distinct(placed: Sequence[Placed], root: Path) -> list[Case]:
    """Return the cases; those of the same name get their path as id, and a number where that is taken."""
    names = Counter(one.case.case_id for one in placed)
    taken = {name for name, count in names.items() if count == 1}
    cases = []
    for case, place in sorted(((one.case, one.place) for one in placed), key=lambda pair: pair[1]):
        if names[case.case_id] > 1:
            path = place.relative_to(root).as_posix().replace("/", "_")
            case_id = next(one for one in _numbered(path) if one not in taken)
            taken.add(case_id)
            cases.append(case.model_copy(update={"case_id": case_id}))
        else:
            cases.append(case)
    return cases


def _numbered(name: str) -> Iterator[str]:
    yield name
    yield from (f"{name}_{number}" for number in count(2))
