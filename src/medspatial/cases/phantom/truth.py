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
    plan: Plan, lesions: Sequence[Lesion], effusions: Sequence[Effusion], to_world: NDArray[np.float64]
) -> dict[str, Any]:
    """Return what is known without measuring.

    Returns
    -------
    dict
        ``scale``; ``contrast`` (HU added to blood); ``absent`` (organs this patient has lost);
        ``vertebrae`` (name to centre of the vertebral body); ``ellipsoids`` (structure to centre, radii,
        and volume in ml) for organs that are a whole ellipsoid before their neighbours cut them;
        ``lesions`` (kind, organ, side, centre, radius, volume in ml of the whole sphere, and ``clipped``:
        True where the organ's border cuts it, so that its mask is smaller); ``effusions`` (sides);
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


def _side(organ: str) -> str | None:
    if organ in LOBES:
        return LOBES[organ]
    return next((side for side in ("left", "right") if organ.endswith(f"_{side}")), None)
