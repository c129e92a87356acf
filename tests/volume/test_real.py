"""Real CT and masks from public data, in the orientations and types of their makers."""

import numpy as np
import pytest

from medspatial.volume import AXIS_CODES, read_header, read_volume

CTS = ["abdomen_pelvis_3mm", "abdomen_slab_3mm", "chest_lowres_4mm", "thorax_aorta_cta_1p5mm"]


@pytest.fixture(scope="module")
def real(shared):
    return shared / "data" / "real_ct"


@pytest.mark.parametrize("case", CTS)
def test_every_ct_passes_the_hu_gate_with_every_reader(real, case):
    volumes = [
        read_volume(real / case / "ct.nii.gz", unit="HU", reader=r) for r in ("nifti", "nibabel", "simpleitk")
    ]
    assert len({v.fingerprint for v in volumes}) == 1
    assert len({v.voxels.dtype for v in volumes}) == 1
    for codes in AXIS_CODES[::7]:
        volumes[0].oriented(codes).check_hu()


def test_nrrd_and_nifti_of_one_scan_are_the_same(real):
    folder = real / "chest_lowres_4mm"
    assert read_volume(folder / "ct.nrrd").fingerprint == read_volume(folder / "ct.nii.gz").fingerprint


def test_kits_masks_with_zero_origin_are_accepted(real):
    paths = sorted(real.glob("kits*/seg.nii.gz"))
    assert len(paths) == 5
    for path in paths:
        assert read_header(path).affine.axcodes == "IPL"
        assert read_volume(path, unit="label").voxels.max() <= 3


def test_volumes_of_labels_agree_with_the_published_figures(real):
    seg = read_volume(real / "abdomen_pelvis_3mm" / "seg.nii.gz", unit="label")
    ids = {"kidney_right": 2, "kidney_left": 3}
    volumes = {name: float((seg.voxels == k).sum() * seg.affine.voxel_volume_ml) for name, k in ids.items()}
    assert volumes["kidney_right"] == pytest.approx(192.6, abs=0.05)
    assert volumes["kidney_left"] == pytest.approx(137.4, abs=0.05)
    x = {n: seg.affine.apply(np.argwhere(seg.voxels == k)).mean(axis=0)[0] for n, k in ids.items()}
    assert x["kidney_right"] > x["kidney_left"]  # x grows towards the patient's right
