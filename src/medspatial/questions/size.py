"""V5 to V7: diameters, extents and counts."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from medspatial.geometry.feret import smallest_axial_extent
from medspatial.geometry.traits import MINIMUM_LESION_VOXELS
from medspatial.questions.drop import Drop, drop
from medspatial.questions.lesions import COUNT_VOXELS
from medspatial.questions.margins import (
    NUMBER_TOLERANCE,
    Margin,
    at_least,
    number_tolerance,
)
from medspatial.questions.options import LENGTH_FACTORS
from medspatial.questions.proof import evidence_of
from medspatial.questions.rules import keep_whole, number
from medspatial.questions.scene import Scene
from medspatial.questions.subtype import Candidate, subtype

WIDE_VOXELS = 3.0
COUNT_MM = 3.0
UNSURE_VOXELS = 4
SEPARATE_VOXELS = 2.0
COUNTED = f"26-connected components of at least {COUNT_VOXELS} voxels and {COUNT_MM:g} mm"
MAX_COUNT = 20
AXES = ("wide (left to right)", "deep (front to back)", "tall (head to foot)")


@subtype(
    "V5",
    "lesion-diameter",
    "Longest axial diameter of a lesion",
    needs="lesions",
    answer_type="number",
    measurement="largest Feret diameter in any axial slice, edge to edge",
    margin=Margin(
        dropped=f"not WHOLE (a face touched, or under {MINIMUM_LESION_VOXELS} voxels); its smallest "
        f"in-plane extent is under {WIDE_VOXELS:g} vmax; not describable",
        kept=f"{MINIMUM_LESION_VOXELS} voxels; smallest in-plane extent from {WIDE_VOXELS:g} vmax on",
        limits={"LESION_VOXELS": MINIMUM_LESION_VOXELS, "WIDE_VOXELS": WIDE_VOXELS},
    ),
    answers="mm; as choice: true value and three multiples by powers of two",
    wordings=(
        "What is the longest diameter of {a} in any axial slice, in mm?",
        "How long is {a} along its longest axis in the axial plane, in mm?",
        "Measure {a} in the axial plane: what is its greatest diameter in mm?",
    ),
    unit="mm",
)
def lesion_diameter(scene: Scene) -> Iterator[Candidate | Drop]:
    """Measure a lesion's longest axial diameter."""
    usable = yield from keep_whole(scene, scene.lesions, "height")
    for lesion in usable:
        across = smallest_axial_extent(scene.measured.runs(lesion), scene.measured.grid)
        limit = WIDE_VOXELS * scene.vmax
        if not at_least(across, limit):
            yield drop("small_lesion", lesion, figure=across, limit=limit, unit="mm")
            continue
        found = scene.measured.axial_diameter(lesion)
        ends = [scene.measured.grid.to_mm(voxel) for voxel in (found.voxel_a, found.voxel_b)]
        yield number(
            scene,
            (lesion,),
            found.mm,
            "mm",
            LENGTH_FACTORS,
            tolerance=number_tolerance(found.mm, scene.vmax),
            words={"a": scene.the(lesion, "height")},
            evidence=evidence_of(
                scene,
                "largest Feret diameter in any axial slice",
                value=found.mm,
                unit="mm",
                margin=limit,
                formula="distance of the extreme voxel centres plus one voxel's projection on that direction",
                structures=(lesion,),
                points={"one end": ends[0], "other end": ends[1]},
            ),
        )


@subtype(
    "V6",
    "extent",
    "Extent of X along an axis of the body",
    needs="organs",
    answer_type="number",
    measurement="bounding extent along a world axis, edge to edge",
    margin=Margin(
        dropped="not WHOLE",
        kept="WHOLE",
        limits={"NUMBER_TOLERANCE": NUMBER_TOLERANCE},
    ),
    answers="mm; as choice: true value and three multiples by powers of two",
    wordings=(
        "How {axis} is {a} in this patient, in mm?",
        "From one end to the other, how {axis} is {a}, in mm?",
        "In millimetres, how {axis} is {a}?",
    ),
    unit="mm",
)
def extent(scene: Scene) -> Iterator[Candidate | Drop]:
    """Ask the extent along one axis, chosen by hash."""
    usable = yield from keep_whole(scene, scene.order([*scene.organs, *scene.lesions], "V6"), "height")
    for name in usable:
        stats = scene.stats(name)
        axis = scene.draw("V6", name) % 3
        value = stats.extent_mm[axis]
        ends = np.array([stats.centroid_mm, stats.centroid_mm])
        ends[:, axis] = stats.low_mm[axis], stats.high_mm[axis]
        yield number(
            scene,
            (name,),
            value,
            "mm",
            LENGTH_FACTORS,
            tolerance=number_tolerance(value, scene.vmax),
            words={"a": scene.the(name, "height"), "axis": AXES[axis]},
            evidence=evidence_of(
                scene,
                f"bounding extent along world {'xyz'[axis]}",
                value=value,
                unit="mm",
                formula="extreme voxel centres plus one voxel's projection on the axis",
                structures=(name,),
                points={"low end": tuple(ends[0]), "high end": tuple(ends[1])},
            ),
        )


@subtype(
    "V7",
    "lesion-count",
    "Number of separate lesions",
    needs="lesions",
    answer_type="number",
    measurement=COUNTED,
    margin=Margin(
        dropped=f"a component of {UNSURE_VOXELS} to {COUNT_VOXELS - 1} voxels (smaller ones are "
        f"ignored); two counted ones closer than {SEPARATE_VOXELS:g} vmax",
        kept=f"no component of {UNSURE_VOXELS} to {COUNT_VOXELS - 1} voxels; counted ones at least "
        f"{SEPARATE_VOXELS:g} vmax apart",
        limits={"COUNT_VOXELS": COUNT_VOXELS, "COUNT_MM": COUNT_MM, "UNSURE_VOXELS": UNSURE_VOXELS},
    ),
    answers="whole number",
    wordings=(
        "How many separate {a} does this scan show?",
        "Count the separate {a} in this volume.",
        "How many distinct {a} are present?",
    ),
    unit="lesions",
)
def lesion_count(scene: Scene) -> Iterator[Candidate | Drop]:
    """Count components."""
    for kind in scene.found.kinds:
        pieces = scene.found.all_pieces[kind]
        stats = {piece: scene.measured.stats(piece) for piece in pieces}
        unsure = [piece for piece in pieces if UNSURE_VOXELS <= stats[piece].voxels < COUNT_VOXELS]
        counted = [
            p for p in pieces if stats[p].voxels >= COUNT_VOXELS and max(stats[p].extent_mm) >= COUNT_MM
        ]
        limit = SEPARATE_VOXELS * scene.vmax
        gaps = [
            scene.measured.distance_within(a, b, limit)
            for at, a in enumerate(counted)
            for b in counted[at + 1 :]
        ]
        close = [gap for gap in gaps if gap is not None]
        if unsure:
            yield drop(
                "lesion_pieces", kind, figure=stats[unsure[0]].voxels, limit=COUNT_VOXELS, unit="voxels"
            )
        elif close:
            yield drop("lesion_pieces", kind, figure=close[0].mm, limit=limit, unit="mm")
        elif counted:
            yield number(
                scene,
                (kind,),
                float(len(counted)),
                "lesions",
                (),
                tolerance=0.0,
                whole_range=(0, MAX_COUNT),
                words={"a": scene.plural(kind)},
                evidence=evidence_of(
                    scene,
                    "counted components",
                    value=float(len(counted)),
                    unit="lesions",
                    formula=COUNTED,
                    structures=(kind,),
                    points={piece: stats[piece].centroid_mm for piece in counted},
                    ignored_components=len(pieces) - len(counted),
                ),
            )
