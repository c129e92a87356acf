"""The real cases: recognised, read, sided; figures counted from the files."""

import json

import numpy as np
import pytest

from medspatial.cases import examine, load_case, named_by, read_cases
from medspatial.errors import InputError
from medspatial.volume import write_volume


@pytest.fixture(scope="module")
def real(shared):
    return shared / "data" / "real_ct"


@pytest.fixture(scope="module")
def cases(real):
    """Return the cases; those of KiTS say nowhere what their values mean, so their label map is stated."""
    found = {case.case_id: case for case in read_cases(real)}
    return {name: stated(case, name[:6]) if name.startswith("kits") else case for name, case in found.items()}


def stated(case, label_map):
    masks = tuple(one.model_copy(update={"label_map": label_map}) for one in case.masks)
    return case.model_copy(update={"masks": masks})


def volume_ml(masks, name):
    return masks.voxels(name) * masks.affine.voxel_volume_ml


def test_all_nine_cases_are_recognised(cases):
    assert {name: [one.label_map for one in case.masks] for name, case in cases.items()} == {
        "abdomen_pelvis_3mm": [None],
        "abdomen_slab_3mm": [None],
        "chest_lowres_4mm": [],
        "kits19_case_00004": ["kits19"],
        "kits19_case_00009": ["kits19"],
        "kits19_case_00012": ["kits19"],
        "kits19_case_00020": ["kits19"],
        "kits23_case_00400": ["kits23"],
        "thorax_aorta_cta_1p5mm": [None],
    }
    assert cases["abdomen_slab_3mm"].metadata["notes"] == ["seg.nii.gz is used, masks_fast/ is not"]


@pytest.mark.parametrize("name", ["abdomen_pelvis_3mm", "abdomen_slab_3mm"])
def test_totalsegmentator_volumes_and_centroids_agree_with_the_facts(real, cases, name):
    data = load_case(cases[name], real)
    masks = data.masks
    text = (real / name / "facts.json").read_text()
    rows = [row for row in _rows(json.loads(text)) if row["name"] in masks]
    assert len({row["name"] for row in rows}) == len(masks.names) > 40
    same = [row for row in rows if row["voxels"] == masks.voxels(row["name"])]  # the slab lists two models
    assert {row["name"] for row in same} == set(masks.names)
    for row in same:
        assert np.allclose(masks.centroid(row["name"]), row["centroid_ras_mm"], atol=0.02)
    found = examine(data)
    assert (found.problems, found.set_aside, found.notes, found.assumptions) == ((), {}, (), ())
    data.masks = masks.mirrored()
    assert any("situs inversus" in one for one in examine(data).problems)


def _rows(facts):
    """Return the label rows of the facts, wherever they stand."""
    if isinstance(facts, dict):
        if "voxels" in facts and "name" in facts:
            return [facts]
        facts = list(facts.values())
    return [row for one in facts for row in _rows(one)] if isinstance(facts, list) else []


def test_the_label_table_in_the_header_is_read(real, cases):
    for name in ("abdomen_pelvis_3mm", "abdomen_slab_3mm"):
        assert load_case(cases[name], real).assumptions == ()
        assert named_by(real / cases[name].masks[0].path, real) == "the label table in its header"


@pytest.mark.parametrize("name", ["kits19_case_00004", "kits19_case_00020", "kits23_case_00400"])
def test_kits_without_a_label_map_is_asked_about(real, name):
    (case,) = [case for case in read_cases(real) if case.case_id == name]
    with pytest.raises(InputError, match=f"nothing states what its values .* be those of .*{name[:6]}"):
        load_case(case, real)


def test_kidneys_of_the_whole_abdomen(real, cases):
    masks = load_case(cases["abdomen_pelvis_3mm"], real).masks
    assert len(masks) == 61
    assert volume_ml(masks, "kidney_right") == pytest.approx(192.618, abs=1e-3)
    assert volume_ml(masks, "kidney_left") == pytest.approx(137.43, abs=1e-3)
    assert volume_ml(masks, "hip_left") == pytest.approx(355.5, abs=0.05)
    assert volume_ml(masks, "hip_right") == pytest.approx(352.3, abs=0.05)


@pytest.mark.parametrize("name", ["kits19_case_00004", "kits19_case_00012", "kits23_case_00400"])
def test_kits_kidneys_get_sides_from_components_and_world_x(real, cases, name):
    data = load_case(cases[name], real)
    masks = data.masks
    assert data.ct is None
    assert {"kidney_left", "kidney_right", "kidney_tumor"} <= set(masks.names)
    assert "kidney" not in masks
    left, right = (masks.centroid(f"kidney_{side}")[0] for side in ("left", "right"))
    assert right - left > 80
    assert masks.affine.axcodes == "IPL"
    kidney = next(
        row for row in json.loads((real / name / "facts.json").read_text())["labels"] if row["label"] == 1
    )
    assert masks.voxels("kidney_left") + masks.voxels("kidney_right") == kidney["voxels"]
    mask = masks.mask("kidney_left")
    assert mask[:, :, 256:].sum() > mask[:, :, :256].sum()  # the third array axis runs to the patient's left


def test_a_mirrored_kits_case_turns_its_sides(real, cases):
    case = cases["kits19_case_00009"]
    plain = load_case(case, real).masks
    mirrored = load_case(case.model_copy(update={"transform": ("mirror_left_right",)}), real).masks
    assert mirrored.voxels("kidney_left") == plain.voxels("kidney_right")
    assert mirrored.centroid("kidney_left")[0] < mirrored.centroid("kidney_right")[0]


def test_thorax_has_overlapping_equal_and_multi_value_files(real, cases):
    data = load_case(cases["thorax_aorta_cta_1p5mm"], real)
    masks = data.masks
    assert volume_ml(masks, "aorta_true_lumen") == pytest.approx(126.9, abs=0.05)
    assert volume_ml(masks, "aorta_false_lumen") == pytest.approx(122.1, abs=0.05)
    assert (masks.mask("aorta") & masks.mask("aorta_true_lumen")).any()
    assert len(masks) == 12
    assert {"celiac_trunk", "sinotubular_junction", "organ_aorta_T264"} <= set(masks.names)
    # files with several values name them in their headers: each is there under its own file too
    assert all(note.endswith("given twice, the first is used") for note in data.notes)
    assert len(data.notes) == 7
    assert len(masks.layers) < len(masks)
    assert data.ct.shape == masks.shape


def test_folder_of_masks_equals_the_label_volume(real):
    from medspatial.anatomy import load_label_map
    from medspatial.cases import MaskReader

    slab = real / "abdomen_slab_3mm"
    whole = MaskReader().read(slab / "seg_fast.nii.gz", load_label_map("totalsegmentator_v2"))
    parts = MaskReader().read(slab / "masks_fast", None)
    assert set(parts.names) == set(whole.names)
    for name in whole.names:
        assert np.array_equal(parts.mask(name), whole.mask(name))


def test_a_stored_orientation_changes_nothing(real, cases, tmp_path):
    data = load_case(cases["abdomen_slab_3mm"], real)
    write_volume(data.ct.oriented("SLA"), tmp_path / "a" / "ct.nii.gz")
    from medspatial.volume import Volume

    labels = Volume(data.masks.layers[0], data.masks.affine, unit="label")
    write_volume(labels.oriented("PIR"), tmp_path / "a" / "seg.nii.gz")
    (case,) = read_cases(tmp_path)
    turned = load_case(case, tmp_path).masks
    assert turned.affine.axcodes == "SLA"
    again = turned.oriented("RAS")
    assert again.names == data.masks.names
    assert np.array_equal(again.layers[0], data.masks.layers[0])
