"""Masks from files: grids, label maps, folders."""

import numpy as np
import pytest

from medspatial.anatomy import load_label_map
from medspatial.cases import MaskReader
from medspatial.cases.notes import Misfit
from medspatial.errors import InputError
from medspatial.volume import Affine, Grid

TOTAL = load_label_map("totalsegmentator_v2")


def labelled(torso):
    values = {name: value for value, name in TOTAL.labels.items()}
    voxels = np.zeros((40, 30, 20), np.uint8)
    for name, mask in torso.items():
        voxels[mask] = values[name]
    return voxels


@pytest.mark.parametrize("reader", ["auto", "nifti", "nibabel", "simpleitk"])
@pytest.mark.parametrize("axcodes", ["RAS", "LPS", "IPL"])
def test_a_label_volume_comes_onto_the_grid_of_the_ct(save, torso, affine, axcodes, reader):
    path = save("seg.nii.gz", labelled(torso), axcodes=axcodes)
    masks = MaskReader(Grid((40, 30, 20), affine), reader).read(path, TOTAL)
    assert masks.affine == affine
    assert set(masks.names) == set(torso)
    assert all(np.array_equal(masks.mask(name), mask) for name, mask in torso.items())
    assert masks.notes == ()


def test_without_a_grid_the_mask_keeps_its_own(save, torso):
    masks = MaskReader().read(save("seg.nii.gz", labelled(torso), axcodes="LPS"), TOTAL)
    assert masks.affine.axcodes == "LPS"
    assert masks.voxels("liver") == torso["liver"].sum()


def test_a_folder_has_one_file_per_structure(save, torso, affine):
    for name, mask in torso.items():
        save(f"masks/{name}.nii.gz", mask)
    save("masks/brain.nii.gz", np.zeros((40, 30, 20), np.uint8))
    masks = MaskReader().read(save("masks/my_mass.nii.gz", torso["liver"][::-1]).parent, None)
    assert set(masks.names) == {*torso, "my_mass"}
    assert all(np.array_equal(masks.mask(name), mask) for name, mask in torso.items())


def test_overlapping_and_equal_files(save, torso):
    save("masks/liver.nii.gz", torso["liver"])
    half = torso["liver"].copy()
    half[:28] = False
    save("masks/liver_half.nii.gz", half)
    path = save("masks/organ_liver.nii.gz", torso["liver"]).parent
    masks = MaskReader().read(path, None)
    assert set(masks.names) == {"liver", "liver_half"}
    assert len(masks.layers) == 2
    assert masks.notes == ("organ_liver: same voxels as liver, ignored",)


def test_files_with_several_values_need_a_label_map(save, torso):
    path = save("masks/both.nii.gz", labelled(torso)).parent
    save("masks/aorta.nii.gz", torso["liver"])
    masks = MaskReader().read(path, None)
    assert masks.names == ("aorta",)
    assert masks.notes == ("both.nii.gz: has values 1, 2, 3, 5, 6 and no label map names them, left out",)
    named = MaskReader().read(path, TOTAL)
    assert set(named.names) == {"aorta", *torso} - {"liver"}  # equal to the aorta's file, which came first
    assert named.notes == ("liver: same voxels as aorta, ignored",)


def test_values_outside_the_label_map_are_noted(save, torso):
    voxels = labelled(torso)
    voxels[0, 0, :10] = np.arange(200, 210)
    masks = MaskReader().read(save("seg.nii.gz", voxels), TOTAL)
    assert set(masks.names) == set(torso)
    assert masks.notes == (
        "seg.nii.gz: 10 of 15 label values are not in label map totalsegmentator_v2, left out: "
        "200, 201, 202, 203, 204, 205, 206, 207, ... (10 in all)",
    )
    assert isinstance(masks.notes[0], Misfit)
    voxels[0, 0, 3:10] = 0
    masks = MaskReader().read(save("seg.nii.gz", voxels), TOTAL)
    assert masks.notes == (
        "seg.nii.gz: 3 of 8 label values are not in label map totalsegmentator_v2, left out: 200, 201, 202",
    )
    assert not isinstance(masks.notes[0], Misfit)


def test_a_label_volume_of_which_no_value_is_known_is_refused(save):
    voxels = np.full((40, 30, 20), 240, np.uint8)
    with pytest.raises(
        InputError, match=r"seg\.nii\.gz: none of its label values is in label map kits19; got 240$"
    ):
        MaskReader().read(save("seg.nii.gz", voxels), load_label_map("kits19"))


def test_a_folder_without_any_known_value_is_refused(save, torso):
    path = save("masks/both.nii.gz", labelled(torso) + np.uint8(200) * torso["liver"]).parent
    save("masks/aorta.nii.gz", np.zeros((40, 30, 20), np.uint8))
    with pytest.raises(
        InputError, match=r"masks: no label map names .*both\.nii\.gz: has values 1, 2, 3, 6, 205"
    ):
        MaskReader().read(path, None)


def test_masks_without_a_voxel_say_so(save, affine):
    nothing = np.zeros((40, 30, 20), np.uint8)
    path = save("masks/liver.nii.gz", nothing)
    for one, label_map, note in (
        (path, TOTAL, "liver.nii.gz: all voxels are 0"),
        (path, None, "liver.nii.gz: all voxels are 0"),
        (path.parent, None, "masks/: all voxels are 0 in each of its 1 files"),
    ):
        masks = MaskReader().read(one, label_map)
        assert (masks.names, masks.notes) == ((), (note,))
    beside = Grid((40, 30, 10), affine)
    assert MaskReader(beside).read(path, TOTAL).notes[-1] == (
        "liver.nii.gz: all voxels are 0 on the grid of the CT"
    )


def test_ignored_values_are_known_and_noted(save, torso):
    voxels = np.where(torso["liver"], 1, 0) + np.where(torso["spleen"], 2, 0)
    masks = MaskReader().read(save("seg.nii.gz", voxels.astype(np.uint8)), load_label_map("nodules"))
    note = "seg.nii.gz: values not used, as label map nodules says: 1"
    assert (masks.names, masks.notes) == (("nodule",), (note,))


def test_one_kidney_label_becomes_two(save, torso):
    voxels = (torso["kidney_left"] | torso["kidney_right"]).astype(np.uint8)
    masks = MaskReader().read(save("seg.nii.gz", voxels, axcodes="IPL"), load_label_map("kits19"))
    assert set(masks.names) == {"kidney_left", "kidney_right"}
    assert masks.voxels("kidney_left") == torso["kidney_left"].sum()


def test_another_grid_is_resampled_by_world_position(save, torso, affine):
    coarse = Affine(affine.matrix @ np.diag([2.0, 2.0, 2.0, 1.0]))
    ct = Grid((40, 30, 20), affine)
    path = save("liver.nii.gz", torso["liver"][::2, ::2, ::2], coarse)
    masks = MaskReader(ct).read(path, None)
    assert masks.shape == (40, 30, 20)
    assert masks.voxels("liver") == pytest.approx(torso["liver"].sum(), rel=0.25)
    inside = affine.apply(np.argwhere(masks.mask("liver"))).mean(axis=0)
    assert np.allclose(inside, affine.apply(np.argwhere(torso["liver"])).mean(axis=0), atol=5)
    assert len(masks.notes) == 1
    assert masks.notes[0].startswith("liver.nii.gz: on a grid of its own")


def test_a_mask_elsewhere_is_refused_with_both_spans(save, torso, affine):
    matrix = affine.matrix.copy()
    matrix[2, 3] += 500
    path = save("liver.nii.gz", torso["liver"], Affine(matrix))
    with pytest.raises(
        InputError, match=r"cannot overlap the CT: the mask spans .*z 598\.\.698, the CT .*z 98\.\.198"
    ):
        MaskReader(Grid((40, 30, 20), affine)).read(path, None)


def test_a_label_volume_without_a_label_map(save, torso):
    assert MaskReader().read(save("liver.nii.gz", torso["liver"]), None).names == ("liver",)
    with pytest.raises(
        InputError, match=r"nothing states what its values 1, 2, 3, 5, 6 mean, and the built-in"
    ):
        MaskReader().read(save("seg.nii.gz", labelled(torso)), None)  # a liver of 94 ml is none


@pytest.mark.parametrize("name", ["seg", "total", "p1_seg", "x-label", "p1"])
def test_a_binary_volume_is_named_by_its_file_unless_that_says_nothing(save, torso, name):
    path = save(f"{name}.nii.gz", torso["liver"])
    with pytest.raises(InputError, match="nothing states what its value 1 means"):
        MaskReader().read(path, None, nameless={"p1"})
    assert MaskReader().read(path, TOTAL).names == ("spleen",)
    mine = save("my_mass.nii.gz", torso["liver"])
    assert MaskReader().read(mine, None, nameless={"p1"}).names == ("my_mass",)


def test_missing_and_empty_places(tmp_path):
    (tmp_path / "masks").mkdir()
    with pytest.raises(InputError, match="no mask files in this folder"):
        MaskReader().read(tmp_path / "masks", None)
    with pytest.raises(InputError, match="no such file"):
        MaskReader().read(tmp_path / "seg.nii.gz", TOTAL)
