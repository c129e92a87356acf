"""D1 to D7: surface and centroid distances, contact, and spans in vertebral levels."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from medspatial.questions.drop import Drop, drop
from medspatial.questions.margins import (
    CUT_RADIUS_MM,
    GAP_MM,
    GAP_SHARE,
    SURE_CONTACT_FACES,
    SURE_DISTANCE_MM,
    at_least,
    at_most,
    distance_gap,
    number_tolerance,
    sure_distance,
)
from medspatial.questions.options import LENGTH_FACTORS
from medspatial.questions.rules import clear_runs, keep_describable, keep_whole, number, window_of
from medspatial.questions.scene import Scene
from medspatial.questions.subtype import Candidate, subtype

CANDIDATES = 4
NEIGHBOURHOOD = 16
NEAREST_RUNS = 6
CLASS_EDGES = (10.0, 20.0)
LEVEL_EDGE = 0.20
MAX_SPAN = 16


@subtype(
    "D1",
    "nearest",
    "Nearest of several organs to X",
    needs="organs",
    answer_type="anatomy",
    measurement="minimum surface distance from X to each candidate",
    drop_when="best and second differ by at most max(5 mm, 2 vmax, 20 % of the smaller); a cut face within 20 mm "
    "of a closest point; overlapping masks",
    answers="four neighbours in the order of distance from X, the nearest of which is the answer",
    limits={"GAP_MM": GAP_MM, "GAP_SHARE": GAP_SHARE, "CUT_RADIUS_MM": CUT_RADIUS_MM},
    wordings=(
        "Which of these structures lies nearest to {a}, surface to surface?",
        "Measured between the surfaces, which of the following is closest to {a}?",
        "Which of the listed structures has the shortest gap to {a}?",
        "From the surface of {a}, which of these structures is reached first?",
    ),
    unit="mm",
)
def nearest(scene: Scene) -> Iterator[Candidate | Drop]:
    """Sort organs by their distance to X and take neighbours in that order as options."""
    names = scene.order(scene.organs, "D1")
    for a in [*scene.told_apart, *names]:
        distances: dict[str, float] = {}
        for b in scene.order([n for n in names if n != a and not scene.contains(n, a)], "D1", a)[
            :NEIGHBOURHOOD
        ]:
            if refusal := scene.overlapping(a, b) or scene.near_cut(a, b):
                yield refusal
            else:
                distances[b] = scene.distance(a, b).mm
        places = clear_runs(distances, CANDIDATES, lambda d: distance_gap(d, scene.vmax))
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
            evidence=scene.evidence(
                "minimum surface distance",
                value=best,
                unit="mm",
                margin=distance_gap(best, scene.vmax),
                margin_rule="second nearest further by more than max(5 mm, 2 vmax, 20 %)",
                formula="least distance between boundary voxel centres, over the options",
                structures=(a, *chosen),
                points={a: closest.point_a, chosen[0]: closest.point_b},
                second_mm=second,
                distances_mm={b: distances[b] for b in chosen},
            ),
        )


@subtype(
    "D2",
    "surface-distance",
    "Surface distance between A and B",
    needs="organs",
    answer_type="number",
    measurement="minimum surface distance",
    drop_when="at most max(2 vmax, 6 mm); a cut face within 20 mm of the closest point; overlapping masks",
    answers="mm; as choice: true value and three multiples by powers of two",
    limits={"SURE_DISTANCE_MM": SURE_DISTANCE_MM, "CUT_RADIUS_MM": CUT_RADIUS_MM},
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
    for a, b in scene.pairs([*scene.organs, *scene.told_apart], "D2"):
        if refusal := scene.overlapping(a, b):
            yield refusal
            continue
        found = scene.distance(a, b)
        limit = sure_distance(scene.vmax)
        if at_most(found.mm, limit):
            yield drop("short_distance", a, b, figure=found.mm, limit=limit, unit="mm")
            continue
        if refusal := scene.near_cut(a, b):
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
            evidence=scene.evidence(
                "minimum surface distance",
                value=found.mm,
                unit="mm",
                margin=limit,
                margin_rule="over max(2 vmax, 6 mm)",
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
    drop_when="either is not WHOLE; overlapping masks; at most max(2 vmax, 6 mm)",
    answers="mm; as choice: true value and three multiples by powers of two",
    limits={"SURE_DISTANCE_MM": SURE_DISTANCE_MM},
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
    usable = yield from keep_whole(scene, scene.order([*scene.organs, *scene.lesions], "D3"))
    for a, b in scene.pairs(usable, "D3"):
        if refusal := scene.overlapping(a, b):
            yield refusal
            continue
        first, second = scene.stats(a).centroid_mm, scene.stats(b).centroid_mm
        value = float(np.linalg.norm(np.subtract(first, second)))
        limit = sure_distance(scene.vmax)
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
            evidence=scene.evidence(
                "distance of the centroids",
                value=value,
                unit="mm",
                margin=limit,
                margin_rule="both WHOLE; over max(2 vmax, 6 mm)",
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
    drop_when="1 to 9 shared faces, contact by edges or corners only, a gap of at most max(2 vmax, 6 mm), a cut face "
    "within 20 mm of the gap; overlapping masks",
    answers="yes / no",
    limits={"SURE_CONTACT_FACES": SURE_CONTACT_FACES, "SURE_DISTANCE_MM": SURE_DISTANCE_MM},
    wordings=(
        "Do {a} and {b} touch each other in this scan?",
        "Are {a} and {b} in direct contact in this scan?",
        "Does {a} lie directly against {b} here?",
        "Is there direct contact between {a} and {b} in this patient?",
    ),
    balanced=("yes", "no"),
)
def touching(scene: Scene) -> Iterator[Candidate | Drop]:
    """Count shared voxel faces, or measure the gap; close pairs first, so that 'no' is not obvious."""
    for a, b in scene.near_pairs([*scene.organs, *scene.told_apart], "D4"):
        verdict = scene.touch_verdict(a, b)
        if isinstance(verdict, Drop):
            yield verdict
            continue
        found = scene.distance(a, b)
        yield Candidate(
            structures=(a, b),
            answer="yes" if verdict.touch else "no",
            options=("yes", "no"),
            words={"a": scene.the(a), "b": scene.the(b)},
            evidence=scene.evidence(
                "shared voxel faces" if verdict.touch else "minimum surface distance",
                value=verdict.faces if verdict.touch else verdict.mm,
                unit="faces" if verdict.touch else "mm",
                margin=SURE_CONTACT_FACES if verdict.touch else sure_distance(scene.vmax),
                margin_rule="yes from 10 shared faces on; no over max(2 vmax, 6 mm)",
                formula="pairs of face neighbours, one voxel in each",
                structures=(a, b),
                points={a: found.point_a, b: found.point_b},
            ),
        )


@subtype(
    "D5",
    "lesion-to-surface",
    "Distance from a lesion to the surface of its organ",
    needs="organs and lesions",
    answer_type="choice",
    measurement="least distance from the lesion to the outer boundary of the organ with its lesions",
    drop_when="between 0 and 2 vmax, or within 1 vmax of 10 or 20 mm; a cut face within 20 mm; not describable",
    answers="reaches the surface / under 10 mm / 10 to 20 mm / over 20 mm",
    limits={"FIRST_EDGE_MM": CLASS_EDGES[0], "SECOND_EDGE_MM": CLASS_EDGES[1]},
    wordings=(
        "How deep below the surface of {b} does {a} lie?",
        "How far is {a} from the nearest point on the surface of {b}?",
        "What is the shortest distance from {a} to the outer surface of {b}?",
        "How close does {a} come to the outer boundary of {b}?",
    ),
    unit="mm",
)
def lesion_to_surface(scene: Scene) -> Iterator[Candidate | Drop]:
    """Measure from a lesion to its organ's outer boundary."""
    texts = ("it reaches the surface", "less than 10 mm", "between 10 and 20 mm", "more than 20 mm")
    usable = yield from keep_describable(scene, scene.lesions)
    for lesion in usable:
        for organ in scene.hosts(lesion):
            found = scene.depth(lesion, organ)
            if found.near_cut:
                yield drop("near_cut", lesion, organ, limit=CUT_RADIUS_MM, unit="mm")
                continue
            edges = (0.0, *CLASS_EDGES)
            place = 0 if found.mm == 0 else 1 + sum(found.mm > edge for edge in CLASS_EDGES)
            if found.mm > 0:
                nearest_edge = min(edges, key=lambda edge: abs(found.mm - edge))
                limit = scene.vmax * (2 if nearest_edge == 0 else 1)
                if any(at_most(abs(found.mm - e), scene.vmax * (1 if e else 2)) for e in edges):
                    yield drop("class_edge", lesion, organ, figure=found.mm, limit=nearest_edge, unit="mm")
                    continue
            else:
                limit = 0.0
            yield Candidate(
                structures=(lesion, organ),
                answer=texts[place],
                kind=str(place),
                options=texts,
                words={"a": scene.the(lesion), "b": scene.the(organ)},
                evidence=scene.evidence(
                    "distance from the lesion to the organ's outer boundary",
                    value=found.mm,
                    unit="mm",
                    margin=limit,
                    margin_rule="not in (0, 2 vmax), not within 1 vmax of 10 or 20 mm",
                    formula="least distance to boundary voxel centres of the organ with its lesions; "
                    "0 where a lesion voxel is one of them",
                    structures=(lesion, organ),
                    points={lesion: found.point_a, f"surface of {organ}": found.point_b},
                ),
            )


@subtype(
    "D6",
    "nearer-lesion",
    "Which of two lesions is nearer to a landmark",
    needs="organs and lesions",
    answer_type="choice",
    measurement="minimum surface distances to the landmark",
    drop_when="they differ by at most max(5 mm, 2 vmax, 20 % of the smaller); a cut face within 20 mm; not describable",
    answers="the two lesions",
    limits={"GAP_MM": GAP_MM, "GAP_SHARE": GAP_SHARE, "CUT_RADIUS_MM": CUT_RADIUS_MM},
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
    usable = yield from keep_describable(scene, scene.lesions)
    for first, second in scene.pairs(usable, "D6"):
        for organ in scene.order(scene.organs, "D6", first, second)[:NEIGHBOURHOOD]:
            refusals = [scene.overlapping(x, organ) or scene.near_cut(x, organ) for x in (first, second)]
            if any(refusals):
                yield from (refusal for refusal in refusals if refusal)
                continue
            gaps = {x: scene.distance(x, organ) for x in (first, second)}
            near, far = sorted(gaps, key=lambda x: (gaps[x].mm, x))
            difference, limit = gaps[far].mm - gaps[near].mm, distance_gap(gaps[near].mm, scene.vmax)
            if at_most(difference, limit):
                yield drop("distance_gap", first, second, organ, figure=difference, limit=limit, unit="mm")
                continue
            yield Candidate(
                structures=(first, second, organ),
                answer=scene.title(near),
                kind=near,
                options=(scene.title(first), scene.title(second)),
                words={"a": scene.the(organ)},
                evidence=scene.evidence(
                    "difference of the minimum surface distances",
                    value=difference,
                    unit="mm",
                    margin=limit,
                    margin_rule="over max(5 mm, 2 vmax, 20 % of the smaller)",
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
    drop_when="a centroid within 20 % of a vertebra height from a border, or outside the chain; not WHOLE; same level",
    answers="whole number of levels",
    limits={"LEVEL_EDGE": LEVEL_EDGE},
    wordings=(
        "By how many vertebral levels do the centres of {a} and {b} differ?",
        "How many vertebral levels apart are the centres of {a} and {b}?",
        "Counting vertebral levels, how far is the centre of {a} from that of {b} in the vertical direction?",
    ),
    unit="levels",
)
def level_span(scene: Scene) -> Iterator[Candidate | Drop]:
    """Subtract the levels of two centroids."""
    usable = yield from keep_whole(scene, scene.order([n for n in scene.organs if not scene.spinal(n)], "D7"))
    levels = {}
    for name in usable:
        level = scene.level(float(scene.stats(name).centroid_mm[2]))
        if isinstance(level, Drop):
            yield level.model_copy(update={"structures": (name,)})
        else:
            levels[name] = level
    for a, b in scene.pairs(list(levels), "D7"):
        span = abs(levels[a].index - levels[b].index)
        if span == 0:
            yield drop("offset", a, b, figure=0, limit=1, unit="levels")
            continue
        edge = min(levels[a].edge_share, levels[b].edge_share)
        if not at_least(edge, LEVEL_EDGE):
            continue
        yield number(
            scene,
            (a, b),
            float(span),
            "levels",
            (),
            tolerance=0.0,
            whole_range=(1, MAX_SPAN),
            words={"a": scene.the(a), "b": scene.the(b)},
            evidence=scene.evidence(
                "vertebral levels of the centroids",
                value=float(span),
                unit="levels",
                margin=LEVEL_EDGE,
                margin_rule="both centroids more than 20 % of a vertebra height from a border",
                formula="|level(A) - level(B)|, borders half-way between vertebra centroids",
                structures=(a, b),
                points={a: scene.stats(a).centroid_mm, b: scene.stats(b).centroid_mm},
                levels={a: levels[a].name, b: levels[b].name},
            ),
        )
