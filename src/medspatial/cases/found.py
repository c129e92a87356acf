"""What a scanned folder gave: its cases, and what gave none and why."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from medspatial.cases.sources import is_image, is_volume
from medspatial.records import Case


@dataclass(frozen=True)
class LeftOut:
    """A folder or volume file that gave no case.

    Attributes
    ----------
    path
        Relative to the folder that was scanned.
    reason
        Why, in words.
    """

    path: str
    reason: str

    def __str__(self) -> str:
        return f"{self.path}: {self.reason}"


@dataclass(frozen=True)
class Found:
    """The cases of a folder or of a list, and what of the folder gave none."""

    cases: list[Case]
    left_out: tuple[LeftOut, ...] = ()

    @property
    def patients(self) -> int:
        """How many patients the cases are of."""
        return len({case.patient_id for case in self.cases})


@dataclass(frozen=True)
class Placed:
    """A case and where it was recognised: its folder, or the file of its CT."""

    case: Case
    place: Path


def left_out(root: Path, placed: Sequence[Placed], groups: Iterable[Path]) -> Iterator[LeftOut]:
    """Yield the folders, and the volume files beside them, that gave no case.

    Parameters
    ----------
    root
        Folder of the cases' relative paths.
    groups
        Folders whose sub-folders are cases, patients, or places of images and masks.
    """
    used = _used(root, placed)
    places = {one.place for one in placed}
    for group in groups:
        if group in places:
            yield from _inside(group, root, used)
            continue
        yield from _loose(group, root, used)
        for child in listed(group, folders=True):
            if child not in used:
                yield LeftOut(_name(child, root), _reason(child))
            elif child in places:
                yield from _inside(child, root, used)
            else:
                yield from _loose(child, root, used)
                unused = (one for one in listed(child, folders=True) if one not in used)
                yield from (LeftOut(_name(one, root), _reason(one)) for one in unused)


def listed(folder: Path, *, folders: bool) -> list[Path]:
    """Return the sub-folders of a folder, or its volume files; sorted, hidden ones left out."""
    chosen = Path.is_dir if folders else is_volume
    try:
        return sorted(one for one in folder.iterdir() if not one.name.startswith(".") and chosen(one))
    except PermissionError:
        return []


def _used(root: Path, placed: Sequence[Placed]) -> set[Path]:
    """Return every file and folder that belongs to a case, with all folders above it."""
    paths = {one.place for one in placed}
    for case in (one.case for one in placed):
        paths |= {root / path for path in (case.image_path, *(mask.path for mask in case.masks)) if path}
    return paths | {above for path in paths for above in path.parents}


def _inside(place: Path, root: Path, used: set[Path]) -> Iterator[LeftOut]:
    """Yield sub-folders of a case's folder that look like a further scan."""
    for child in listed(place, folders=True):
        image = next((one for one in listed(child, folders=False) if is_image(one)), None)
        if child not in used and image is not None:
            above = "the folder itself" if place == root else _name(place, root)
            yield LeftOut(_name(child, root), f"holds {image.name}, but {above} is already one case")


def _loose(folder: Path, root: Path, used: set[Path]) -> Iterator[LeftOut]:
    for one in listed(folder, folders=False):
        if one not in used:
            yield LeftOut(_name(one, root), "a volume that by its name and place belongs to no case")


def _reason(folder: Path) -> str:
    try:
        if not any(folder.iterdir()):
            return "is empty"
    except PermissionError:
        return "no permission to list this folder"
    dicom = False
    for path in _files(folder):
        if is_volume(path):
            return f"nothing in it is recognised as a CT or masks here; it holds {_name(path, folder)}"
        dicom = dicom or path.suffix.lower() == ".dcm"
    if dicom:
        return "a DICOM series is recognised in a sub-folder ct/ or dicom/ of a case's folder only"
    return "holds no volume file"


def _files(folder: Path) -> Iterator[Path]:
    """Yield the files below a folder, in an order that the file system has no part in."""
    for place, folders, files in os.walk(folder):
        folders.sort()
        yield from (Path(place, one) for one in sorted(files))


def _name(path: Path, root: Path) -> str:
    return path.relative_to(root).as_posix()
