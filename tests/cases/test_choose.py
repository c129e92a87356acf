"""Which files of a case's folder are its CT and its masks, and what is said of the others."""

from pathlib import Path

import numpy as np
import pytest

from medspatial.cases.choose_image import choose_image
from medspatial.cases.choose_masks import choose_masks
from medspatial.cases.chosen import MaskChoice, name, names
from medspatial.cases.tree import Tree
from medspatial.volume import Affine, Volume, write_volume

SMALL, LARGE = (6, 5, 4), (8, 7, 6)
AFFINE = Affine([[2, 0, 0, -10], [0, 2, 0, -8], [0, 0, 3, 100], [0, 0, 0, 1]])


def put(folder: Path, *files: str, shape: tuple[int, int, int] = SMALL, mask: bool = False) -> None:
    for one in files:
        path = folder / one
        path.parent.mkdir(parents=True, exist_ok=True)
        voxels = np.zeros(shape, np.uint8 if mask else np.int16)
        write_volume(Volume(voxels, AFFINE, "label" if mask else "HU"), path)


def chosen(folder: Path) -> tuple[str | None, list[str], str | None]:
    """Names of the CT and of the masks, and the refusal."""
    tree = Tree(folder)
    masks = choose_masks(tree, folder)
    image = choose_image(tree, folder, masks)
    shown = None if image.path is None else name(image.path, folder)
    return shown, [name(one.path, folder) for one in masks.chosen], image.refusal or masks.refusal


def test_a_ct_and_its_label_volume(tmp_path):
    put(tmp_path, "ct.nii.gz")
    put(tmp_path, "seg.nii.gz", mask=True)
    assert chosen(tmp_path) == ("ct.nii.gz", ["seg.nii.gz"], None)


def test_a_single_volume_of_any_name_is_the_ct(tmp_path):
    put(tmp_path, "whatever.nrrd")
    put(tmp_path, "masks/liver.nii.gz", "masks/spleen.nii.gz", mask=True)
    assert chosen(tmp_path) == ("whatever.nrrd", ["masks/"], None)


def test_a_plain_label_volume_goes_before_a_folder_and_both_are_named(tmp_path):
    put(tmp_path, "ct.nii.gz")
    put(tmp_path, "seg.nii.gz", "segmentations/liver.nii.gz", mask=True)
    masks = choose_masks(Tree(tmp_path), tmp_path)
    assert [one.path.name for one in masks.chosen] == ["seg.nii.gz"]
    assert masks.notes == ["seg.nii.gz is used, segmentations/ is not"]
    assert set(masks.unused) == {tmp_path / "segmentations"}


def test_of_two_cts_the_one_that_fits_the_masks_is_used_and_it_is_said(tmp_path):
    put(tmp_path, "ct_a.nii.gz", shape=SMALL)
    put(tmp_path, "ct_b.nii.gz", shape=LARGE)
    put(tmp_path, "seg.nii.gz", shape=LARGE, mask=True)
    image = choose_image(Tree(tmp_path), tmp_path, choose_masks(Tree(tmp_path), tmp_path))
    assert image.path == tmp_path / "ct_b.nii.gz"
    assert image.notes == ["ct_b.nii.gz is used: of 2 CTs it alone fits the masks"]
    assert image.unused == {tmp_path / "ct_a.nii.gz": "ct_b.nii.gz is used as the CT"}


@pytest.mark.parametrize(
    ("shapes", "mask", "said"),
    [
        ((SMALL, LARGE), None, "no mask tells which is meant"),
        ((SMALL, SMALL), SMALL, "2 of them lie on the grid of seg.nii.gz"),
        ((SMALL, SMALL), LARGE, "none of them lies on the grid of seg.nii.gz"),
    ],
)
def test_two_cts_that_nothing_tells_apart_are_refused_with_their_grids(tmp_path, shapes, mask, said):
    for one, shape in zip(("ct_a.nii.gz", "ct_b.nii.gz"), shapes, strict=True):
        put(tmp_path, one, shape=shape)
    if mask is not None:
        put(tmp_path, "seg.nii.gz", shape=mask, mask=True)
    ct, _, refusal = chosen(tmp_path)
    assert ct is None
    assert refusal is not None
    assert refusal.startswith("2 CTs lie in one case's folder")
    assert said in refusal
    assert "6 x 5 x 4" in refusal


def test_a_ct_by_name_that_the_masks_do_not_fit_is_refused_for_another_that_they_do(tmp_path):
    put(tmp_path, "ct.nii.gz", shape=SMALL)
    put(tmp_path, "original.nii.gz", shape=LARGE)
    put(tmp_path, "seg.nii.gz", shape=LARGE, mask=True)
    assert chosen(tmp_path)[2] == "ct.nii.gz is named as the CT, but the masks fit original.nii.gz"


def test_the_same_ct_in_two_formats_is_one(tmp_path):
    put(tmp_path, "ct.nii.gz", "ct.mha")
    assert chosen(tmp_path)[0] == "ct.nii.gz"


def test_several_label_volumes_are_told_apart_by_the_cts_name(tmp_path):
    put(tmp_path, "p1_ct.nii.gz")
    put(tmp_path, "p1_seg.nii.gz", "p2_seg.nii.gz", mask=True)
    assert chosen(tmp_path) == ("p1_ct.nii.gz", ["p1_seg.nii.gz"], None)


def test_label_volumes_that_nothing_tells_apart_are_refused(tmp_path):
    put(tmp_path, "scan.nii.gz")
    put(tmp_path, "first_seg.nii.gz", "second_seg.nii.gz", mask=True)
    assert "several label volumes, nothing tells which is meant" in str(chosen(tmp_path)[2])


def test_structures_beside_the_ct_are_masks_and_the_ct_is_none(tmp_path):
    put(tmp_path, "ct.nii.gz")
    put(tmp_path, "liver.nii.gz", "spleen.nii.gz", mask=True)
    ct, masks, refusal = chosen(tmp_path)
    assert (ct, refusal) == ("ct.nii.gz", None)
    assert masks == ["the folder itself"]


def test_of_two_versions_of_the_same_structures_one_is_taken(tmp_path):
    put(tmp_path, "ct.nii.gz")
    put(tmp_path, "masks/fast/liver.nii.gz", "masks/full/liver.nii.gz", mask=True)
    assert chosen(tmp_path)[1] == ["masks/fast/"]


def test_inner_folders_of_other_structures_are_all_taken(tmp_path):
    put(tmp_path, "ct.nii.gz")
    put(tmp_path, "masks/organs/liver.nii.gz", "masks/bones/sternum.nii.gz", mask=True)
    assert set(chosen(tmp_path)[1]) == {"masks/organs/", "masks/bones/"}


def test_an_empty_folder_has_neither(tmp_path):
    masks = choose_masks(Tree(tmp_path), tmp_path)
    assert not masks
    assert not choose_image(Tree(tmp_path), tmp_path, MaskChoice())


def test_names_of_many_files_are_cut_with_their_number(tmp_path):
    paths = [tmp_path / f"{number}.nii" for number in range(11)]
    assert names(paths, tmp_path).endswith("7.nii, 3 more")
    assert name(tmp_path, tmp_path) == "the folder itself"
