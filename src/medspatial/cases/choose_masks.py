"""Which files and folders of a case's folder are its masks."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from medspatial.cases.chosen import MaskChoice, MaskFile, name, names
from medspatial.cases.filenames import (
    IMAGE_STEMS,
    LABEL_STEMS,
    carries_names,
    in_order,
    is_ct,
    is_label,
    is_structure,
    key,
    stem,
)
from medspatial.cases.tree import Tree

MASK_FOLDERS = ("masks", "segmentations", "segmentation", "seg", "labels", "totalsegmentator")
SERIES_FOLDERS = ("ct", "dicom")
_BEGINNINGS = (*MASK_FOLDERS, "mask", "label")


def choose_masks(tree: Tree, place: Path) -> MaskChoice:
    """Choose the masks of a case's folder; the first kind that is there is taken.

    A label volume with a plain name (``seg``); a folder of masks; files named after structures; a label
    volume whose name ends or begins so (``x_seg``); files that name their segments themselves
    (``.seg.nrrd``, DICOM-SEG).
    """
    volumes = tree.listing(place).volumes
    labels = [one for one in volumes if is_label(one) and not carries_names(one)]
    plain = [one for one in in_order(labels, LABEL_STEMS) if stem(one).lower() in LABEL_STEMS]
    folders = [(one, found) for one in mask_folders(tree, place) if (found := folder_masks(tree, one))]
    loose = [one for one in labels if one not in plain]
    own = [one for one in volumes if carries_names(one)] + segmentations(tree, place)
    organs = [one for one in volumes if is_structure(one)]
    every = [*plain, *(one for one, _ in folders), *loose, *own]
    if plain:
        return _taken((MaskFile(plain[0], label_volume=True),), plain[0], every, place)
    if folders:
        return _taken(folders[0][1], folders[0][0], every, place)
    if organs:
        return _taken(_organ_masks(volumes, organs, place), place, every, place)
    if loose:
        return _ended_so(volumes, loose, every, place)
    return MaskChoice(tuple(MaskFile(one) for one in own))


def mask_folders(tree: Tree, place: Path) -> list[Path]:
    """Return folders named as those of masks, the plainly named first, then such as ``masks_fast``."""
    inner = [one for one in tree.listing(place).folders if one.name.lower().startswith(_BEGINNINGS)]
    plain = {one: rank for rank, one in enumerate(MASK_FOLDERS)}
    return sorted(inner, key=lambda one: (plain.get(one.name.lower(), len(plain)), one.name))


def folder_masks(tree: Tree, folder: Path) -> tuple[MaskFile, ...]:
    """Return what a folder of masks holds: itself, its only label volume, DICOM-SEG, or inner folders."""
    files = [one for one in tree.listing(folder).volumes if stem(one).lower() not in IMAGE_STEMS]
    if files and all(carries_names(one) for one in files):
        return tuple(MaskFile(one) for one in files)
    if len(files) == 1 and is_label(files[0]) and not is_structure(files[0]):
        return (MaskFile(files[0], label_volume=True),)
    if files:
        return (MaskFile(folder),)
    dicom = tree.dicom(folder)
    if dicom is not None and dicom.segmentations:
        return tuple(MaskFile(one) for one in dicom.segmentations)
    found: list[MaskFile] = []
    seen: set[str] = set()
    for inner in tree.listing(folder).folders:
        masks = folder_masks(tree, inner)
        stems = {stem(one) for one in tree.listing(inner).volumes}
        if masks and not stems & seen:  # the same structures again would be another version
            found += masks
            seen |= stems
    return tuple(found)


def segmentations(tree: Tree, place: Path) -> list[Path]:
    """Return the DICOM-SEG files of a folder, of folders in it beside a CT, and those among its slices."""
    here = tree.dicom(place)
    found = list(here.segmentations) if here is not None else []
    folders = tree.listing(place).folders
    inner = {one: dicom for one in folders if (dicom := tree.dicom(one)) is not None}
    beside = bool(tree.listing(place).volumes) or (here is not None and bool(here.ct))
    if beside or any(one.ct and not one.segmentations for one in inner.values()):
        found += [file for one in inner.values() if not one.ct for file in one.segmentations]
    named = [dicom for one, dicom in inner.items() if one.name.lower() in SERIES_FOLDERS and dicom.ct]
    return found + [file for one in named for file in one.segmentations]


def _taken(masks: tuple[MaskFile, ...], chosen: Path, every: Sequence[Path], place: Path) -> MaskChoice:
    shown = "the files named after structures" if chosen == place else name(chosen, place)
    taken = {chosen, *(mask.path for mask in masks)}
    others = [one for one in every if one not in taken]
    notes = [f"{shown} is used, {name(one, place)} is not" for one in others if one.is_dir()]
    if chosen == place:
        notes = [one.replace(" is used,", " are used,") for one in notes]
    return MaskChoice(masks, notes, dict.fromkeys(others, f"masks; {shown} is used"))


def _organ_masks(volumes: Sequence[Path], organs: Sequence[Path], place: Path) -> tuple[MaskFile, ...]:
    """Return the folder, or single files where a CT or label volume lies among them under its own name."""
    strangers = [
        one for one in volumes if is_label(one) or (is_ct(one) and stem(one).lower() not in IMAGE_STEMS)
    ]
    return tuple(MaskFile(one) for one in organs) if strangers else (MaskFile(place),)


def _ended_so(
    volumes: Sequence[Path], loose: Sequence[Path], every: Sequence[Path], place: Path
) -> MaskChoice:
    """Take the label volume whose name fits a CT beside it, or the only one."""
    others = {key(one) for one in volumes if not is_label(one)}
    fitting = loose if len(loose) == 1 else [one for one in loose if key(one) in others]
    if len(fitting) != 1:
        return MaskChoice(
            refusal=f"several label volumes, nothing tells which is meant: {names(loose, place)}"
        )
    return _taken((MaskFile(fitting[0], label_volume=True),), fitting[0], every, place)
