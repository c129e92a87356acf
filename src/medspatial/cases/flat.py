"""Flat files: CTs side by side, with masks named after them beside them or in a parallel folder."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from medspatial.cases.choose_image import candidates, single_series
from medspatial.cases.choose_masks import folder_masks
from medspatial.cases.chosen import Chosen, ImageChoice, MaskChoice, MaskFile, names
from medspatial.cases.filenames import LABEL_STEMS, carries_names, is_label, key, stem
from medspatial.cases.grids import on_grid_of
from medspatial.cases.tree import Tree
from medspatial.volume.formats import is_volume_name

IMAGE_FOLDERS = ("images", "imagestr", "imagests", "image", "img", "imgs", "ct", "cts", "volumes")
PARALLEL_FOLDERS = (
    *("masks", "labels", "labelstr", "labelsts", "segmentations", "seg", "mask", "label"),
    "seg-lungs-luna16",
)
_SUBSETS = re.compile(r"(?:subset|data)\d{1,2}")  # of LUNA16 and LNDb: images of many cases


@dataclass
class _Flat:
    """One folder's images and the entries that can be their masks."""

    images: list[tuple[str, Path, ImageChoice]] = field(default_factory=list)
    beside: list[Path] = field(default_factory=list)
    parallel: list[Path] = field(default_factory=list)


def flat_cases(tree: Tree, folder: Path) -> list[Chosen]:
    """Return one case per image of a folder, or of its folders of images."""
    flat = _gathered(tree, folder)
    keys = Counter(key(path) for _, path, _ in flat.images)
    matches = {path: _masks(tree, flat, name, path, keys) for name, path, _ in flat.images}
    channels = _channels(matches)
    cases = []
    for name, path, image in flat.images:
        if path in channels:
            continue
        unused = {
            one: f"a further channel of {path.name}" for one, first in channels.items() if first == path
        }
        image.unused.update(unused)
        cases.append(Chosen(_plain(name), path, image, matches[path]))
    return cases


def is_flat_folder(folder: Path) -> bool:
    """Whether a folder's name says that it holds the images or the masks of many cases."""
    name = folder.name.lower()
    return name in (*IMAGE_FOLDERS, *PARALLEL_FOLDERS) or _SUBSETS.fullmatch(name) is not None


def _gathered(tree: Tree, folder: Path) -> _Flat:
    flat = _Flat()
    by_name = {one.name.lower(): one for one in tree.listing(folder).folders}
    subsets = [by_name[one] for one in sorted(by_name) if _SUBSETS.fullmatch(one)]
    for place in (*(by_name[one] for one in IMAGE_FOLDERS if one in by_name), *subsets):
        volumes = tree.listing(place).volumes
        images, labels = _apart(volumes)
        flat.images += [(stem(one), one, ImageChoice(one)) for one in images]
        flat.images += list(_image_folders(tree, place))
        flat.beside += labels
    if not flat.images:
        volumes = tree.listing(folder).volumes
        flat.images = [(stem(one), one, ImageChoice(one)) for one in volumes if not is_label(one)]
        flat.beside = [one for one in volumes if is_label(one)]
    for place in (by_name[one] for one in PARALLEL_FOLDERS if one in by_name):
        listing, dicom = tree.listing(place), tree.dicom(place)
        flat.parallel += sorted([*listing.folders, *listing.volumes])
        flat.parallel += dicom.segmentations if dicom is not None else []
    return flat


def _apart(volumes: Sequence[Path]) -> tuple[list[Path], list[Path]]:
    """Tell images from labels in a folder of images, where only a label of another file is one."""
    keys = {key(one) for one in volumes if not is_label(one)}
    labels = [one for one in volumes if is_label(one) and key(one) in keys]
    return [one for one in volumes if one not in labels], labels


def _image_folders(tree: Tree, place: Path) -> Iterator[tuple[str, Path, ImageChoice]]:
    """Yield folders inside a folder of images that hold one CT each."""
    for one in tree.listing(place).folders:
        found = candidates(tree, one, MaskChoice())
        if len(found.likely) > 1:
            listed = names(found.likely, one)
            yield one.name, one, ImageChoice(refusal=f"{one.name}/ holds {len(found.likely)} CTs: {listed}")
        elif found.likely:
            path = found.likely[0]
            uids = found.series.get(path, [])
            yield one.name, one, single_series(path, place, uids)


def _masks(tree: Tree, flat: _Flat, name: str, image: Path, keys: Counter[str]) -> MaskChoice:
    """Return the masks of an image: the same name first, then the same name but for words at its ends."""
    found = list(dict.fromkeys([*_same_name(flat, name), *_same_key(flat, image, keys)]))
    usable = [(one, masks) for one in found if (masks := _sources(tree, one))]
    if not usable:
        return MaskChoice()
    taken, masks = usable[0]
    return MaskChoice(masks, unused={one: f"masks; {taken.name} is used" for one, _ in usable[1:]})


def _same_name(flat: _Flat, name: str) -> Iterator[Path]:
    labels = {f"{name}_{one}" for one in LABEL_STEMS}
    yield from (one for one in flat.beside if stem(one) in labels)
    yield from (one for one in flat.parallel if _name(one) in (name, _plain(name)))


def _same_key(flat: _Flat, image: Path, keys: Counter[str]) -> Iterator[Path]:
    """Yield masks whose name is like the image's; of several such images the one on the mask's grid."""
    own = key(image)
    if not own:
        return
    rivals = [path for _, path, _ in flat.images if key(path) == own]
    taken = {_plain(stem(path)) for path in rivals if path != image}
    for one in (*flat.beside, *flat.parallel):
        if key(one) != own or _name(one) in taken:
            continue
        if keys[own] == 1 or (one.is_file() and on_grid_of(rivals, one) == [image]):
            yield one


def _sources(tree: Tree, path: Path) -> tuple[MaskFile, ...]:
    if path.is_dir():
        return folder_masks(tree, path)
    names_itself = carries_names(path) or not is_volume_name(path.name)  # the latter is DICOM-SEG
    return (MaskFile(path, label_volume=not names_itself),)


def _channels(matches: dict[Path, MaskChoice]) -> dict[Path, Path]:
    """Return further channels of nnU-Net's images, with the first: ``x_0001`` of ``x_0000`` with a mask."""
    first = {_plain(stem(one)): one for one in matches if stem(one).endswith("_0000") and matches[one]}
    found = {}
    for one, masks in matches.items():
        match = re.fullmatch(r"(.+)_\d{4}", stem(one))
        if match and not masks and first.get(match[1], one) != one:
            found[one] = first[match[1]]
    return found


def _name(path: Path) -> str:
    return stem(path) if is_volume_name(path.name) else path.name


def _plain(name: str) -> str:
    """Return a name without nnU-Net's number of the first channel."""
    return name.removesuffix("_0000")
