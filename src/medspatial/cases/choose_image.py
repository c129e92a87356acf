"""Which volume or DICOM series of a case's folder is its CT: told by names, in doubt by the masks' grid."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from medspatial.cases.chosen import ImageChoice, MaskChoice, name
from medspatial.cases.dicom_folders import refers_to
from medspatial.cases.filenames import IMAGE_STEMS, in_order, is_ct, is_mask, key, stem
from medspatial.cases.grids import described, header_of, on_grid_of
from medspatial.cases.tree import Tree


@dataclass
class Candidates:
    """What can be a case's CT: the likelier ones, and others that are looked at in doubt.

    Attributes
    ----------
    series
        SeriesInstanceUIDs of those that are DICOM folders.
    """

    likely: list[Path] = field(default_factory=list)
    others: list[Path] = field(default_factory=list)
    series: dict[Path, list[str]] = field(default_factory=dict)

    @property
    def all(self) -> list[Path]:
        """Every candidate, the likelier first."""
        return [*self.likely, *self.others]


def choose_image(tree: Tree, place: Path, masks: MaskChoice) -> ImageChoice:
    """Choose the CT of a case's folder that is already known to be one.

    A single volume named as a CT is it, else a single DICOM series, else a single volume of any other name.
    Several are told apart by the masks: the only one on their grid, or that a DICOM-SEG refers to.
    """
    found = candidates(tree, place, masks)
    if not found.likely:
        return ImageChoice()
    if len(found.likely) == 1:
        return _only(found, place, masks)
    fitting = _fitting(found, found.likely, masks)
    if len(fitting) == 1:
        note = f"{name(fitting[0], place)} is used: of {len(found.likely)} CTs it alone fits the masks"
        return _image(found, fitting[0], place, masks, [note])
    return ImageChoice(refusal=_refusal(found.likely, fitting, place, masks))


def candidates(tree: Tree, place: Path, masks: MaskChoice) -> Candidates:
    """Return what can be the CT: volumes in the folder, and below it series and volumes named as a CT."""
    taken = {one.path for one in masks.chosen}
    beside = [one for one in tree.listing(place).volumes if one not in taken]
    named = [one for one in beside if is_named(one, place)]
    unnamed = [one for one in beside if one not in named and not is_mask(one)]
    series = _series(tree, place)
    inner = [] if named or series else _inner_volumes(tree, place, taken)
    if place in taken:  # files of structures: one more of them may be a mask of a structure that is not known
        unnamed = [one for one in unnamed if _may_be_ct(one)]
    named = _one_format(in_order(named, IMAGE_STEMS))
    tiers = [one for one in (named, list(series), inner, unnamed) if one]
    likely = tiers[0] if tiers else []
    return Candidates(likely, [one for tier in tiers[1:] for one in tier], series)


def is_named(path: Path, place: Path) -> bool:
    """Whether a volume is named as a CT, or as the folder it lies in."""
    own = stem(path).lower() == place.name.lower() or (key(path) != "" and key(path) == key(place))
    return is_ct(path) or (own and not is_mask(path))


def _series(tree: Tree, place: Path) -> dict[Path, list[str]]:
    """Return the folders with slices of CT, the folder itself and those below it, with their series."""
    found = {one: tree.dicom(one) for one in (place, *tree.below(place))}
    return {one: list(dicom.ct) for one, dicom in found.items() if dicom is not None and dicom.ct}


def _inner_volumes(tree: Tree, place: Path, taken: set[Path]) -> list[Path]:
    """Return volumes of inner folders that can be the CT: ``CT/scan7.nii.gz``; not of folders of masks."""
    found = []
    for folder in tree.listing(place).folders:
        volumes = [one for one in tree.listing(folder).volumes if one not in taken]
        if folder in taken or any(is_mask(one) for one in volumes):
            continue
        found += [one for one in volumes if is_named(one, place) or is_ct(folder)]
    return found


def _may_be_ct(path: Path) -> bool:
    """Whether a volume's stored type can hold a CT: bytes cannot."""
    header = header_of(path)
    return header is None or header.dtype.itemsize > 1


def _one_format(paths: Sequence[Path]) -> list[Path]:
    """Return files without those that repeat an earlier one's name in another format."""
    kept: dict[str, Path] = {}
    for one in paths:
        kept.setdefault(stem(one), one)
    return list(kept.values())


def _only(found: Candidates, place: Path, masks: MaskChoice) -> ImageChoice:
    only = found.likely[0]
    if found.others and masks.chosen and not _fitting(found, [only], masks):
        rivals = _fitting(found, found.others, masks)
        if rivals:
            listed = ", ".join(name(one, place) for one in rivals)
            return ImageChoice(refusal=f"{name(only, place)} is named as the CT, but the masks fit {listed}")
    return _image(found, only, place, masks, [])


def _image(found: Candidates, chosen: Path, place: Path, masks: MaskChoice, notes: list[str]) -> ImageChoice:
    uids = found.series.get(chosen, [])
    if len(uids) > 1:
        return single_series(chosen, place, uids)
    shown = name(chosen, place)
    why = f"{shown} is used as the CT"
    return ImageChoice(chosen, notes, {one: why for one in found.all if one != chosen})


def single_series(folder: Path, place: Path, uids: Sequence[str]) -> ImageChoice:
    """Return a folder's DICOM series as the CT, or a refusal if it mixes several."""
    if len(uids) < 2:
        return ImageChoice(folder)
    where = "it" if folder == place else name(folder, place)
    listed = ", ".join(sorted(uids))
    several = f"{where} holds slices of {len(uids)} DICOM series, one per folder is needed: {listed}"
    return ImageChoice(refusal=several)


def _fitting(found: Candidates, paths: Sequence[Path], masks: MaskChoice) -> list[Path]:
    """Return the candidates that the masks were drawn on."""
    if not masks.chosen:
        return []
    first = masks.chosen[0].path
    named = [one for one in paths for uid in found.series.get(one, ()) if refers_to_any(masks, uid)]
    if named:
        return list(dict.fromkeys(named))
    return on_grid_of(paths, first_file(first))


def refers_to_any(masks: MaskChoice, series: str) -> bool:
    """Whether one of the masks is a DICOM-SEG drawn on a series."""
    files = (one.path for one in masks.chosen if one.path.is_file())
    return any(
        refers_to(one, series) for one in files if not one.name.lower().endswith((".gz", ".nii", ".nrrd"))
    )


def first_file(mask: Path) -> Path:
    """Return a mask file, or the first mask file of a folder."""
    if not mask.is_dir():
        return mask
    files = sorted(one for one in mask.iterdir() if one.is_file() and is_mask(one))
    return files[0] if files else next((one for one in sorted(mask.iterdir()) if one.is_file()), mask)


def _refusal(likely: Sequence[Path], fitting: Sequence[Path], place: Path, masks: MaskChoice) -> str:
    shown = "; ".join(f"{name(one, place)}: {described(one)}" for one in likely[:4])
    more = f"; and {len(likely) - 4} more" if len(likely) > 4 else ""
    head = f"{len(likely)} CTs lie in one case's folder"
    if not masks.chosen:
        return f"{head} and no mask tells which is meant ({shown}{more})"
    mask = first_file(masks.chosen[0].path)
    which = f"{len(fitting)} of them lie" if fitting else "none of them lies"
    return f"{head} and {which} on the grid of {name(mask, place)}, {described(mask)} ({shown}{more})"
