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
    body = _body(patient, thickness, noise)
    step = Step("acuity phantom", {"patient": patient.number, "thickness": thickness, "noise": noise})
    voxels = body.stored.copy()
    boxes = [box for sphere in spheres if (box := body.box(sphere)) is not None]
    if boxes:
        around = tuple(
            slice(min(box[axis].start for box in boxes), max(box[axis].stop for box in boxes))
            for axis in range(3)
        )
        part = body.hu[around].copy()
        for sphere in spheres:
            body.add(part, around, sphere)
        voxels[around] = _stored(part, noise)
    return Volume(voxels, body.affine, "HU", history=(step,))


@dataclass(frozen=True)
class _Body:
    """A body without spheres: exact HU, what is stored of them, and where its voxels lie."""

    hu: Floats
    stored: NDArray[np.generic]
    affine: Affine
    axes: tuple[Floats, Floats, Floats]
    middle: Point
    thickness: float

    def box(self, sphere: Sphere) -> tuple[slice, slice, slice] | None:
        """Return the part of the grid that a sphere can touch; None outside it."""
        found = []
        spacing = SPACING_MM, SPACING_MM, self.thickness
        for axis, c, m, step in zip(self.axes, sphere.centre, self.middle, spacing, strict=True):
            near = np.flatnonzero(np.abs(axis - (c + m)) <= sphere.diameter / 2 + step)
            if not near.size:
                return None
            found.append(slice(int(near[0]), int(near[-1]) + 1))
        return found[0], found[1], found[2]

    def add(self, part: Floats, around: tuple[slice, ...], sphere: Sphere) -> None:
        """Add a sphere, by the share of each voxel that it fills, to a part of the grid.

        Thick slices are averaged from thin ones.
        """
        box = self.box(sphere)
        if box is None:
            return
        x, y, z = (
            axis[one] - (c + m)
            for axis, one, c, m in zip(self.axes, box, sphere.centre, self.middle, strict=True)
        )
        parts = max(1, round(self.thickness / SPACING_MM))
        edge = SPACING_MM if parts > 1 else max(SPACING_MM, self.thickness)
        share = np.zeros((len(x), len(y), len(z)), dtype=np.float32)
        for step in (np.arange(parts) + 0.5) / parts - 0.5:
            height = z + step * self.thickness
            far = np.sqrt(x[:, None, None] ** 2 + y[None, :, None] ** 2 + height[None, None, :] ** 2)
            share += np.clip((sphere.diameter / 2 - far) / edge + 0.5, 0, 1).astype(np.float32)
        inner = tuple(
            slice(one.start - outer.start, one.stop - outer.start)
            for one, outer in zip(box, around, strict=True)
        )
        part[inner] += np.float32(sphere.hu) * share / parts


@lru_cache(maxsize=6)
def _body(patient: Patient, thickness: float, noise: int | None) -> _Body:
    """Draw a body; the last ones are kept, since pictures of one trial differ by their spheres alone."""
    shape = (*(round(mm / SPACING_MM) for mm in FIELD_MM[:2]), max(2, round(FIELD_MM[2] / thickness)))
    affine = Affine.from_axcodes("RAS", (SPACING_MM, SPACING_MM, thickness), shape=shape)
    x, y, z = (
        affine.origin[axis] + step * np.arange(n)
        for axis, (n, step) in enumerate(zip(shape, affine.spacing, strict=True))
    )
    hu = np.repeat(_slice(patient, x, y)[:, :, None], shape[2], axis=2)
    if noise is not None:
        field = np.random.default_rng([23, patient.number, noise]).standard_normal(shape, dtype=np.float32)
        hu += field * np.float32(NOISE_HU * np.sqrt(SPACING_MM / thickness))
    return _Body(hu, _stored(hu, noise), affine, (x, y, z), patient.middle, thickness)


def _stored(hu: Floats, noise: int | None) -> NDArray[np.generic]:
    """Return HU as a scanner stores them; without noise as they are."""
    return hu if noise is None else np.rint(np.clip(hu, -1024, 3000)).astype(np.int16)


def _slice(patient: Patient, x: Floats, y: Floats) -> Floats:
    """The body without spheres, the same at every height."""
    mx, my, _ = patient.middle
    a, b = (half * patient.scale for half in _HALF_MM)
    across, deep = (x - mx)[:, None], (y - my)[None, :]
    inside = (across / a) ** 2 + (deep / b) ** 2 <= 1
    spine = across**2 + (deep + 0.6 * b) ** 2 <= _SPINE_MM**2
    hu = np.where(inside, TISSUE_HU, AIR_HU)
    return np.where(spine, BONE_HU, hu).astype(np.float32)
