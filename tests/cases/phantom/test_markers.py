"""The orientation markers lie where they say, however the volume is stored."""

from __future__ import annotations

import numpy as np
import pytest

from medspatial.cases.phantom import MARKERS, make_marker_phantom
from medspatial.volume import AXIS_CODES

CENTRE = (12.0, -34.0, 250.0)


@pytest.mark.parametrize("codes", AXIS_CODES)
def test_brightest_sphere_is_at_the_patients_left(codes) -> None:
    phantom = make_marker_phantom(spacing=(4.0, 5.0, 6.0), axcodes=codes, centre=CENTRE)
    assert phantom.ct.axcodes == codes
    x, y, z = phantom.ct.affine.apply(np.argwhere(phantom.ct.voxels == 1000)).mean(axis=0)
    assert x == pytest.approx(CENTRE[0] - 70.0, abs=1.0)
    assert y == pytest.approx(CENTRE[1], abs=1.0)
    assert z == pytest.approx(CENTRE[2], abs=1.0)


def test_masks_truth_and_hu_agree() -> None:
    phantom = make_marker_phantom(spacing=2.0)
    assert set(phantom.masks.names) == set(MARKERS)
    for name, marker in phantom.truth["markers"].items():
        mask = phantom.masks.mask(name)
        assert set(phantom.ct.voxels[mask]) == {marker["hu"]}
        centre = phantom.masks.affine.apply(np.argwhere(mask)).mean(axis=0)
        np.testing.assert_allclose(centre, marker["centre"], atol=0.5)
        exact = 4 / 3 * np.pi * marker["radius"] ** 3 / 1000
        assert mask.sum() * phantom.masks.affine.voxel_volume_ml == pytest.approx(exact, rel=0.06)


def test_front_and_head_markers() -> None:
    markers = make_marker_phantom(centre=(0.0, 0.0, 0.0)).truth["markers"]
    assert markers["marker_left"]["centre"][0] < 0
    assert markers["marker_anterior"]["centre"][1] > 0
    assert markers["marker_superior"]["centre"][2] > 0
