"""Filling a region: texture as around it, no seam, nothing else touched."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import ndimage

from medspatial.arms.inpaint import inpainted, texture_of

SPACING = (1.0, 1.0, 1.0)
SHAPE = (80, 76, 60)


def ball(shape: tuple[int, int, int], centre: tuple[int, int, int], radius: float) -> np.ndarray:
    return sum((g - c) ** 2 for g, c in zip(np.indices(shape), centre, strict=True)) <= radius**2


def tissue(width: float, sd: float = 15.0) -> np.ndarray:
    """Noise of a given correlation on a slope, as int16 HU."""
    noise = ndimage.gaussian_filter(np.random.default_rng(0).standard_normal(SHAPE), width)
    slope = np.linspace(0, 40, SHAPE[0])[:, None, None]
    return (noise / noise.std() * sd + slope + 40).astype(np.int16)


def steps(image: np.ndarray, pairs: np.ndarray) -> float:
    """Standard deviation of differences between neighbours; ``pairs`` picks voxels or borders."""
    found = []
    for axis in range(3):
        low = [slice(None)] * 3
        high = [slice(None)] * 3
        low[axis], high[axis] = slice(None, -1), slice(1, None)
        border = pairs[tuple(low)] != pairs[tuple(high)]
        found.append(np.diff(image.astype(float), axis=axis)[border])
    return float(np.concatenate(found).std())


@pytest.mark.parametrize("width", [0.0, 0.6, 1.0])
def test_texture_goes_on_and_the_border_is_no_seam(width: float) -> None:
    clean = tissue(width)
    hole = ball(SHAPE, (40, 36, 30), 14)
    image = np.where(hole, clean + 120, clean).astype(np.int16)
    filled = inpainted(image, hole, SPACING, np.random.default_rng(1))
    assert filled.dtype == image.dtype
    assert np.array_equal(filled[~hole], image[~hole])
    assert filled[hole].mean() == pytest.approx(clean[hole].mean(), abs=3)
    inside, outside = texture_of(filled.astype(np.float32), hole), texture_of(clean.astype(np.float32), hole)
    assert inside.sd == pytest.approx(outside.sd, rel=0.15)
    assert inside.correlation == pytest.approx(outside.correlation, abs=0.12)
    assert steps(filled, hole) == pytest.approx(steps(clean, hole), rel=0.35)
    assert steps(image, hole) > 3 * steps(clean, hole)  # the measure sees a seam where there is one


def test_a_plain_surrounding_is_continued_exactly_and_a_slope_smoothly() -> None:
    flat = np.full((30, 30, 30), 50, np.int16)
    hole = ball(flat.shape, (15, 15, 15), 6)
    image = np.where(hole, 300, flat).astype(np.int16)
    assert (inpainted(image, hole, SPACING, np.random.default_rng(0)) == 50).all()
    slope = np.broadcast_to(np.arange(30, dtype=np.float32)[:, None, None] * 10, flat.shape)
    filled = inpainted(np.where(hole, 900, slope), hole, SPACING, np.random.default_rng(0))
    assert np.abs(filled - slope).max() < 15


def test_the_same_generator_gives_the_same_fill_and_another_one_another() -> None:
    image, hole = tissue(0.6), ball(SHAPE, (20, 20, 20), 8)
    first, again, other = (inpainted(image, hole, SPACING, np.random.default_rng(n)) for n in (3, 3, 4))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_a_region_at_the_border_of_the_grid_is_filled_too() -> None:
    image, hole = tissue(0.6), ball(SHAPE, (0, 0, 0), 12)
    filled = inpainted(np.where(hole, 1000, image).astype(np.int16), hole, SPACING, np.random.default_rng(0))
    assert filled[hole].max() < 200


@pytest.mark.parametrize("whole", [False, True])
def test_nothing_to_fill_or_nothing_to_fill_with_is_an_error(whole: bool) -> None:
    with pytest.raises(ValueError, match="nothing to fill"):
        inpainted(np.zeros((5, 5, 5)), np.full((5, 5, 5), whole), SPACING, np.random.default_rng(0))
