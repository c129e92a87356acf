"""The slice step against what the values of the image say of it."""

import numpy as np
import pytest

from medspatial.cases import make_phantom
from medspatial.volume import Affine, Volume
from medspatial.volume.slice_step import STEP_NOTED, slice_change, slice_step_note


@pytest.fixture(scope="module")
def ct():
    return make_phantom(3, spacing=4.0, axcodes="RAS").ct


def with_step(volume, factor, keep=1):
    """Return a volume with every ``keep``-th slice and a slice step stated ``factor`` times as large."""
    matrix = volume.affine.matrix.copy()
    matrix[:3, 2] *= factor
    return Volume(np.ascontiguousarray(volume.voxels[:, :, ::keep]), Affine(matrix))


def test_a_true_step_says_nothing(ct):
    assert slice_change(ct) < 0.9
    assert slice_step_note(ct) is None
    assert slice_step_note(with_step(ct, 2.0)) is None  # too large a step is for the sizes to find


@pytest.mark.parametrize("factor", [1 / 3, 1 / 4])
def test_a_step_stated_too_small_is_noted_with_the_figure(ct, factor):
    said = slice_step_note(with_step(ct, factor))
    assert f"at most {STEP_NOTED:g}" in said
    assert "slices may be missing" in said


def test_missing_slices_change_values_faster(ct):
    assert slice_change(with_step(ct, 1.0, keep=3)) > 1.2 > slice_change(with_step(ct, 3.0, keep=3))


@pytest.mark.parametrize("code", ["LPS", "SAL", "PIR"])
def test_the_storage_order_does_not_matter(ct, code):
    assert slice_change(ct.oriented(code)) == pytest.approx(slice_change(ct), rel=0.06)


def test_noise_changes_alike_everywhere_and_anisotropic_grids_are_compared_over_equal_distances():
    noise = np.random.default_rng(0).normal(40, 20, (60, 60, 40)).astype(np.int16)
    assert slice_change(Volume(noise, Affine(np.diag([1, 1, 1, 1])))) == pytest.approx(1, abs=0.02)
    assert slice_change(Volume(noise, Affine(np.diag([0.7, 0.7, 3, 1])))) == pytest.approx(1, abs=0.02)
    assert slice_change(Volume(noise, Affine(np.diag([3, 3, 0.7, 1])))) == pytest.approx(1, abs=0.02)


def test_too_few_slices_or_no_tissue_say_nothing():
    assert slice_change(Volume(np.full((30, 30, 5), 40, np.int16), Affine(np.eye(4)))) is None
    assert slice_change(Volume(np.full((30, 30, 30), -1000, np.int16), Affine(np.eye(4)))) is None
    assert slice_change(Volume(np.full((30, 30, 30), 40, np.int16), Affine(np.eye(4)))) is None
