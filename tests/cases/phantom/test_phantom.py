"""The built phantom: repeatable, right side up in every storage, masks exact, HU like a CT."""

from __future__ import annotations

import cc3d
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from medspatial.anatomy import describe
from medspatial.cases.examination.order import check_order
from medspatial.cases.examination.samples import sampled_masks
from medspatial.cases.phantom import REGIONS, Phantom, make_phantom
from medspatial.errors import InputError
from medspatial.volume import AXIS_CODES

COARSE = 6.0
TINY = (10.0, 11.0, 12.0)  # different along each axis, so that a mixed-up axis shows


def centroid(phantom: Phantom, name: str) -> np.ndarray:
    return phantom.masks.affine.apply(np.argwhere(phantom.masks.mask(name))).mean(axis=0)


@pytest.fixture(scope="module")
def default() -> Phantom:
    return make_phantom(2)


@pytest.fixture(scope="module")
def coarse() -> Phantom:
    return make_phantom(2, spacing=COARSE)


@pytest.fixture(scope="module")
def tiny() -> Phantom:
    return make_phantom(2, spacing=TINY, lesions=False)


def test_same_seed_same_voxels(coarse) -> None:
    again = make_phantom(2, spacing=COARSE)
    assert again.ct.fingerprint == coarse.ct.fingerprint
    assert again.masks.fingerprint == coarse.masks.fingerprint
    assert again.truth == coarse.truth
    assert make_phantom(3, spacing=COARSE).ct.fingerprint != coarse.ct.fingerprint


@pytest.mark.parametrize("codes", AXIS_CODES)
def test_all_storages_hold_the_same_patient(codes, tiny) -> None:
    stored = make_phantom(2, spacing=TINY, axcodes=codes, lesions=False)
    assert stored.ct.axcodes == stored.masks.affine.axcodes == codes
    back, masks = stored.ct.oriented("RAS"), stored.masks.oriented("RAS")
    np.testing.assert_array_equal(back.voxels, tiny.ct.voxels)
    np.testing.assert_array_equal(masks.layers[0], tiny.masks.layers[0])
    np.testing.assert_allclose(back.affine.matrix, tiny.ct.affine.matrix, atol=1e-6)
    assert stored.truth == tiny.truth


@settings(max_examples=8, deadline=None)
@given(
    st.integers(0, 10_000),
    st.sampled_from(AXIS_CODES),
    st.tuples(*[st.floats(4.0, 6.5)] * 3),
    st.tuples(*[st.floats(-10.0, 10.0)] * 3),
)
def test_structures_lie_where_they_belong_in_the_world(seed, codes, spacing, tilt) -> None:
    phantom = make_phantom(seed, axcodes=codes, spacing=spacing, tilt=tilt, noise=0.0)
    at = {name: centroid(phantom, name) for name in phantom.masks.names if "marker" not in name}
    spine = at["vertebrae_T8"][0]
    assert at["liver"][0] > spine > at["heart"][0] - 5.0
    assert at["stomach"][0] < at["liver"][0]
    for name, position in at.items():
        structure = describe(name)
        if structure.side == "left" and name.replace("left", "right") in at:
            assert position[0] < at[name.replace("left", "right")][0] - 10.0
    order = [f"vertebrae_{level}" for level in ("C7", "T1", "T6", "T12", "L1", "L5")]
    heights = [at[name][2] for name in order]
    assert heights == sorted(heights, reverse=True)
    assert at["sternum"][1] > at["heart"][1] > at["vertebrae_T8"][1] > at["spinal_cord"][1] - 8.0
    assert (
        at["urinary_bladder"][2] < at["vertebrae_L5"][2] < at["liver"][2] < at["heart"][2] < at["trachea"][2]
    )
    for name, centre in phantom.truth["vertebrae"].items():
        if name in at and name != "vertebrae_C6":
            assert abs(at[name][2] - centre[2]) < 5.0
            assert abs(at[name][0] - centre[0]) < 3.0
    for name, ellipsoid in phantom.truth["ellipsoids"].items():
        assert np.linalg.norm(at[name] - ellipsoid["centre"]) < 12.0


def test_sides_pass_the_affine_check(coarse) -> None:
    samples = sampled_masks(coarse.masks)
    assert check_order(samples).contradictions == ()
    assert check_order(samples, mirrored=True).contradictions


@pytest.mark.parametrize("seed", [1, 17, 33])
def test_solid_organs_are_whole_on_the_default_grid(seed) -> None:
    phantom = make_phantom(seed)
    for name in phantom.masks.names:
        if describe(name).solid and name != "vertebrae_C6":  # the upper edge cuts C6
            assert_whole(phantom, name)


def assert_whole(phantom: Phantom, name: str) -> None:
    mask = phantom.masks.mask(name)
    assert mask.sum() >= 100, name
    assert mask.sum() * phantom.masks.affine.voxel_volume_ml >= 1.0, name
    index = np.argwhere(mask)
    assert (index.min(axis=0) > 0).all(), name
    assert (index.max(axis=0) < np.array(mask.shape) - 1).all(), name
    pieces = cc3d.connected_components(mask, connectivity=26)
    assert np.bincount(pieces[mask]).max() >= 0.98 * mask.sum(), name


def test_structures_expected_of_a_torso(default) -> None:
    names = set(default.masks.names)
    expected = {f"vertebrae_{level}" for level in ("L5", "L1", "T12", "T1")}
    expected |= {f"rib_{side}_{n}" for side in ("left", "right") for n in range(1, 13)}
    expected |= {
        "liver", "stomach", "pancreas", "duodenum", "colon", "small_bowel", "urinary_bladder", "heart",
        "aorta", "inferior_vena_cava", "superior_vena_cava", "pulmonary_vein", "esophagus", "trachea",
        "spinal_cord", "sacrum", "sternum", "hip_left", "hip_right", "scapula_left", "clavicula_right",
        "autochthon_left", "iliopsoas_right", "lung_upper_lobe_left", "lung_lower_lobe_left",
        "lung_upper_lobe_right", "lung_middle_lobe_right", "lung_lower_lobe_right",
    }  # fmt: skip
    assert expected <= names
    usual = {
        "kidney_left",
        "kidney_right",
        "adrenal_gland_left",
        "adrenal_gland_right",
        "gallbladder",
        "spleen",
    }
    assert usual - names == set(default.truth["absent"])


def test_one_layer_so_nothing_overlaps(default) -> None:
    assert len(default.masks.layers) == 1
    assert default.masks.layers[0].dtype == np.uint8
    assert (
        sum(default.masks.voxels(name) for name in default.masks.names) == (default.masks.layers[0] > 0).sum()
    )


def test_hu_are_those_of_tissues(default) -> None:
    default.ct.check_hu()
    voxels = default.ct.voxels

    def mean(name: str) -> float:
        return float(voxels[default.masks.mask(name)].mean())

    contrast = default.truth["contrast"]
    assert -1010 < np.median(voxels[0]) < -990
    assert -960 < mean("trachea") < -600  # the wall's blur reaches into a tube of three voxels
    assert -900 < mean("lung_upper_lobe_right") < -750
    assert 45 < mean("liver") - 0.3 * contrast < 75
    assert 25 < mean("aorta") - contrast < 50
    assert -15 < mean("urinary_bladder") < 15
    assert 150 < mean("vertebrae_L3") < 500
    assert 40 < mean("autochthon_left") < 60
    assert voxels.min() >= -1024
    assert voxels.max() <= 3071


def test_noise_has_the_stated_deviation() -> None:
    quiet, noisy = (make_phantom(5, spacing=5.0, noise=level) for level in (0.0, 20.0))
    liver = quiet.masks.mask("liver")
    difference = (noisy.ct.voxels.astype(float) - quiet.ct.voxels)[liver]
    assert difference.std() == pytest.approx(20.0, rel=0.06)
    assert abs(difference.mean()) < 1.0


@pytest.mark.parametrize("seed", [0, 10, 20])
def test_volumes_agree_with_the_exact_ones(seed) -> None:
    phantom = make_phantom(seed, spacing=2.0, region="abdomen", noise=0.0)
    bladder = phantom.truth["ellipsoids"]["urinary_bladder"]["volume_ml"]
    voxel = phantom.masks.affine.voxel_volume_ml
    assert phantom.masks.voxels("urinary_bladder") * voxel == pytest.approx(bladder, rel=0.02)


@pytest.mark.parametrize("region", REGIONS)
def test_regions_cut_what_they_must(region) -> None:
    phantom = make_phantom(4, spacing=4.0, region=region)
    layer = phantom.masks.layers[0]
    ends = {"top": layer[:, :, -1], "bottom": layer[:, :, 0]}
    _, liver = phantom.masks.locate("liver")
    if region == "torso":
        assert not any((end == liver).any() for end in ends.values())
    if region == "chest":
        assert (ends["bottom"] == liver).any()
        assert "urinary_bladder" not in phantom.masks
    if region == "abdomen":
        _, heart = phantom.masks.locate("heart")
        assert (ends["top"] == heart).any()
    for lesion in phantom.truth["lesions"]:
        if lesion["in_field"]:
            assert phantom.masks.voxels(lesion["kind"]) > 0
    if region == "slab":
        assert (ends["top"] == liver).any()
        assert "heart" not in phantom.masks


def test_same_patient_on_another_grid() -> None:
    fine, coarse = make_phantom(6, spacing=3.0), make_phantom(6, spacing=(4.0, 4.5, 5.0))
    assert fine.truth == coarse.truth
    for name in ("liver", "heart", "urinary_bladder", "lung_lower_lobe_left"):
        volumes = [p.masks.voxels(name) * p.masks.affine.voxel_volume_ml for p in (fine, coarse)]
        assert volumes[0] == pytest.approx(volumes[1], rel=0.05)
        np.testing.assert_allclose(centroid(fine, name), centroid(coarse, name), atol=2.0)


def test_without_lesions(coarse) -> None:
    plain = make_phantom(2, spacing=COARSE, lesions=False)
    assert plain.truth["lesions"] == []
    assert not any(describe(name).kind == "lesion" for name in plain.masks.names)
    assert any(describe(name).kind == "lesion" for name in coarse.masks.names)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"seed": -1}, "seed must be 0 or more, got -1"),
        ({"seed": 1, "region": "arm"}, "region must be one of torso, .*; got 'arm'"),
        ({"seed": 1, "spacing": 0.1}, "spacing must be three numbers from 0.4 to 20 mm, got 0.1"),
        ({"seed": 1, "spacing": (3, 3)}, r"spacing must be three numbers .* got \(3, 3\)"),
        ({"seed": 1, "tilt": (40, 0, 0)}, r"tilt must be three angles of at most 30 degrees"),
        ({"seed": 1, "axcodes": "RAX"}, "RAX"),
    ],
)
def test_bad_arguments(arguments, message) -> None:
    with pytest.raises(InputError, match=message):
        make_phantom(**arguments)
