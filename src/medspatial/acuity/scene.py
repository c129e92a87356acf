"""A plain body with bright spheres: the pictures of the sight test, exact at any voxel size.

A body of soft tissue with a spine, as wide, deep and high as a trunk. Patients differ in size, in place on
the scanner and in the noise; the middle of the body is nowhere the middle of the picture. Spheres are drawn
with the share of each voxel that they fill, so that a tenth of a millimetre makes a difference.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from medspatial.volume import Affine, Step, Volume

Floats = NDArray[np.float32]
Point = tuple[float, float, float]

FIELD_MM = (300.0, 300.0, 330.0)
"""Left to right, back to front, feet to head."""
SPACING_MM = 1.5
TISSUE_HU, BONE_HU, AIR_HU = 40.0, 300.0, -1000.0
NOISE_HU = 12.0
_HALF_MM = (115.0, 85.0)
_SPINE_MM = 14.0


@dataclass(frozen=True)
class Sphere:
    """A bright ball: centre in mm from the patient's middle (RAS+), diameter in mm, HU over the tissue."""

    centre: Point
    diameter: float
    hu: float


@dataclass(frozen=True)
class Patient:
    """One body: where its middle lies (RAS+ mm, the picture's own middle is 0) and how large it is."""

    number: int

    def _rng(self, *salt: int) -> np.random.Generator:
        return np.random.default_rng([17, self.number, *salt])

    @property
    def middle(self) -> Point:
        """Middle of the body; left to right it is where the spine lies."""
        x, y = self._rng(0).uniform(-18, 18, 2)
        return float(x), float(y), 0.0

    @property
    def scale(self) -> float:
        """Size of the body."""
        return float(self._rng(1).uniform(0.9, 1.08))

    def place(self, trial: int) -> Point:
        """A place for a trial, mm from the middle: any phase between the voxels."""
        x, y, z = self._rng(2, trial).uniform((-25, -20, -70), (25, 30, 70))
        return float(x), float(y), float(z)


def draw(
    patient: Patient,
    spheres: Sequence[Sphere],
    *,
    thickness: float = SPACING_MM,
    noise: int | None = 0,
) -> Volume:
    """Draw a patient with spheres.

    Parameters
    ----------
    thickness
        Thickness and distance of the axial slices in mm; voxels are 1.5 mm wide.
    noise
        Which noise field is added, 12 HU per voxel of 1.5 mm (less in thicker slices); None for none.

    Returns
    -------
    Volume
        (200, 200, about 330 / thickness) int16 HU in RAS order, float32 without noise.
    """
    shape = (*(round(mm / SPACING_MM) for mm in FIELD_MM[:2]), max(2, round(FIELD_MM[2] / thickness)))
    affine = Affine.from_axcodes("RAS", (SPACING_MM, SPACING_MM, thickness), shape=shape)
    x, y, z = (
        affine.origin[axis] + step * np.arange(n)
        for axis, (n, step) in enumerate(zip(shape, affine.spacing, strict=True))
    )
    hu = np.repeat(_slice(patient, x, y)[:, :, None], shape[2], axis=2)
    for sphere in spheres:
        _add(hu, sphere, patient.middle, (x, y, z), thickness)
    step = Step("acuity phantom", {"patient": patient.number, "thickness": thickness, "noise": noise})
    if noise is None:
        return Volume(hu, affine, "HU", history=(step,))
    hu += _noise(patient.number, noise, shape) * np.float32(NOISE_HU * np.sqrt(SPACING_MM / thickness))
    return Volume(np.rint(np.clip(hu, -1024, 3000)).astype(np.int16), affine, "HU", history=(step,))


@lru_cache(maxsize=2)
def _noise(patient: int, field: int, shape: tuple[int, int, int]) -> Floats:
    """White noise of variance 1; the same for both pictures of a trial."""
    return np.random.default_rng([23, patient, field]).standard_normal(shape, dtype=np.float32)


def _slice(patient: Patient, x: Floats, y: Floats) -> Floats:
    """The body without spheres, the same at every height."""
    mx, my, _ = patient.middle
    a, b = (half * patient.scale for half in _HALF_MM)
    across, deep = (x - mx)[:, None], (y - my)[None, :]
    inside = (across / a) ** 2 + (deep / b) ** 2 <= 1
    spine = across**2 + (deep + 0.6 * b) ** 2 <= _SPINE_MM**2
    hu = np.where(inside, TISSUE_HU, AIR_HU)
    return np.where(spine, BONE_HU, hu).astype(np.float32)


def _add(
    hu: Floats, sphere: Sphere, middle: Point, axes: tuple[Floats, Floats, Floats], thickness: float
) -> None:
    """Add a sphere by the share of each voxel that it fills; thick slices are averaged from thin ones."""
    radius = sphere.diameter / 2
    centre = [c + m for c, m in zip(sphere.centre, middle, strict=True)]
    box = []
    for axis, at, step in zip(axes, centre, (SPACING_MM, SPACING_MM, thickness), strict=True):
        near = np.flatnonzero(np.abs(axis - at) <= radius + step)
        if not near.size:
            return
        box.append(slice(int(near[0]), int(near[-1]) + 1))
    x, y, z = (axis[part] - at for axis, part, at in zip(axes, box, centre, strict=True))
    parts = max(1, round(thickness / SPACING_MM))
    edge = SPACING_MM if parts > 1 else max(SPACING_MM, thickness)
    share = np.zeros((len(x), len(y), len(z)), dtype=np.float32)
    for step in (np.arange(parts) + 0.5) / parts - 0.5:
        far = np.sqrt(
            x[:, None, None] ** 2 + y[None, :, None] ** 2 + (z + step * thickness)[None, None, :] ** 2
        )
        share += np.clip((radius - far) / edge + 0.5, 0, 1).astype(np.float32)
    hu[tuple(box)] += np.float32(sphere.hu) * share / parts
