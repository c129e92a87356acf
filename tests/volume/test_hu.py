import numpy as np
import pytest

from medspatial.cases import make_phantom
from medspatial.errors import InputError
from medspatial.volume import check_hu


def body(shape=(40, 40, 20), seed=0):
    """Air around an ellipse of fat and soft tissue with two lungs and a spine; int16 HU with noise."""
    rng = np.random.default_rng(seed)
    x, y = np.meshgrid(np.linspace(-1, 1, shape[0]), np.linspace(-1, 1, shape[1]), indexing="ij")
    plane = np.full(shape[:2], -1000.0)
    plane[np.hypot(x / 0.9, y / 0.7) < 1] = -100
    plane[np.hypot(x / 0.8, y / 0.6) < 1] = 50
    plane[np.hypot((np.abs(x) - 0.4) / 0.25, y / 0.4) < 1] = -860
    plane[np.hypot(x, y - 0.4) < 0.1] = 700
    return np.rint(plane[..., None] + rng.normal(0, 15, shape)).astype(np.int16)


def ring(hu, value):
    """Padding outside the circular field of view."""
    hu = hu.copy()
    x, y = np.meshgrid(*[np.linspace(-1, 1, n) for n in hu.shape[:2]], indexing="ij")
    hu[np.hypot(x, y) > 1] = value
    return hu


@pytest.mark.parametrize(
    "voxels",
    [
        body(),
        body().astype(np.float32) + 0.25,
        np.clip(body(), -1024, 3071),
        np.clip(body(), -1000, 1000),
        ring(body(), -2000),
        ring(body(), -3024),
        ring(body(), -1024),
        body()[14:18, 17:23],  # inside the body: no air at all
        body()[10:15],  # mostly lung
        np.where(np.random.default_rng(1).random((40, 40, 20)) < 1e-4, -1207, body()),
        np.where(np.random.default_rng(1).random((40, 40, 20)) < 1e-3, 31000, body()),
    ],
    ids=[
        "plain",
        "float",
        "clipped",
        "window 1000",
        "-2000",
        "-3024",
        "-1024",
        "inside",
        "lung",
        "-1207",
        "metal",
    ],
)
def test_real_looking_ct_is_accepted(voxels):
    check_hu(voxels)


@pytest.mark.parametrize(
    ("voxels", "reason"),
    [
        (np.clip(body() / 8 + 128, 0, 255).astype(np.uint8), "8-bit voxels"),
        (np.clip(body() / 8 + 128, 0, 255).astype(np.int16), "8-bit range"),
        (((body() + 1000) / 2000).clip(0, 1).astype(np.float32), "look normalised"),
        (((body()) / 1000).clip(-1, 1).astype(np.float32), "look normalised"),
        (np.full((9, 9, 9), -1024, np.int16), "every voxel is -1024"),
        (body() + np.int16(1024), r"intercept \(-1024\) was not applied"),
        (body().clip(-1024) + np.int16(8192), r"intercept \(-8192\) was not applied"),
        (body().astype(np.int32) + 32768, "32768"),
        (body().clip(-1024) - np.int16(1024), r"intercept \(-1024\) was applied twice"),
        (ring(body().clip(-1024) - np.int16(1024), -3048), r"intercept \(-1024\) was applied twice"),
        (body() - np.int16(8192), r"intercept \(-8192\) was applied twice"),
        (body()[14:18, 17:23] - np.int16(1024), "applied twice"),
        (ring(body() + np.int16(1024), -2000), r"intercept \(-1024\) was not applied"),
        (body() // 2, "air lies at about -50"),
        (np.clip(body(), -160, 240), "clipped at -160"),
        (body().astype(np.uint16), "above 10000"),
        (
            np.random.default_rng(0).integers(-700, -300, (20, 20, 20)),
            r"only 0\.0% of the voxels are soft tissue",
        ),
        (np.random.default_rng(0).integers(300, 3000, (20, 20, 20)), "no value is below 0"),
    ],
)
def test_other_values_are_refused_with_the_cause(voxels, reason):
    with pytest.raises(InputError, match=f"not CT in HU: .*{reason}"):
        check_hu(voxels)


def test_the_file_is_named():
    with pytest.raises(InputError, match=r"^scan\.nii: not CT in HU"):
        check_hu(np.zeros((3, 3, 3), np.uint8), "scan.nii")


def test_large_volumes_are_sampled():
    check_hu(np.tile(body(), (4, 4, 16)))


def _torso():
    return make_phantom(3, spacing=6.0).ct.voxels.astype(np.float32)


@pytest.mark.parametrize("factor", [10, 100, 1000, 32.0])
def test_divided_values_are_refused(factor):
    with pytest.raises(InputError, match="were they divided, or normalised"):
        check_hu(_torso() / factor)


def test_z_scores_are_refused():
    voxels = _torso()
    with pytest.raises(InputError, match="mean and deviation"):
        check_hu((voxels - voxels.mean()) / voxels.std())


@pytest.mark.parametrize("shift", [300, 400, -300, -400, 700, -600])
@pytest.mark.parametrize("region", ["torso", "chest", "abdomen", "slab"])
def test_any_large_shift_is_refused(shift, region):
    with pytest.raises(InputError, match="not CT in HU"):
        check_hu(make_phantom(4, spacing=6.0, region=region).ct.voxels + shift)


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("region", ["torso", "chest", "abdomen", "slab"])
def test_no_part_of_a_body_is_refused(seed, region):
    voxels = make_phantom(seed, spacing=5.0, region=region).ct.voxels
    n = voxels.shape
    check_hu(voxels)
    check_hu(voxels[n[0] // 4 : -n[0] // 4, n[1] // 4 : -n[1] // 4])
    check_hu(voxels[:, :, : n[2] // 3])
