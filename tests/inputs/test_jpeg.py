"""The loss of a JPEG."""

from __future__ import annotations

import numpy as np

from medspatial.inputs import through_jpeg


def test_a_smooth_picture_comes_back_nearly_and_an_even_one_exactly() -> None:
    even = np.full((16, 24, 3), 128, np.uint8)
    assert np.array_equal(through_jpeg(even), even)
    ramp = np.repeat(np.linspace(0, 255, 64).astype(np.uint8)[None, :, None], 32, axis=0).repeat(3, axis=2)
    back = through_jpeg(ramp)
    assert back.shape == ramp.shape
    assert np.abs(back.astype(int) - ramp).max() <= 4


def test_lower_quality_loses_more() -> None:
    noise = np.random.default_rng(0).integers(0, 256, (32, 32, 3)).astype(np.uint8)
    losses = [np.abs(through_jpeg(noise, quality).astype(int) - noise).mean() for quality in (95, 75, 30)]
    assert losses == sorted(losses)
    assert losses[0] > 0
