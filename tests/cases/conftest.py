"""Small synthetic patients, stored in any orientation."""

from __future__ import annotations

import numpy as np
import pytest

from medspatial.volume import Affine, Volume, write_volume

SHAPE = (40, 30, 20)
AFFINE = Affine([[4, 0, 0, -78], [0, 4, 0, -60], [0, 0, 5, 100], [0, 0, 0, 1]])  # RAS


def box(low, high):
    mask = np.zeros(SHAPE, np.bool_)
    mask[tuple(slice(a, b) for a, b in zip(low, high, strict=True))] = True
    return mask


@pytest.fixture(scope="session")
def affine():
    return AFFINE


@pytest.fixture(scope="session")
def torso():
    """Return masks of a plausible torso: x index 0 is the patient's left."""
    return {
        "liver": box((22, 8, 10), (36, 20, 17)),
        "spleen": box((4, 5, 11), (10, 12, 16)),
        "stomach": box((10, 12, 10), (17, 20, 15)),
        "kidney_left": box((7, 5, 4), (12, 10, 10)),
        "kidney_right": box((28, 5, 3), (33, 10, 9)),
    }


@pytest.fixture(scope="session")
def hounsfield():
    """Return a body of water in air, int16."""
    ct = np.full(SHAPE, -1000, np.int16)
    ct[3:37, 3:27, :] = 40
    return ct


@pytest.fixture
def save(tmp_path):
    """Write an array as NIfTI below the test's folder, stored along any axes."""

    def write(name, voxels, affine=AFFINE, axcodes="RAS", unit="label"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        voxels = voxels.astype(np.uint8) if voxels.dtype == np.bool_ else voxels
        write_volume(Volume(voxels, affine, unit=unit).oriented(axcodes), path)
        return path

    return write
