import numpy as np
import pytest

from medspatial.volume import AXIS_CODES, Affine, Volume

AFFINE = Affine.from_axcodes("LPS", (0.703125, 0.703125, 1.25), origin=(180.0, 170.5, -300.25))
VOXELS = np.random.default_rng(3).integers(-1000, 1000, (6, 7, 8)).astype(np.int16)


def fingerprint(voxels=VOXELS, affine=AFFINE):
    return Volume(voxels, affine).fingerprint


def test_memory_order_and_integer_type_do_not_matter():
    known = fingerprint()
    assert len(known) == 32
    assert fingerprint(np.asfortranarray(VOXELS)) == known
    assert fingerprint(VOXELS.astype(np.int32)) == known
    assert fingerprint(VOXELS.astype(np.int64)) == known
    assert fingerprint(np.flip(np.flip(VOXELS, 0).copy(), 0)) == known
    assert fingerprint(VOXELS > 0) == fingerprint((VOXELS > 0).astype(np.uint8))


def test_float32_noise_in_the_affine_does_not_matter():
    assert fingerprint(affine=Affine(AFFINE.matrix.astype(np.float32))) == fingerprint()
    assert (
        fingerprint(affine=Affine(AFFINE.matrix * (1 + 1e-12 * (np.arange(16).reshape(4, 4) % 4 < 3))))
        == fingerprint()
    )


@pytest.mark.parametrize("where", [(0, 0), (0, 1), (2, 2), (1, 3)])
def test_a_change_of_the_affine_shows(where):
    matrix = AFFINE.matrix.copy()
    matrix[where] += 0.05
    assert fingerprint(affine=Affine(matrix)) != fingerprint()


def test_a_change_of_one_voxel_shows():
    voxels = VOXELS.copy()
    voxels[5, 6, 7] += 1
    assert fingerprint(voxels) != fingerprint()
    assert fingerprint(VOXELS.reshape(7, 6, 8)) != fingerprint()


def test_values_beyond_int16_are_told_apart():
    assert fingerprint(VOXELS.astype(np.int32) + 65536) != fingerprint()
    assert fingerprint(VOXELS.astype(np.int64) + 2**40) != fingerprint()


def test_each_orientation_has_its_own_and_the_way_back_restores_it():
    volume = Volume(VOXELS, AFFINE)
    assert len({volume.oriented(codes).fingerprint for codes in AXIS_CODES}) == 48
    assert all(volume.oriented(c).oriented("LPS").fingerprint == volume.fingerprint for c in AXIS_CODES)
