"""Orientation markers: a body with bright spheres whose places say which way is which."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from medspatial.cases.phantom.build import Phantom, checked_spacing
from medspatial.cases.phantom.raster import Raster
from medspatial.cases.phantom.shapes import Ellipsoid, Point
from medspatial.volume import Affine, MaskSet, Step, Volume, validate_axcodes

# Different sizes and distances, so that no turn or flip maps the markers onto each other.
MARKERS: dict[str, tuple[Point, float, float]] = {
    "marker_left": ((-70.0, 0.0, 0.0), 12.0, 1000.0),
    "marker_anterior": ((0.0, 50.0, 0.0), 10.0, 700.0),
    "marker_superior": ((0.0, 0.0, 90.0), 8.0, 400.0),
}
_BODY = (110.0, 80.0, 130.0)


def make_marker_phantom(
    *,
    spacing: float | Sequence[float] = 3.0,
    axcodes: str = "RAS",
    centre: Point = (12.0, -34.0, 250.0),
) -> Phantom:
    """Build a water body in air with one bright sphere each at the patient's left, front and head.

    Parameters
    ----------
    spacing
        Voxel size in mm along the patient's three axes, or one number.
    axcodes
        Storage orientation.
    centre
        World position (RAS+ mm) of the body's centre.

    Returns
    -------
    Phantom
        Masks ``marker_left``, ``marker_anterior``, ``marker_superior``; ``truth["markers"]`` gives each
        one's ``centre`` (world mm), ``radius`` (mm) and ``hu``.
    """
    codes = validate_axcodes(axcodes)
    steps = checked_spacing(spacing)
    half = np.array(_BODY) + 15.0
    raster = Raster.covering((-half, half), steps, np.eye(3))
    hu = np.full(raster.shape, -1000, dtype=np.int16)
    labels = np.zeros(raster.shape, dtype=np.uint8)
    bodies = [Ellipsoid((0.0, 0.0, 0.0), _BODY), *(Ellipsoid(c, (r, r, r)) for c, r, _ in MARKERS.values())]
    for value, (shape, level) in enumerate(
        zip(bodies, (0.0, *(hu for *_, hu in MARKERS.values())), strict=True)
    ):
        drawn = raster.draw(shape)
        if drawn is not None:
            box, mask = drawn
            hu[box][mask] = round(level)
            labels[box][mask] = value
    matrix = raster.matrix.copy()
    matrix[:3, 3] += centre
    affine = Affine(matrix)
    ct = Volume(hu, affine, unit="HU", history=(Step("marker phantom", {"spacing": steps.tolist()}),))
    masks = MaskSet([labels], [dict(enumerate(MARKERS, start=1))], affine)
    truth = {
        "markers": {
            name: {"centre": (np.array(place) + centre).tolist(), "radius": radius, "hu": level}
            for name, (place, radius, level) in MARKERS.items()
        }
    }
    return Phantom(ct.oriented(codes), masks.oriented(codes), truth, "phantom_markers", "phantom_markers")
