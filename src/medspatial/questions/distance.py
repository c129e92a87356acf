"""D1 to D4: nearest, surface and centroid distances, contact."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from medspatial.anatomy import describe
from medspatial.geometry.measured import CUT_RADIUS_MM
from medspatial.geometry.traits import LARGEST_SHARE
from medspatial.questions.contact import near_cut, overlapping, touch_verdict
from medspatial.questions.drop import Drop, drop
from medspatial.questions.lesions import kind_of
from medspatial.questions.margins import (
    DISTANCE_GAP,
    GAP_MM,
    GAP_SHARE,
    SURE_CONTACT_FACES,
    SURE_DISTANCE,
    SURE_DISTANCE_MM,
    Margin,
    at_most,
    number_tolerance,
    percent,
)
from medspatial.questions.options import LENGTH_FACTORS
from medspatial.questions.proof import evidence_of
from medspatial.questions.rules import clear_runs, keep_connected, keep_whole, number, window_of
from medspatial.questions.scene import Scene
from medspatial.questions.subtype import Candidate, subtype

CANDIDATES = 4
NEIGHBOURHOOD = 16
NEAREST_RUNS = 6
REACH_MM = 80.0
"""Pairs whose boxes are closer than this are asked about first: farther ones one would not measure."""


@subtype(
    "D1",
    "nearest",
    "Nearest of several organs to X",
    needs="organs",
    answer_type="anatomy",
    measurement="minimum surface distance from X to each candidate",
    margin=Margin(
        dropped=f"best and second differ by at most {DISTANCE_GAP.words('the smaller')}; a cut face "
        f"within {CUT_RADIUS_MM:g} mm of a closest point; overlapping masks; largest "
        f"component under {percent(LARGEST_SHARE)} (colon, small bowel and ribs exempt)",
        kept=f"second nearest further by more than {DISTANCE_GAP}",
        limits={"GAP_MM": GAP_MM, "GAP_SHARE": GAP_SHARE, "CUT_RADIUS_MM": CUT_RADIUS_MM},
    ),
    answers="four neighbours in the order of distance from X, the nearest of which is the answer",
    wordings=(
        "Which of these structures lies nearest to {a}, measured from surface to surface?",
        "Measured between the surfaces, which of the following is closest to {a}?",
        "Which of the listed structures has the smallest gap to {a}?",
        "From the surface of {a}, which of these structures can be reached over the shortest distance?",
    ),
    unit="mm",
)
def nearest(scene: Scene) -> Iterator[Candidate | Drop]:
    """Sort organs by their distance to X and take neighbours in that order as options."""
    names = yield from keep_connected(scene, scene.order(scene.organs, "D1"))
    for a in [*scene.distinguishable, *names]:
        distances: dict[str, float] = {}
        for b in _candidates(scene, a, names):
            if refusal := overlapping(scene, a, b) or near_cut(scene, a, b):
                yield refusal
            else:
                distances[b] = scene.distance(a, b).mm
        places = clear_runs(distances, CANDIDATES, lambda d: DISTANCE_GAP.mm(vmax=scene.vmax, size=d))
        if not places:
            yield drop("distance_gap", a, note="no four structures with a clear nearest one")
            continue
        chosen = window_of(scene, places[:NEAREST_RUNS], "D1", a)
        best, second = distances[chosen[0]], distances[chosen[1]]
        closest = scene.distance(a, chosen[0])
        yield Candidate(
            structures=(a, *sorted(chosen)),
            answer=scene.title(chosen[0]),
            kind=scene.canonical(chosen[0]),
            options=tuple(scene.title(b) for b in chosen),
            words={"a": scene.the(a)},
            note=scene.note(*chosen),
            evidence=evidence_of(
                scene,
                "minimum surface distance",
                value=best,
                unit="mm",
                margin=DISTANCE_GAP.mm(vmax=scene.vmax, size=best),
                formula="least distance between boundary voxel centres, over the options",
                structures=(a, *chosen),
                points={a: closest.point_a, chosen[0]: closest.point_b},
                second_mm=second,
                distances_mm={b: distances[b] for b in chosen},
            ),
        )


def _candidates(scene: Scene, a: str, names: list[str]) -> list[str]:
    """Return organs to measure from X, by hash: those of its body region where there are enough."""
    region = describe(kind_of(a)).region
    names = scene.offered(names, a)
    others = scene.order([n for n in names if n != a and not scene.apart(n, a)], "D1", a)
    near = [n for n in others if describe(n).region == region]
    return (near if len(near) >= 2 * CANDIDATES else others)[:NEIGHBOURHOOD]


@subtype(
    "D2",
    "surface-distance",
    "Surface distance between A and B",
    needs="organs",
    answer_type="number",
    measurement="minimum surface distance",
    margin=Margin(
        dropped=f"at most {SURE_DISTANCE}; a cut face within {CUT_RADIUS_MM:g} mm of the closest "
        f"point; overlapping masks; largest component under {percent(LARGEST_SHARE)}",
        kept=f"over {SURE_DISTANCE}",
        limits={"SURE_DISTANCE_MM": SURE_DISTANCE_MM, "CUT_RADIUS_MM": CUT_RADIUS_MM},
    ),
    answers="mm; as choice: true value and three multiples by powers of two",
    wordings=(
        "What is the shortest distance between the surfaces of {a} and {b}, in mm?",
        "How many millimetres separate the surfaces of {a} and {b} where they are closest?",
        "How wide is the gap between {a} and {b} at its narrowest point, in mm?",
        "Give the minimum surface-to-surface distance from {a} to {b} in mm.",
    ),
    unit="mm",
)
def surface_distance(scene: Scene) -> Iterator[Candidate | Drop]:
    """Ask the least distance of a pair."""
    organs = yield from keep_connected(scene, scene.organs)
    for a, b in scene.near_pairs([*organs, *scene.distinguishable], "D2", REACH_MM):
        if refusal := overlapping(scene, a, b):
            yield refusal
            continue
        found = scene.distance(a, b)
        limit = SURE_DISTANCE.mm(vmax=scene.vmax)
        if at_most(found.mm, limit):
            yield drop("short_distance", a, b, figure=found.mm, limit=limit, unit="mm")
            continue
        if refusal := near_cut(scene, a, b):
            yield refusal
            continue
        yield number(
            scene,
            (a, b),
            found.mm,
            "mm",
            LENGTH_FACTORS,
            tolerance=number_tolerance(found.mm, scene.vmax),
            words={"a": scene.the(a), "b": scene.the(b)},
            evidence=evidence_of(
                scene,
                "minimum surface distance",
                value=found.mm,
                unit="mm",
                margin=limit,
                formula="least distance between boundary voxel centres",
                structures=(a, b),
                points={a: found.point_a, b: found.point_b},
            ),
        )


@subtype(
    "D3",
    "centroid-distance",
    "Distance between the centroids of A and B",
    needs="organs",
    answer_type="number",
    measurement="Euclidean distance of the centroids",
    margin=Margin(
        dropped=f"either is not WHOLE; overlapping masks; at most {SURE_DISTANCE}",
        kept=f"both WHOLE; over {SURE_DISTANCE}",
        limits={"SURE_DISTANCE_MM": SURE_DISTANCE_MM},
    ),
    answers="mm; as choice: true value and three multiples by powers of two",
    wordings=(
        "How far apart are the centres of {a} and {b}, in mm?",
        "What is the straight-line distance from the centre of {a} to the centre of {b}, in mm?",
        "Give the distance between the centroids of {a} and {b} in mm.",
        "How many millimetres lie between the centroid of {a} and that of {b}?",
    ),
    unit="mm",
)
def centroid_distance(scene: Scene) -> Iterator[Candidate | Drop]:
    """Ask the distance of two centroids."""
    usable = yield from keep_whole(scene, scene.order([*scene.centred, *scene.lesions], "D3"))
    for a, b in scene.near_pairs(usable, "D3", REACH_MM):
        if refusal := overlapping(scene, a, b):
            yield refusal
            continue
        first, second = scene.stats(a).centroid_mm, scene.stats(b).centroid_mm
        value = float(np.linalg.norm(np.subtract(first, second)))
        limit = SURE_DISTANCE.mm(vmax=scene.vmax)
        if at_most(value, limit):
            yield drop("short_distance", a, b, figure=value, limit=limit, unit="mm")
            continue
        yield number(
            scene,
            (a, b),
            value,
            "mm",
            LENGTH_FACTORS,
            tolerance=number_tolerance(value, scene.vmax),
            words={"a": scene.the(a), "b": scene.the(b)},
            evidence=evidence_of(
                scene,
                "distance of the centroids",
                value=value,
                unit="mm",
                margin=limit,
                formula="|centroid(A) - centroid(B)|",
                structures=(a, b),
                points={a: first, b: second},
            ),
        )


@subtype(
    "D4",
    "touching",
    "Whether A and B touch",
    needs="organs",
    answer_type="yes_no",
    measurement="shared voxel faces; surface distance",
    margin=Margin(
        dropped=f"1 to {SURE_CONTACT_FACES - 1} shared faces, contact by edges or corners only, a gap "
        f"of at most {SURE_DISTANCE}, a cut face within {CUT_RADIUS_MM:g} mm of the gap "
        f"(unless the other one touches no face and keeps more than {SURE_DISTANCE} from that "
        f"of the cut one); overlapping masks; largest component under {percent(LARGEST_SHARE)}",
        kept=f"yes from {SURE_CONTACT_FACES} shared faces on; no over {SURE_DISTANCE}",
        limits={"SURE_CONTACT_FACES": SURE_CONTACT_FACES, "SURE_DISTANCE_MM": SURE_DISTANCE_MM},
    ),
    answers="yes / no",
    wordings=(
        "Do {a} and {b} touch each other in this scan?",
        "Are {a} and {b} in direct contact in this scan?",
        "Does {a} lie directly against {b} in this patient?",
        "Is there direct contact between {a} and {b} in this patient?",
    ),
    balanced=("yes", "no"),
)
def touching(scene: Scene) -> Iterator[Candidate | Drop]:
    """Count shared voxel faces, or measure the gap; close pairs first, so that 'no' is not obvious."""
    organs = yield from keep_connected(scene, scene.organs)
    for a, b in scene.near_pairs([*organs, *scene.distinguishable], "D4"):
        if describe(a).partner == b:
            yield drop("known_without_looking", a, b, note="the two of a pair lie apart in everybody")
            continue
        if scene.offered((a, b), a, b) != [a, b]:
            continue
        verdict = touch_verdict(scene, a, b)
        if isinstance(verdict, Drop):
            yield verdict
            continue
        found = scene.distance(a, b)
        yield Candidate(
            structures=(a, b),
            answer="yes" if verdict.touch else "no",
            options=("yes", "no"),
            words={"a": scene.the(a), "b": scene.the(b)},
            evidence=evidence_of(
                scene,
                "shared voxel faces" if verdict.touch else "minimum surface distance",
                value=verdict.faces if verdict.touch else verdict.mm,
                unit="faces" if verdict.touch else "mm",
                margin=SURE_CONTACT_FACES if verdict.touch else SURE_DISTANCE.mm(vmax=scene.vmax),
                formula="pairs of face neighbours, one voxel in each",
                structures=(a, b),
                points={a: found.point_a, b: found.point_b},
                clear_of_cut_mm=verdict.clear_of_cut_mm,
            ),
        )
