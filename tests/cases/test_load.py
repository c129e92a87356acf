"""From record to CT and masks."""

import numpy as np
import pytest

from medspatial.cases import find_cases, load_case, read_cases
from medspatial.errors import InputError
from medspatial.records import Case, MaskSource, write_records
from medspatial.volume import Affine


@pytest.fixture
def folder(save, torso, hounsfield, tmp_path):
    save("p1/ct.nii.gz", hounsfield, axcodes="LPS", unit="HU")
    for name, mask in torso.items():
        save(f"p1/masks/{name}.nii.gz", mask, axcodes="RAS")
    return tmp_path


def test_ct_and_masks_share_the_grid_of_the_ct(folder, torso):
    (case,) = read_cases(folder)
    data = load_case(case, folder)
    assert data.ct.axcodes == data.masks.affine.axcodes == "LPS"
    assert data.ct.shape == data.masks.shape
    assert data.masks.oriented("RAS").mask("liver").sum() == torso["liver"].sum()
    assert (data.ct.voxels[data.masks.mask("liver")] == 40).all()
    assert not data.mirrored


def test_the_root_is_the_folder_or_that_of_the_list(folder, tmp_path):
    found = find_cases(folder)
    listed = write_records(tmp_path / "lists" / "cases.jsonl", found.cases)
    assert (found.root, find_cases(listed).root) == (folder, tmp_path / "lists")


def test_masks_do_not_depend_on_whether_the_ct_is_read(folder):
    (case,) = read_cases(folder)
    alone = load_case(case, folder, with_ct=False)
    assert alone.ct is None
    assert alone.masks.fingerprint == load_case(case, folder).masks.fingerprint
    assert load_case(case, folder, with_masks=False).masks is None


def test_a_transform_mirrors_ct_and_masks_alike(folder):
    (case,) = read_cases(folder)
    plain = load_case(case, folder)
    mirrored = load_case(case.model_copy(update={"transform": ("mirror_left_right",)}), folder)
    assert mirrored.mirrored
    assert np.array_equal(mirrored.ct.voxels, plain.ct.mirrored().voxels)
    assert np.array_equal(mirrored.masks.mask("kidney_left"), plain.masks.mirrored().mask("kidney_left"))
    assert mirrored.masks.voxels("kidney_left") == plain.masks.voxels("kidney_right")
    twice = load_case(case.model_copy(update={"transform": ("mirror_left_right",) * 2}), folder)
    assert not twice.mirrored
    assert np.array_equal(twice.ct.voxels, plain.ct.voxels)


def test_several_sources_are_joined_on_one_grid(folder, save, torso, affine):
    nodules = np.where(torso["liver"], 1, 0).astype(np.uint8)
    nodules[8:11, 15:18, 12:15] = 2
    save("p1/nodules.nii.gz", nodules, axcodes="IPL")
    sources = (MaskSource(path="p1/masks"), MaskSource(path="p1/nodules.nii.gz", label_map="nodules"))
    data = load_case(Case(case_id="a", patient_id="a", masks=sources), folder)
    assert set(data.masks.names) == {*torso, "nodule"}
    assert data.masks.voxels("nodule") == 27
    assert data.masks.affine == affine


def test_masks_alone_and_a_label_map_beside_them(save, torso, tmp_path):
    save("seg.nii.gz", torso["liver"])
    (tmp_path / "map.json").write_text('{"1": "liver"}')
    case = Case(case_id="a", patient_id="a", masks=(MaskSource(path="seg.nii.gz", label_map="map.json"),))
    data = load_case(case, tmp_path)
    assert data.ct is None
    assert data.masks.names == ("liver",)


def test_notes_of_finding_and_reading_are_together(folder, save, torso):
    save("p1/masks_fast/liver.nii.gz", torso["liver"])
    save("p1/masks/organ_2.nii.gz", torso["liver"])
    (case,) = read_cases(folder)
    assert load_case(case, folder).notes == (
        "masks/ is used, masks_fast/ is not", "organ_2: same voxels as liver, ignored"
    )  # fmt: skip


def test_a_label_map_that_does_not_fit_comes_first_in_the_notes(folder, save, torso):
    voxels = np.zeros((40, 30, 20), np.uint8)
    voxels[torso["kidney_left"]], voxels[torso["liver"]], voxels[torso["spleen"]] = 1, 40, 41
    save("p1/seg.nii.gz", voxels)
    (case,) = read_cases(folder, label_map="kits19")
    data = load_case(case, folder)
    misfit = "seg.nii.gz: 2 of 3 label values are not in label map kits19, left out: 40, 41"
    assert data.misfits == (misfit,)
    assert data.notes[:2] == (misfit, "seg.nii.gz is used, masks/ is not")
    assert data.empty is None


def test_masks_without_a_structure_say_why(folder, save):
    save("p1/seg.nii.gz", np.zeros((40, 30, 20), np.uint8))
    (case,) = read_cases(folder, label_map="kits19")
    assert load_case(case, folder).empty == (
        "its masks show no structure; seg.nii.gz is used, masks/ is not; seg.nii.gz: all voxels are 0"
    )
    assert load_case(case, folder, with_masks=False).empty is None


def test_a_binary_volume_without_a_name_needs_a_label_map(save, torso, tmp_path):
    save("a/seg.nii.gz", torso["liver"])
    (case,) = read_cases(tmp_path)
    with pytest.raises(InputError, match=r"case 'a': .*seg\.nii\.gz: nothing states what its value 1 means"):
        load_case(case, tmp_path)
    (case,) = read_cases(tmp_path, label_map="totalsegmentator_v2")
    assert load_case(case, tmp_path).masks.names == ("spleen",)


def test_errors_name_the_case(folder, save, torso, affine):
    (case,) = read_cases(folder)
    with pytest.raises(
        InputError, match="case 'p1': field 'transform': must be one of mirror_left_right; got 'spin'"
    ):
        load_case(case.model_copy(update={"transform": ("spin",)}), folder)
    with pytest.raises(InputError, match=r"case 'p1': .*none\.nii\.gz: no such file"):
        load_case(case.model_copy(update={"image_path": "p1/none.nii.gz"}), folder)
    matrix = affine.matrix.copy()
    matrix[0, 3] += 1000
    save("p1/masks/aorta.nii.gz", torso["liver"], Affine(matrix))
    with pytest.raises(InputError, match=r"case 'p1': .*aorta\.nii\.gz: mask cannot overlap the CT"):
        load_case(case, folder)


def test_a_ct_that_is_not_hu_is_refused(save, tmp_path):
    save("a/ct.nii.gz", np.arange(24000, dtype=np.int16).reshape(40, 30, 20) % 256, unit="unknown")
    (case,) = read_cases(tmp_path)
    with pytest.raises(InputError, match=r"case 'a': .*HU"):
        load_case(case, tmp_path)
