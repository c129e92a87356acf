"""Folders that are one case each, or hold such folders at any depth."""

from __future__ import annotations

from pathlib import Path

from medspatial.cases.choose_image import choose_image, is_named, single_series
from medspatial.cases.choose_masks import SERIES_FOLDERS, choose_masks, mask_folders, segmentations
from medspatial.cases.chosen import Chosen, ImageChoice, MaskChoice
from medspatial.cases.filenames import IMAGE_STEMS, is_label, is_structure, key, stem
from medspatial.cases.flat import flat_cases, is_flat_folder
from medspatial.cases.tree import Tree


def root_case(tree: Tree) -> Chosen | None:
    """Return the only case of a root that is one itself; names count for less than in sub-folders."""
    root = tree.root
    if not _is_one_case(tree, root) or sum(bool(one.masks) for one in flat_cases(tree, root)) > 1:
        return None
    return folder_case(tree, root)


def cases_below(tree: Tree, folder: Path) -> list[Chosen]:
    """Return the cases of a folder's sub-folders, at any depth; folders of flat files are left to those."""
    found: list[Chosen] = []
    for one in tree.listing(folder).folders:
        if not (folder == tree.root and is_flat_folder(one)):
            found += _cases_of(tree, one)
    return found


def folder_case(tree: Tree, place: Path) -> Chosen | None:
    """Return the case that one folder holds, or None."""
    masks = choose_masks(tree, place)
    image = choose_image(tree, place, masks) if masks else _image_alone(tree, place)
    if not masks and not image:
        return None
    return Chosen(place.name, place, image, masks, _patient(tree, place, image))


def _is_one_case(tree: Tree, root: Path) -> bool:
    volumes, dicom = tree.listing(root).volumes, tree.dicom(root)
    if any(stem(one).lower() in IMAGE_STEMS or is_structure(one) for one in volumes):
        return True
    if any(is_label(one) and key(one) == "" for one in volumes):
        return True
    if (dicom is not None and dicom.ct) or segmentations(tree, root) or _series_folder(tree, root):
        return True
    # masks/ may as well belong to flat files named alike
    places = [
        inner
        for one in mask_folders(tree, root)
        for inner in (one, *tree.below(one))
        if one in (inner.parent, inner)
    ]
    return any(is_structure(one) for place in places for one in tree.listing(place).volumes)


def _cases_of(tree: Tree, place: Path) -> list[Chosen]:
    several = _several(tree, place)
    if several:
        return several
    case = folder_case(tree, place)
    return cases_below(tree, place) if case is None else [case]


def _several(tree: Tree, place: Path) -> list[Chosen]:
    """Return the flat files of a sub-folder: two or more CTs with their own masks, or numbered CTs alone."""
    listing = tree.listing(place)
    if len(listing.volumes) < 2 and not any(is_flat_folder(one) for one in listing.folders):
        return []
    cases = flat_cases(tree, place)
    paired = sum(bool(one.masks) for one in cases)
    keys = {key(one.place) for one in cases}
    numbered = (
        len(keys) == len(cases) > 1 and "" not in keys and all(is_named(one.place, place) for one in cases)
    )
    if paired < 2 and not (numbered and not choose_masks(tree, place)):
        return []
    patient = place.relative_to(tree.root).parts[0]
    return [Chosen(one.name, one.place, one.image, one.masks, patient) for one in cases]


def _image_alone(tree: Tree, place: Path) -> ImageChoice:
    """Return the CT of a folder without masks: named as one, a series in it, or in ``ct/`` or ``dicom/``."""
    here = tree.dicom(place)
    if any(is_named(one, place) for one in tree.listing(place).volumes):
        return choose_image(tree, place, MaskChoice())
    if here is not None and here.ct:
        return single_series(place, place, list(here.ct))
    inner = _series_folder(tree, place)
    if inner is None:
        return ImageChoice()
    return choose_image(tree, place, MaskChoice())


def _series_folder(tree: Tree, place: Path) -> Path | None:
    """Return the folder ``ct/`` or ``dicom/`` with the only series below a folder."""
    named = [one for one in tree.listing(place).folders if one.name.lower() in SERIES_FOLDERS]
    if not any((dicom := tree.dicom(one)) is not None and dicom.ct for one in named):
        return None
    series = [one for one in tree.below(place) if (dicom := tree.dicom(one)) is not None and dicom.ct]
    return series[0] if len(series) == 1 else None


def _patient(tree: Tree, place: Path, image: ImageChoice) -> str | None:
    """Return the patient of a case's folder: the folder above, or two above where it holds one series only.

    The layouts are patient/scan, patient/study/series, and patient/study where a study is one case.
    """
    parts = place.relative_to(tree.root).parts
    if len(parts) < 2:
        return None
    own = (
        image.path is not None
        and place in (image.path, image.path.parent)
        and not (image.path.parent == place and image.path.is_dir())
    )
    return parts[-3] if own and len(parts) > 2 else parts[-2]
