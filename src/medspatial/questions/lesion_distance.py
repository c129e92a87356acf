"""D5 to D7: depth of a lesion, the nearer of two lesions, spans in vertebral levels."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from medspatial.anatomy import describe
from medspatial.geometry import SurfaceDistance
from medspatial.geometry.measured import CUT_RADIUS_MM
from medspatial.geometry.traits import LARGEST_SHARE
from medspatial.questions.contact import near_cut, overlapping
from medspatial.questions.drop import Drop, drop
from medspatial.questions.lesions import kind_of
from medspatial.questions.margins import (
    DISTANCE_GAP,
    GAP_MM,
    GAP_SHARE,
    Margin,
    at_most,
    percent,
)
from medspatial.questions.proof import evidence_of
from medspatial.questions.rules import keep_connected, keep_describable, keep_whole, number
from medspatial.questions.scene import LESION_NOTE, Scene
from medspatial.questions.spine import LEVEL_EDGE
from medspatial.questions.subtype import Candidate, subtype

NEIGHBOURHOOD = 16
FIRST_EDGE_MM = 10.0
SECOND_EDGE_MM = 20.0
SURFACE_VOXELS = 2.0
EDGE_VOXELS = 1.0
"""A depth keeps this many vmax from 0, and from the other borders of its classes."""
SKIN = "skin"
SKIN_LESIONS = 4
"""For this many lesions, the largest ones, the skin is looked for."""
MAX_SPAN = 16


@subtype(
    "D5",
    "lesion-to-surface",
    "Distance from a lesion to the surface of its organ",
    needs="organs and lesions",
    answer_type="choice",
    measurement="least distance from the lesion to the outer boundary of the organ with its lesions",
    margin=Margin(
        dropped=f"between 0 and {SURFACE_VOXELS:g} vmax, or within {EDGE_VOXELS:g} vmax of "
        f"{FIRST_EDGE_MM:g} or {SECOND_EDGE_MM:g} mm; a cut face within {CUT_RADIUS_MM:g} mm; "
        "not describable",
        kept=f"not in (0, {SURFACE_VOXELS:g} vmax), not within {EDGE_VOXELS:g} vmax of "
        f"{FIRST_EDGE_MM:g} or {SECOND_EDGE_MM:g} mm",
        limits={"FIRST_EDGE_MM": FIRST_EDGE_MM, "SECOND_EDGE_MM": SECOND_EDGE_MM},
    ),
    answers=f"reaches the surface / under {FIRST_EDGE_MM:g} mm / {FIRST_EDGE_MM:g} to {SECOND_EDGE_MM:g} mm "
    f"/ over {SECOND_EDGE_MM:g} mm; with CT also to the skin",
    wordings={
        "organ": (
            "How deep below the surface of {b} does {a} lie?",
            "How far is {a} from the nearest point on the surface of {b}?",
            "What is the shortest distance from {a} to the outer surface of {b}?",
            "How close does {a} come to the outer boundary of {b}?",
        ),
        "skin": (
            "How deep below the patient's skin does {a} lie?",
            "How far is {a} from the nearest point of the patient's skin?",
            "What is the shortest distance from {a} to the skin?",
        ),
    },
    unit="mm",
    balanced=("0", "1", "2", "3"),
)
def lesion_to_surface(scene: Scene) -> Iterator[Candidate | Drop]:
    """Measure from a lesion to its organ's outer boundary, then to the skin."""
    usable = yield from keep_describable(scene, scene.lesions)
    for lesion in usable:
        for organ in scene.hosts(lesion):
            yield _depth(scene, lesion, organ, scene.depth(lesion, organ))
    for lesion in usable[:SKIN_LESIONS]:
        found = scene.measured.skin_depth(lesion, SECOND_EDGE_MM + 2 * scene.vmax)
        if found is not None:
            yield _depth(scene, lesion, SKIN, found)


def _depth(scene: Scene, lesion: str, outer: str, found: SurfaceDistance) -> Candidate | Drop:
    if found.near_cut:
        figure = found.mm if np.isfinite(found.mm) else None
        return drop("near_cut", lesion, outer, figure=figure, limit=CUT_RADIUS_MM, unit="mm")
    edges = (FIRST_EDGE_MM, SECOND_EDGE_MM)
    widths = {0.0: SURFACE_VOXELS * scene.vmax} | dict.fromkeys(edges, EDGE_VOXELS * scene.vmax)
    finite = bool(np.isfinite(found.mm))
    close = [edge for edge, width in widths.items() if finite and at_most(abs(found.mm - edge), width)]
    if found.mm > 0 and close:
        return drop("class_edge", lesion, outer, figure=found.mm, limit=close[0], unit="mm")
    place = 0 if found.mm == 0 else 1 + sum(found.mm > edge for edge in edges)
    skin = outer == SKIN
    surface = "skin" if skin else "surface"
    texts = (
        f"it reaches the {surface}",
        f"less than {FIRST_EDGE_MM:g} mm",
        f"between {FIRST_EDGE_MM:g} and {SECOND_EDGE_MM:g} mm",
        f"more than {SECOND_EDGE_MM:g} mm",
    )
    return Candidate(
        structures=(lesion, outer),
        answer=texts[place],
        kind=str(place),
        options=texts,
        form="skin" if skin else "organ",
        words={"a": scene.the(lesion)} | ({} if skin else {"b": scene.bare(outer)}),
        note="" if skin else LESION_NOTE,
        evidence=evidence_of(
            scene,
            "distance from the lesion to the skin"
            if skin
            else "distance from the lesion to the organ's outer boundary",
            value=found.mm if finite else f"over {SECOND_EDGE_MM + 2 * scene.vmax:g}",
            unit="mm",
            margin=0.0 if found.mm == 0 else widths[min(widths, key=lambda edge: abs(found.mm - edge))],
            formula="least distance to boundary voxel centres of the body above -300 HU, its air filled"
            if skin
            else "least distance to boundary voxel centres of the organ with its lesions; "
            "0 where a lesion voxel is one of them",
            structures=(lesion,) if skin else (lesion, outer),
            points={lesion: found.point_a} | ({f"surface of {outer}": found.point_b} if finite else {}),
        ),
    )


@subtype(
    "D6",
    "nearer-lesion",
    "Which of two lesions is nearer to a landmark",
    needs="organs and lesions",
    answer_type="choice",
    measurement="minimum surface distances to the landmark",
    margin=Margin(
        dropped=f"they differ by at most {DISTANCE_GAP.words('the smaller')}; a cut face within "
        f"{CUT_RADIUS_MM:g} mm; not describable; the landmark's largest component under "
        f"{percent(LARGEST_SHARE)}",
        kept=f"over {DISTANCE_GAP.words('the smaller')}",
        limits={"GAP_MM": GAP_MM, "GAP_SHARE": GAP_SHARE, "CUT_RADIUS_MM": CUT_RADIUS_MM},
    ),
    answers="the two lesions",
    wordings=(
        "Which of these two lesions lies nearer to {a}?",
        "Measured from surface to surface, which lesion is closer to {a}?",
        "Of the two lesions listed, which one has the smaller gap to {a}?",
        "Which lesion is at the shorter distance from {a}?",
    ),
    unit="mm",
)
def nearer_lesion(scene: Scene) -> Iterator[Candidate | Drop]:
    """Compare the distances of two lesions to an organ."""
    usable = yield from keep_describable(scene, scene.lesions, "size")
    organs = yield from keep_connected(scene, scene.organs)
    for first, second in scene.pairs(usable, "D6"):
        free = [n for n in organs if not (scene.contains(n, first) or scene.contains(n, second))]
        regions = {describe(kind_of(one)).region for one in (first, second)}
        ordered = scene.order(scene.offered(free, first, second), "D6", first, second)
        for organ in sorted(ordered, key=lambda name: describe(name).region not in regions)[:NEIGHBOURHOOD]:
            refusals = [overlapping(scene, x, organ) or near_cut(scene, x, organ) for x in (first, second)]
            if any(refusals):
                yield from (refusal for refusal in refusals if refusal)
                continue
            gaps = {x: scene.distance(x, organ) for x in (first, second)}
            near, far = sorted(gaps, key=lambda x: (gaps[x].mm, x))
            difference = gaps[far].mm - gaps[near].mm
            limit = DISTANCE_GAP.mm(vmax=scene.vmax, size=gaps[near].mm)
            if at_most(difference, limit):
                yield drop("distance_gap", first, second, organ, figure=difference, limit=limit, unit="mm")
                continue
            yield Candidate(
                structures=(first, second, organ),
                answer=scene.title(near),
                kind=near,
                options=(scene.title(first), scene.title(second)),
                words={"a": scene.the(organ)},
                evidence=evidence_of(
                    scene,
                    "difference of the minimum surface distances",
                    value=difference,
                    unit="mm",
                    margin=limit,
                    formula="distance(farther, landmark) - distance(nearer, landmark)",
                    structures=(near, far, organ),
                    points={near: gaps[near].point_a, organ: gaps[near].point_b, far: gaps[far].point_a},
                    near_mm=gaps[near].mm,
                    far_mm=gaps[far].mm,
                ),
            )


@subtype(
    "D7",
    "level-span",
    "Vertical span between two structures in vertebral levels",
    needs="organs",
    answer_type="number",
    measurement="vertebral levels of the two centroids",
    margin=Margin(
        dropped=f"a centroid within {percent(LEVEL_EDGE)} of a vertebra height from a border, or "
        "outside the chain of WHOLE vertebrae, or between vertebrae that are no neighbours; "
        "not WHOLE",
        kept=f"both centroids more than {percent(LEVEL_EDGE)} of a vertebra height from a border",
        limits={"LEVEL_EDGE": LEVEL_EDGE},
    ),
    answers="whole number of levels",
    wordings=(
        "By how many vertebral levels do the centres of {a} and {b} differ?",
        "How many vertebral levels apart are the centres of {a} and {b}?",
        "Counting vertebral levels, how far is the centre of {a} from that of {b} in the vertical direction?",
    ),
    unit="levels",
)
def level_span(scene: Scene) -> Iterator[Candidate | Drop]:
    """Subtract the levels of two centroids."""
    usable = yield from keep_whole(
        scene, scene.order([n for n in scene.centred if not scene.spinal(n)], "D7")
    )
    levels = {}
    for name in usable:
        level = scene.spine.level(float(scene.stats(name).centroid_mm[2]))
        if isinstance(level, Drop):
            yield level.model_copy(update={"structures": (name,)})
        else:
            levels[name] = level
    for a, b in scene.pairs(list(levels), "D7"):
        span = abs(levels[a].index - levels[b].index)
        yield number(
            scene,
            (a, b),
            float(span),
            "levels",
            (),
            tolerance=0.0,
            whole_range=(0, MAX_SPAN),
            words={"a": scene.the(a), "b": scene.the(b)},
            evidence=evidence_of(
                scene,
                "vertebral levels of the centroids",
                value=float(span),
                unit="levels",
                margin=LEVEL_EDGE,
                formula="|level(A) - level(B)|, borders half-way between vertebra centroids",
                structures=(a, b),
                points={a: scene.stats(a).centroid_mm, b: scene.stats(b).centroid_mm},
                levels={a: levels[a].name, b: levels[b].name},
            ),
        )
