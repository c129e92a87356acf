"""A4 to A6: quarter of the scan, main direction, completeness."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from medspatial.anatomy import OTHER_SIDE, describe
from medspatial.questions.contact import overlapping
from medspatial.questions.drop import Drop, drop
from medspatial.questions.margins import Margin, at_least, at_most, percent
from medspatial.questions.proof import evidence_of
from medspatial.questions.rules import keep_whole
from medspatial.questions.scene import Scene
from medspatial.questions.subtype import Candidate, subtype

QUARTER_EDGE = 0.05
DOMINANCE = 1.5
EXTENT_OVERLAP = 0.5
VISIBLE_VOXELS = 100
QUARTERS = (
    "the lowest quarter",
    "the second quarter from below",
    "the third quarter from below",
    "the highest quarter",
)
DIRECTIONS = (("left", "right"), ("posterior", "anterior"), ("inferior", "superior"))
COMPLETENESS = {
    "whole": "all of it is inside",
    "top": "its upper end is cut off",
    "bottom": "its lower end is cut off",
    "absent": "none of it is inside",
}


@subtype(
    "A4",
    "quarter-of-scan",
    "Quarter of the scan's height that holds a structure's centre",
    needs="organs",
    answer_type="choice",
    measurement="position of the centroid between the scan's lower and upper edge",
    margin=Margin(
        dropped=f"within {percent(QUARTER_EDGE)} of the height from a quarter's border; not WHOLE; "
        "upper or lower in the name",
        kept=f"over {QUARTER_EDGE:g} of the height from a quarter's border",
        limits={"QUARTER_EDGE": QUARTER_EDGE},
    ),
    answers="four quarters",
    wordings=(
        "Divide the scan's height into four equal parts: which one holds the centre of {a}?",
        "In which vertical part of the scanned volume is {a} centred?",
        "Of four equal horizontal layers of this scan, which one contains the centre of {a}?",
    ),
    balanced=("0", "1", "2", "3"),
)
def quarter_of_scan(scene: Scene) -> Iterator[Candidate | Drop]:
    """Place a centroid in the scan's height."""
    usable = yield from keep_whole(scene, scene.order([*scene.centred, *scene.lesions], "A4"), "size")
    grid = scene.measured.grid
    for name in usable:
        if scene.tells_direction(2, name):
            yield drop("known_without_looking", name, note="a name tells the direction")
            continue
        centre = scene.stats(name).centroid_mm
        share = float((grid.to_index(centre)[2] + 0.5) / grid.shape[2])
        edge = min(abs(share - border) for border in (0.0, 0.25, 0.5, 0.75, 1.0))
        if at_most(edge, QUARTER_EDGE):
            yield drop("class_edge", name, figure=edge, limit=QUARTER_EDGE)
            continue
        place = int(share * 4)
        yield Candidate(
            structures=(name,),
            answer=QUARTERS[place],
            kind=str(place),
            options=QUARTERS,
            words={"a": scene.the(name, "size")},
            evidence=evidence_of(
                scene,
                "position in the scan's height",
                value=share,
                unit="share of the height",
                margin=edge,
                formula="(slice of the centroid + 1/2) / number of slices, from the lower edge",
                structures=(name,),
                points={name: centre},
            ),
        )


@subtype(
    "A5",
    "direction",
    "Direction from B to A along the dominant axis",
    needs="organs",
    answer_type="relation",
    measurement="offset of the centroids on the dominant axis",
    margin=Margin(
        dropped=f"it is at most {DOMINANCE:g} times the second; the extents overlap by "
        f"{percent(EXTENT_OVERLAP)} of the smaller or more there; not WHOLE; overlapping "
        "masks; a name holds a direction word of the axis",
        kept=f"over {DOMINANCE:g} times the second largest offset; extents overlap by under "
        f"{percent(EXTENT_OVERLAP)} there",
        limits={"DOMINANCE": DOMINANCE, "EXTENT_OVERLAP": EXTENT_OVERLAP},
    ),
    answers="the answer, its opposite, and the two directions of another axis",
    wordings=(
        "In which main direction from {b} does {a} lie, in the patient's own directions?",
        "Going from the centre of {b} to the centre of {a}, which direction dominates?",
        "Relative to {b}, where is {a} mainly, in the patient's directions?",
        "What is the main direction of {a} as seen from {b}, in the patient's directions?",
    ),
    unit="mm",
    balanced=("left", "right", "anterior", "posterior", "superior", "inferior"),
    mirror_kinds=OTHER_SIDE,
)
def direction(scene: Scene) -> Iterator[Candidate | Drop]:
    """Compare two centroids on all axes."""
    usable = yield from keep_whole(scene, scene.order([*scene.centred, *scene.lesions], "A5"), "size")
    for a, b in scene.pairs(usable, "A5"):
        first, second = scene.stats(a), scene.stats(b)
        offset = np.subtract(first.centroid_mm, second.centroid_mm)
        axes = sorted(range(3), key=lambda at: -abs(offset[at]))
        axis, other = axes[0], float(abs(offset[axes[1]]))
        size = float(abs(offset[axis]))
        if at_most(size, DOMINANCE * other):
            yield drop("dominant_axis", a, b, figure=size / other if other else 0.0, limit=DOMINANCE)
            continue
        shared = min(first.high_mm[axis], second.high_mm[axis]) - max(first.low_mm[axis], second.low_mm[axis])
        overlap = max(0.0, shared) / min(first.extent_mm[axis], second.extent_mm[axis])
        if at_least(overlap, EXTENT_OVERLAP):
            yield drop("overlapping_extents", a, b, figure=overlap, limit=EXTENT_OVERLAP)
            continue
        if refusal := overlapping(scene, a, b):
            yield refusal
            continue
        if scene.tells_direction(axis, a, b):
            yield drop("known_without_looking", a, b, note="a name tells the direction")
            continue
        answer = DIRECTIONS[axis][int(offset[axis] > 0)]
        distractors = DIRECTIONS[[at for at in range(3) if at != axis][scene.draw("A5", a, b) % 2]]
        yield Candidate(
            structures=(a, b),
            answer=answer,
            options=(*DIRECTIONS[axis], *distractors),
            words={"a": scene.the(a, "size"), "b": scene.the(b, "size")},
            evidence=evidence_of(
                scene,
                "offset of the centroids on the dominant axis",
                value=size,
                unit="mm",
                margin=DOMINANCE * other,
                formula="centroid(A) - centroid(B), world axes x, y, z",
                structures=(a, b),
                points={a: first.centroid_mm, b: second.centroid_mm},
                offset_mm=[round(float(x), 2) for x in offset],
            ),
        )


@subtype(
    "A6",
    "completeness",
    "Whether a structure is completely inside the scan",
    needs="organs",
    answer_type="choice",
    measurement="faces of the volume that the structure touches",
    margin=Margin(
        dropped=f"cut at both ends or at a side; {VISIBLE_VOXELS} visible voxels or fewer; upper or "
        "lower in the name",
        kept=f"over {VISIBLE_VOXELS} visible voxels; cut at one end only",
        limits={"VISIBLE_VOXELS": VISIBLE_VOXELS},
    ),
    answers="whole / cut at the top / cut at the bottom / absent",
    wordings=(
        "How much of {a} does this scan show?",
        "Is {a} completely inside this scan, and if not, what is missing?",
        "Does this scan cover {a} from end to end, and if not, what is missing?",
        "How complete is {a} in this scan?",
    ),
    balanced=("whole", "top", "bottom", "absent"),
)
def completeness(scene: Scene) -> Iterator[Candidate | Drop]:
    """Look at the faces that a structure touches; absent ones are those that the label map lists in vain."""
    absent = [n for n in scene.listed if n not in scene.measured.names and describe(n).kind == "organ"]
    for name in scene.order([*scene.organs, *absent], "A6"):
        if scene.tells_direction(2, name):
            yield drop("known_without_looking", name, note="a name tells the direction")
            continue
        if name in absent:
            kind, voxels, faces = "absent", 0, frozenset[str]()
        else:
            stats = scene.stats(name)
            voxels, faces = stats.voxels, stats.faces
            if voxels <= VISIBLE_VOXELS:
                yield drop("small_part", name, figure=voxels, limit=VISIBLE_VOXELS, unit="voxels")
                continue
            found = {
                frozenset[str](): "whole",
                frozenset({"superior"}): "top",
                frozenset({"inferior"}): "bottom",
            }.get(faces)
            if found is None:
                yield drop("cut_form", name, note=f"touches {', '.join(sorted(faces))}")
                continue
            kind = found
        yield Candidate(
            structures=(name,),
            answer=COMPLETENESS[kind],
            kind=kind,
            options=tuple(COMPLETENESS.values()),
            words={"a": scene.the(name)},
            evidence=evidence_of(
                scene,
                "faces of the volume that the structure touches",
                value=", ".join(sorted(faces)) or ("none" if voxels else "no voxel"),
                margin=VISIBLE_VOXELS,
                formula="voxels on the first or last slice of an axis",
                structures=(name,),
                voxels=voxels,
            ),
        )
