"""Draw a patient on a grid: CT, masks, and the facts that hold by construction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from medspatial.anatomy import load_label_map
from medspatial.cases.phantom import tissue
from medspatial.cases.phantom.canvas import LABEL_MAP, draw_patient
from medspatial.cases.phantom.lesions import make_effusions, make_lesions
from medspatial.cases.phantom.plan import Plan, make_plan
from medspatial.cases.phantom.raster import Raster
from medspatial.cases.phantom.shapes import Bounds, rotation
from medspatial.cases.phantom.truth import describe
from medspatial.errors import InputError
from medspatial.volume import Affine, MaskSet, Step, Volume, validate_axcodes

DEFAULT_SPACING = (3.0, 3.0, 3.0)
# Lower and upper end of each region in plan millimetres (see ``frame``).
REGIONS: dict[str, tuple[float, float]] = {
    "torso": (0.0, 598.0),
    "chest": (262.0, 598.0),
    "abdomen": (0.0, 425.0),
    "slab": (190.0, 330.0),
}
_MARGIN = 8.0  # air around the skin


@dataclass(frozen=True)
class Phantom:
    """A procedural patient.

    Attributes
    ----------
    ct
        int16, HU.
    masks
        One layer, labels of the built-in label map ``phantom``, on the CT's grid.
    truth
        What holds by construction; points in world RAS+ mm, lengths in mm (see ``describe``).
    """

    ct: Volume
    masks: MaskSet
    truth: dict[str, Any]
    case_id: str
    patient_id: str


def make_phantom(
    seed: int,
    *,
    spacing: float | Sequence[float] = DEFAULT_SPACING,
    axcodes: str = "RAS",
    region: str = "torso",
    tilt: Sequence[float] = (0.0, 0.0, 0.0),
    lesions: bool = True,
    noise: float | None = None,
) -> Phantom:
    """Build a torso CT with exact masks.

    Parameters
    ----------
    seed
        The patient. The same seed gives the same patient on every grid.
    spacing
        Voxel size in mm along the patient's left-right, front-back and head-foot axes, or one number;
        which array axis these become is up to ``axcodes``.
    axcodes
        Storage orientation; the voxel centres are the same for all 48.
    region
        ``torso``, or ``chest``, ``abdomen``, ``slab``: shorter pictures that cut organs.
    tilt
        Turn of the grid in degrees about the three patient axes (an oblique affine).
    lesions
        Draw nodules, cysts, tumours and effusions.
    noise
        Standard deviation in HU; None: 8 to 22 by seed.

    Raises
    ------
    InputError
        A seed below 0, an unknown region, a spacing outside 0.4 to 20 mm, a tilt over 30 degrees.
    """
    steps, turn = _checked(seed, spacing, region, tilt)
    codes = validate_axcodes(axcodes)
    plan = make_plan(seed)
    effusions = make_effusions(plan) if lesions else []
    spheres = make_lesions(plan, effusions) if lesions else []
    drawn = [*plan.items, *(lesion.item for lesion in spheres), *(effusion.item for effusion in effusions)]
    raster = Raster.covering(_field(plan, region), steps / plan.frame.scale, turn)
    canvas = draw_patient(plan, raster, drawn)
    deviation = plan.draw.uniform("noise", 8.0, 22.0) if noise is None else noise
    voxels = tissue.finish(canvas.hu, plan.draw.rng("noise field"), deviation)
    to_world = _to_world(plan)
    affine = Affine(to_world @ raster.matrix)
    parameters = {
        "seed": seed,
        "spacing": steps.tolist(),
        "region": region,
        "tilt": list(tilt),
        "lesions": lesions,
    }
    ct = Volume(voxels, affine, unit="HU", history=(Step("phantom", parameters),))
    masks = MaskSet([canvas.labels], [load_label_map(LABEL_MAP).labels], affine)
    truth = describe(plan, spheres, effusions, to_world=to_world, heights=REGIONS[region])
    truth |= {"region": region, "noise_hu": deviation}
    name = f"phantom_{seed:05d}"
    if codes != "RAS" or ct.axcodes != codes:
        ct, masks = ct.oriented(codes), masks.oriented(codes)
    return Phantom(ct, masks, truth, name, name)


def _checked(
    seed: int, spacing: float | Sequence[float], region: str, tilt: Sequence[float]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    if seed < 0:
        raise InputError(f"phantom: seed must be 0 or more, got {seed}")
    if region not in REGIONS:
        raise InputError(f"phantom: region must be one of {', '.join(REGIONS)}; got {region!r}")
    steps = checked_spacing(spacing)
    if len(tilt) != 3 or max(abs(float(angle)) for angle in tilt) > 30.0:
        raise InputError(f"phantom: tilt must be three angles of at most 30 degrees, got {tilt!r}")
    turn = np.array(rotation((float(tilt[0]), float(tilt[1]), float(tilt[2])))) if any(tilt) else np.eye(3)
    return steps, turn


def checked_spacing(spacing: float | Sequence[float]) -> NDArray[np.float64]:
    """Return one number or three as (3,) voxel sizes; refuse what no grid can have."""
    steps = np.array([spacing] * 3 if isinstance(spacing, int | float) else list(spacing), dtype=float)
    if steps.shape != (3,) or not ((steps >= 0.4) & (steps <= 20.0)).all():
        raise InputError(f"phantom: spacing must be three numbers from 0.4 to 20 mm, got {spacing!r}")
    return steps


def _field(plan: Plan, region: str) -> Bounds:
    low, high = (corner.copy() for corner in plan.frame.skin.bounds)
    low[:2] -= _MARGIN
    high[:2] += _MARGIN
    if tissue.has_table(plan):
        low[1] -= 24.0
    low[2], high[2] = REGIONS[region]
    return low, high


def _to_world(plan: Plan) -> NDArray[np.float64]:
    """Size of the patient and place on the scanner: x = 0 is nobody's midline."""
    dx, dy, dz = plan.draw.jitter("isocentre", 25.0, 40.0, 300.0)
    matrix = np.diag([plan.frame.scale] * 3 + [1.0])
    matrix[:3, 3] = np.round((dx, dy - 100.0, dz - 500.0), 1)
    return matrix
