"""Random label volumes and affines for the measurement tests."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from medspatial.geometry import Measured
from medspatial.volume import Affine, MaskSet

NAMES = ("stomach", "duodenum", "skull", "face")  # neither solid, vessels nor scattered


def _rotation(rng: np.random.Generator, most: float) -> np.ndarray:
    """Rotation by up to `most` radians about a random axis (Rodrigues' formula)."""
    axis = rng.normal(size=3)
    x, y, z = axis / np.linalg.norm(axis)
    angle = rng.uniform(0, most)
    cross = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
    return np.eye(3) + np.sin(angle) * cross + (1 - np.cos(angle)) * cross @ cross


def affine_of(seed: int, kind: str) -> np.ndarray:
    """(4, 4) matrix: "cubic" (1 mm), "anisotropic", "oblique" (to 20 degrees) or "sheared"."""
    rng = np.random.default_rng(seed)
    matrix = np.eye(4)
    spacing = np.ones(3) if kind == "cubic" else rng.choice([0.5, 0.7, 1.0, 1.25, 2.5, 5.0], size=3)
    axes = np.diag(spacing)
    if kind == "oblique":
        axes = _rotation(rng, np.pi / 9) @ axes
    if kind == "sheared":
        axes[1, 2] = rng.uniform(-0.4, 0.4) * spacing[2]
    matrix[:3, :3] = axes
    matrix[:3, 3] = rng.uniform(-200, 200, 3)
    return matrix


def labels_of(seed: int, labels: int = 3, most: int = 8, density: float = 0.4) -> np.ndarray:
    """Random labels, from single voxels to blocks; every label occurs, and empty space is common."""
    rng = np.random.default_rng(seed)
    shape = rng.integers(2, most + 1, 3)
    volume = np.zeros(shape, dtype=np.uint8)
    for value in range(1, labels + 1):
        for _ in range(rng.integers(1, 4)):
            low = rng.integers(0, shape)
            high = np.minimum(shape, low + rng.integers(1, 4, 3))
            block = volume[tuple(map(slice, low, high))]
            block[rng.random(block.shape) < rng.choice([density, 1.0])] = value
    spots = rng.permutation(volume.size)[:labels]
    volume.ravel()[spots] = np.arange(1, labels + 1)
    return volume


@pytest.fixture(scope="session")
def random_affine() -> Callable[..., np.ndarray]:
    return affine_of


@pytest.fixture(scope="session")
def random_labels() -> Callable[..., np.ndarray]:
    return labels_of


@pytest.fixture(scope="session")
def measured_of() -> Callable[..., Measured]:
    def make(volume: np.ndarray, matrix: np.ndarray, names: tuple[str, ...] = NAMES) -> Measured:
        table = {value: names[value - 1] for value in range(1, int(volume.max()) + 1)}
        return Measured(MaskSet([volume], [table], Affine(matrix)))

    return make
