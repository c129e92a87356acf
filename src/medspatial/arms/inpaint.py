"""Take a structure out of an image: its voxels are filled as their surroundings go on, with their texture.

The fill is ``n + H(image - n)``: a field ``n`` of noise with the spread and the correlation of the
surroundings, and the harmonic function ``H`` that makes up for the difference at the border. It meets the
image at every border voxel, so there is no seam; farther in, the border's own noise dies out and ``n`` takes
its place.

References
----------
Perez, Gangnet and Blake 2003, ACM Trans. Graph. 22:313 (seamless cloning by Poisson's equation).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from medspatial.arms.box import grown_box

Mask = NDArray[np.bool_]
Floats = NDArray[np.float32]

SHELL_MM = 10.0
"""How far around a structure its surroundings are looked at."""
SMOOTH_VOXELS = 2.0
"""What varies over less than this is texture, the rest is anatomy."""
CALM_SHARE = 0.3
"""Share of the surroundings, where the image changes least, in which texture is measured."""
SWEEPS = 24
"""Rounds of relaxation on each level of the pyramid; the coarser levels have done the far transport."""
MAD_TO_SD = 1.4826
_LEAST_SHELL = 8


@dataclass(frozen=True)
class Texture:
    """Noise of a tissue.

    Attributes
    ----------
    sd
        Standard deviation in HU, by the median absolute deviation, inside tissues: edges do not count.
    correlation
        Between neighbours along each array axis, 0..0.95.
    """

    sd: float
    correlation: tuple[float, float, float]

    def draw(self, shape: tuple[int, int, int], rng: np.random.Generator) -> Floats:
        """Return a field with mean 0 in which `texture_of` finds this texture."""
        white = rng.standard_normal(shape).astype(np.float32)
        if self.sd == 0:
            return np.zeros_like(white)
        everywhere = np.ones(shape, dtype=np.bool_)
        field = _correlated(white, self.correlation)
        seen = texture_of(field, everywhere).correlation
        a, b, c = (2 * wanted - found for wanted, found in zip(self.correlation, seen, strict=True))
        field = _correlated(white, (a, b, c))  # the smooth part that is set aside makes figures look smaller
        return np.asarray(field * (self.sd / max(texture_of(field, everywhere).sd, 1e-6)), dtype=np.float32)


def _correlated(white: Floats, correlation: tuple[float, float, float]) -> Floats:
    """Blur white noise to a correlation of neighbours: a Gaussian of width s leaves exp(-1 / (4 s^2))."""
    from scipy import ndimage

    widths = [np.sqrt(-0.25 / np.log(min(rho, 0.97))) if rho > 0.01 else 0.0 for rho in correlation]
    return np.asarray(ndimage.gaussian_filter(white, widths, mode="wrap"), dtype=np.float32)


def inpainted(
    voxels: NDArray[np.generic], region: Mask, spacing: tuple[float, float, float], rng: np.random.Generator
) -> NDArray[np.generic]:
    """Return the image with a region filled from its surroundings.

    Parameters
    ----------
    voxels
        (3D) HU; the result has the same type.
    region
        (3D) True for what is taken out. It may touch the border of the grid.
    spacing
        Voxel size in mm along the array axes, for the reach of the surroundings.
    rng
        Draws the texture: the same generator gives the same fill.

    Raises
    ------
    ValueError
        The region is empty, or nothing is left around it.
    """
    if not region.any():
        raise ValueError("nothing to fill: the region is empty")
    box = grown_box(region, spacing, SHELL_MM)
    hole, image = region[box], np.asarray(voxels[box], dtype=np.float32)
    shell = _shell(hole, spacing)
    if int(shell.sum()) < _LEAST_SHELL:
        raise ValueError("nothing to fill with: no surroundings are left")
    noise = texture_of(image, shell).draw(hole.shape, rng)
    fill = noise + _harmonic(image - noise, hole)
    low, high = image[shell].min(), image[shell].max()
    filled = np.where(hole, np.clip(fill, low, high), image)
    if voxels.dtype.kind in "iu":
        filled = np.rint(filled)
    result = np.array(voxels)
    result[box][hole] = filled[hole].astype(voxels.dtype)
    return result


def texture_of(image: Floats, where: Mask) -> Texture:
    """Measure the texture of a tissue.

    Parameters
    ----------
    where
        Voxels that belong to it; neighbours count where both do.
    """
    from scipy import ndimage

    weight = where.astype(np.float32)
    spread = ndimage.gaussian_filter(weight, SMOOTH_VOXELS)
    smooth = ndimage.gaussian_filter(image * weight, SMOOTH_VOXELS) / np.maximum(spread, 1e-6)
    rest = np.where(where, image - smooth, 0.0)
    inner = where & (spread >= np.median(spread[where]))  # at the rim the smooth part is one-sided
    calm = _calm(smooth, inner)
    sd = _spread(rest[calm])
    usual = calm & (np.abs(rest) <= 3 * sd)
    return Texture(
        sd, (_neighbours(rest, usual, 0), _neighbours(rest, usual, 1), _neighbours(rest, usual, 2))
    )


def _calm(smooth: Floats, where: Mask) -> Mask:
    """The voxels between whose neighbours the image changes least: inside tissues, not between them."""
    if min(smooth.shape) < 2:
        return where
    steep = np.sqrt(sum(np.square(part) for part in np.gradient(smooth)))
    limit = np.quantile(steep[where], CALM_SHARE)
    return np.asarray(where & (steep <= limit))


def _spread(values: Floats) -> float:
    return float(MAD_TO_SD * np.median(np.abs(values - np.median(values))))


def _neighbours(rest: Floats, usual: Mask, axis: int) -> float:
    """Correlation of neighbours along an axis, among voxels without edges."""
    low = tuple(slice(None, -1) if one == axis else slice(None) for one in range(3))
    high = tuple(slice(1, None) if one == axis else slice(None) for one in range(3))
    both = usual[low] & usual[high]
    a, b = rest[low][both], rest[high][both]
    if a.size < _LEAST_SHELL or a.std() == 0 or b.std() == 0:
        return 0.0
    return float(np.clip(np.corrcoef(a, b)[0, 1], 0.0, 0.95))


def _shell(hole: Mask, spacing: tuple[float, float, float]) -> Mask:
    from scipy import ndimage

    far = ndimage.distance_transform_edt(~hole, sampling=spacing)
    return np.asarray((far > 0) & (far <= SHELL_MM))


def _harmonic(image: Floats, hole: Mask) -> Floats:
    """Solve Laplace's equation in the hole, from coarse to fine; the image is kept elsewhere."""
    if min(hole.shape) <= 2 or max(hole.shape) <= 4 or hole.all():
        known = image[~hole]
        return np.where(hole, known.mean() if known.size else 0.0, image).astype(np.float32)
    coarse = _harmonic(*_halved(image, hole))
    guess = coarse
    for axis in range(3):
        guess = np.repeat(guess, 2, axis=axis)
    guess = guess[tuple(slice(0, n) for n in hole.shape)]
    field = np.where(hole, guess, image).astype(np.float32)
    for _ in range(SWEEPS):
        field[hole] = _mean_of_neighbours(field)[hole]
    return field


def _halved(image: Floats, hole: Mask) -> tuple[Floats, Mask]:
    """Blocks of two voxels along each axis; a block is known where one of its voxels is."""
    pads = [(0, n % 2) for n in hole.shape]
    known = np.pad(~hole, pads).astype(np.float32)
    values = np.pad(np.where(hole, 0.0, image), pads).astype(np.float32)
    a, b, c = (n // 2 for n in known.shape)
    count = known.reshape(a, 2, b, 2, c, 2).sum(axis=(1, 3, 5))
    total = values.reshape(a, 2, b, 2, c, 2).sum(axis=(1, 3, 5))
    return np.asarray(total / np.maximum(count, 1.0), dtype=np.float32), np.asarray(count == 0)


def _mean_of_neighbours(field: Floats) -> Floats:
    padded = np.pad(field, 1, mode="edge")
    middle = slice(1, -1)
    total = np.zeros_like(field)
    for axis in range(3):
        for end in (slice(0, -2), slice(2, None)):
            total += padded[tuple(end if one == axis else middle for one in range(3))]
    return np.asarray(total / 6.0, dtype=np.float32)
