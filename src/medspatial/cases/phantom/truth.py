"""Facts about a phantom that hold by construction, in world millimetres."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from medspatial.cases.phantom.frame import LEVELS
from medspatial.cases.phantom.lesions import Effusion, Lesion
from medspatial.cases.phantom.plan import Plan
from medspatial.cases.phantom.shapes import Ellipsoid, Point
from medspatial.cases.phantom.thorax import LOBES


def describe(
    plan: Plan,
    lesions: Sequence[Lesion],
    effusions: Sequence[Effusion],
    *,
    to_world: NDArray[np.float64],
    heights: tuple[float, float],
) -> dict[str, Any]:
    """Return what is known without measuring.

    Parameters
    ----------
    to_world
        (4, 4) from plan to world millimetres.
    heights
        Lower and upper end of the field of view, plan mm.

    Returns
    -------
    dict
        ``scale``; ``contrast`` (HU added to blood); ``absent`` (organs this patient has lost);
        ``vertebrae`` (name to centre of the vertebral body); ``ellipsoids`` (structure to centre, radii,
        and volume in ml) for organs that are one ellipsoid before their neighbours cut them (a kidney:
        before its sinus is cut out);
        ``lesions`` (kind, organ, side, centre, radius, volume in ml of the whole sphere, and ``clipped``:
        True where the organ's border cuts it, so that its mask is smaller; ``in_field``: the region shows all
        of it); ``effusions`` (sides);
        ``counts`` by kind of lesion. Points are RAS+ mm, lengths mm.
    """
    scale = plan.frame.scale

    def world(point: Point) -> list[float]:
        return [round(float(v), 3) for v in to_world[:3, :3] @ np.array(point) + to_world[:3, 3]]

    def ellipsoid(shape: Ellipsoid) -> dict[str, Any]:
        radii = [round(radius * scale, 3) for radius in shape.radii]
        return {
            "centre": world(shape.centre),
            "radii": radii,
            "volume_ml": round(shape.volume_ml * scale**3, 4),
        }

    bodies = {f"vertebrae_{name}": (*plan.frame.spine(z), z) for name, z in LEVELS.items()}
    organs = {"heart": plan.chest.heart, "urinary_bladder": plan.bladder, "gallbladder": plan.gallbladder}
    organs |= {f"kidney_{side}": kidney.ellipsoid for side, kidney in plan.kidneys.items()}
    found = [
        {
            "kind": lesion.wish.kind,
            "organ": lesion.wish.host,
            "side": _side(lesion.wish.host),
            "centre": world(lesion.sphere.centre),
            "radius": round(lesion.sphere.radii[0] * scale, 3),
            "volume_ml": round(lesion.sphere.volume_ml * scale**3, 4),
            "clipped": lesion.clipped,
            "in_field": _between(lesion.sphere, heights),
        }
        for lesion in lesions
    ]
    kinds = ("nodule", "kidney_cyst", "kidney_tumor", "liver_cyst", "liver_tumor")
    return {
        "scale": round(scale, 5),
        "contrast": plan.contrast,
        "absent": list(plan.absent),
        "vertebrae": {name: world(centre) for name, centre in bodies.items()},
        "ellipsoids": {name: ellipsoid(shape) for name, shape in organs.items() if shape is not None},
        "lesions": found,
        "effusions": [effusion.side for effusion in effusions],
        "counts": {kind: sum(lesion["kind"] == kind for lesion in found) for kind in kinds},
    }


def _between(sphere: Ellipsoid, heights: tuple[float, float]) -> bool:
    low, high = sphere.bounds
    return bool(heights[0] < low[2] and high[2] < heights[1])


def _side(organ: str) -> str | None:
    if organ in LOBES:
        return LOBES[organ]
    return next((side for side in ("left", "right") if organ.endswith(f"_{side}")), None)
