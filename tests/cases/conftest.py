"""Small synthetic patients, stored in any orientation."""

from __future__ import annotations

import numpy as np
import pytest

from medspatial.volume import Volume, write_volume

SHAPE = (40, 30, 20)  # of the torso


@pytest.fixture(scope="session")
def hounsfield():
    """Return a body of water in air, int16."""
    ct = np.full(SHAPE, -1000, np.int16)
    ct[3:37, 3:27, :] = 40
    return ct


@pytest.fixture
def save(tmp_path, affine):
    """Write an array as NIfTI below the test's folder, stored along any axes."""

    def write(name, voxels, affine=affine, axcodes="RAS", unit="label"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        voxels = voxels.astype(np.uint8) if voxels.dtype == np.bool_ else voxels
        write_volume(Volume(voxels, affine, unit=unit).oriented(axcodes), path)
        return path

    return write
