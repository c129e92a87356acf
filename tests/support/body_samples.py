"""Samples of structures with places, sizes and values put in by hand, for the examination of a case."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product

import numpy as np

from medspatial.cases.examination.samples import MaskSample


def sample(
    name: str,
    *,
    at: Sequence[float] = (0.0, 0.0, 0.0),
    span: Sequence[float] = (40.0, 40.0, 40.0),
    voxels: int = 1000,
    ml: float = 100.0,
    hu: Sequence[float] | None = None,
    cut: tuple[bool, bool, bool] = (False, False, False),
) -> MaskSample:
    """The eight corners of a box around ``at``: its centre and its span are exactly those that are given."""
    corners = np.array(list(product((-0.5, 0.5), repeat=3))) * span + np.asarray(at, float)
    values = None if hu is None else np.asarray(hu, float)
    return MaskSample(name, voxels, ml, corners, values, cut, np.full(3, 4.0))


def body_of(*samples: MaskSample) -> dict[str, MaskSample]:
    return {one.name: one for one in samples}
