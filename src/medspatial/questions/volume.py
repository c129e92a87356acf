"""V1 to V7: volumes, their comparison and share, diameters, extents and counts."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from medspatial.questions.drop import Drop, drop
from medspatial.questions.margins import (
    NUMBER_TOLERANCE,
    SMALL_LESION_ML,
    VOLUME_RATIO,
    VOLUME_RATIO_THIN,
    at_least,
    at_most,
    number_tolerance,
    ratio_of,
)
from medspatial.questions.measure.feret import smallest_axial_extent
from medspatial.questions.options import LENGTH_FACTORS, VOLUME_FACTORS
from medspatial.questions.rules import keep_whole, number
from medspatial.questions.scene import Scene
from medspatial.questions.subtype import Candidate, subtype

CANDIDATES = 4
MINIMUM_PERCENT = 0.5
WIDE_VOXELS = 3.0
LESION_VOXELS = 27
COUNT_VOXELS = 8
COUNT_MM = 3.0
UNSURE_VOXELS = 4
SEPARATE_VOXELS = 2.0
MAX_COUNT = 20
AXES = ("wide (left to right)", "deep (front to back)", "tall (head to foot)")


@subtype(
    "V1",
    "larger-of-two",
    "Larger of two organs or lesions",
    needs="organs",
    answer_type="anatomy",
    measurement="volumes (an organ with its lesions)",
    drop_when="ratio at most 1.10 (1.25 for thin structures and lesions under 1 ml); not WHOLE",
    answers="the two structures",
    limits={
        "VOLUME_RATIO": VOLUME_RATIO,
        "VOLUME_RATIO_THIN": VOLUME_RATIO_THIN,
        "SMALL_LESION_ML": SMALL_LESION_ML,
    },
    wordings=(
        "Which of these two structures has the larger volume, each with any lesion inside it?",
        "Compare the volumes of the two structures: which one is bigger, including any lesion in it?",
        "Which of the two takes up more space in this patient, lesions included?",
        "By volume, and counting any lesion as part of its organ, which structure is larger?",
    ),
    unit="ratio",
)
def larger_of_two(scene: Scene) -> Iterator[Candidate | Drop]:
    """Compare two volumes; close ones first, so that the answer is not textbook knowledge."""
    usable = yield from keep_whole(scene, scene.order([*scene.organs, *scene.lesions], "V1"), "height")
    for a, b in scene.similar_pairs(usable, "V1"):
        volumes = {name: scene.stats(name).volume_ml for name in (a, b)}
        ratio, limit = ratio_of(*volumes.values()), scene.ratio_limit(a, b)
        if at_most(ratio, limit):
            yield drop("volume_ratio", a, b, figure=ratio, limit=limit)
            continue
        larger = max(volumes, key=lambda name: volumes[name])
        yield Candidate(
            structures=(a, b),
            answer=scene.title(larger, "height"),
            kind=scene.canonical(larger),
            options=(scene.title(a, "height"), scene.title(b, "height")),
            evidence=scene.evidence(
                "ratio of the volumes",
                value=ratio,
                unit="ratio",
                margin=limit,
                margin_rule="over 1.10; over 1.25 for thin structures and lesions under 1 ml",
                formula="larger volume / smaller volume",
                structures=(a, b),
                points={name: scene.stats(name).centroid_mm for name in (a, b)},
                volumes_ml=volumes,
            ),
        )


@subtype(
    "V2",
    "extreme-of-several",
    "Largest or smallest of several organs",
    needs="organs",
    answer_type="anatomy",
    measurement="volumes (an organ with its lesions)",
    drop_when="the two at the asked end differ by at most 10 % (25 % for thin structures); not WHOLE",
    answers="four neighbours in the order of volume",
    limits={"VOLUME_RATIO": VOLUME_RATIO, "VOLUME_RATIO_THIN": VOLUME_RATIO_THIN},
    wordings={
        "largest": (
            "Which of these structures has the largest volume in this patient?",
            "Ranked by volume, which of the following structures comes first?",
            "Which of the listed structures takes up the most space?",
            "Of these structures, which one is the biggest by volume?",
        ),
        "smallest": (
            "Which of these structures has the smallest volume in this patient?",
            "Ranked by volume, which of the following structures comes last?",
            "Which of the listed structures takes up the least space?",
            "Of these structures, which one is the smallest by volume?",
        ),
    },
    unit="ratio",
)
def extreme_of_several(scene: Scene) -> Iterator[Candidate | Drop]:
    """Choose neighbours in the order of volume."""
    usable = yield from keep_whole(scene, scene.order(scene.organs, "V2"))
    volumes = {name: scene.stats(name).volume_ml for name in usable}
    usable = scene.organs_first(usable, 2 * CANDIDATES)
    ranked = sorted(usable, key=lambda name: (volumes[name], scene.canonical(name)))
    if len(ranked) < CANDIDATES:
        yield drop("too_few_options", *ranked, figure=len(ranked), limit=CANDIDATES)
        return
    starts = range(len(ranked) - CANDIDATES + 1)
    for start in sorted(starts, key=lambda at: scene.draw("V2", ranked[at])):
        chosen = ranked[start : start + CANDIDATES]
        form = ("largest", "smallest")[scene.draw("V2 end", *chosen) % 2]
        first, second = (chosen[-1], chosen[-2]) if form == "largest" else (chosen[0], chosen[1])
        ratio, limit = ratio_of(volumes[first], volumes[second]), scene.ratio_limit(first, second)
        if at_most(ratio, limit):
            yield drop("volume_ratio", first, second, figure=ratio, limit=limit)
            continue
        yield Candidate(
            structures=tuple(sorted(chosen)),
            answer=scene.title(first),
            kind=scene.canonical(first),
            options=tuple(scene.title(name) for name in chosen),
            form=form,
            evidence=scene.evidence(
                "ratio of the two volumes at the asked end",
                value=ratio,
                unit="ratio",
                margin=limit,
                margin_rule="over 1.10; over 1.25 for thin structures",
                formula="volume of the larger / volume of the smaller of the two",
                structures=(first, second, *(n for n in chosen if n not in (first, second))),
                points={first: scene.stats(first).centroid_mm},
                volumes_ml={name: volumes[name] for name in chosen},
            ),
        )


@subtype(
    "V3",
    "volume",
    "Volume of X",
    needs="organs",
    answer_type="number",
    measurement="voxels times |det| of the affine (an organ with its lesions)",
    drop_when="not WHOLE",
    answers="ml; as choice: true value and three of its multiples",
    limits={"NUMBER_TOLERANCE": NUMBER_TOLERANCE},
    wordings=(
        "What is the volume of {a}, in ml?",
        "How many millilitres does {a} measure in this scan?",
        "Estimate the volume of {a} in millilitres.",
        "How large is {a} by volume, in ml?",
    ),
    unit="ml",
)
def volume(scene: Scene) -> Iterator[Candidate | Drop]:
    """Ask the volume of one structure."""
    usable = yield from keep_whole(scene, [*scene.order(scene.organs, "V3"), *scene.lesions], "height")
    for name in usable:
        stats = scene.stats(name)
        yield number(
            scene,
            (name,),
            stats.volume_ml,
            "ml",
            VOLUME_FACTORS,
            tolerance=number_tolerance(stats.volume_ml),
            words={"a": scene.the(name, "height")},
            evidence=scene.evidence(
                "volume",
                value=stats.volume_ml,
                unit="ml",
                margin_rule="WHOLE",
                formula="voxels x |det(affine)| / 1000",
                structures=(name,),
                points={name: stats.centroid_mm},
                voxels=stats.voxels,
            ),
        )


@subtype(
    "V4",
    "volume-share",
    "A as a percentage of B, or a lesion's share of its organ",
    needs="organs",
    answer_type="number",
    measurement="ratio of the volumes",
    drop_when="either is not WHOLE; under 0.5 %; overlapping masks (a lesion counts as part of its organ)",
    answers="per cent; as choice: true value and three of its multiples",
    limits={"MINIMUM_PERCENT": MINIMUM_PERCENT, "NUMBER_TOLERANCE": NUMBER_TOLERANCE},
    wordings={
        "share": (
            "What percentage of the volume of {b} is taken up by {a}?",
            "How much of {b}, in per cent of its volume, is occupied by {a}?",
            "Give the share of {a} in the volume of {b}, in per cent.",
        ),
        "ratio": (
            "The volume of {a} is what percentage of the volume of {b}?",
            "Express the volume of {a} as a percentage of the volume of {b}.",
            "How large is {a} compared with {b}, as a percentage of volume?",
        ),
    },
    unit="%",
)
def volume_share(scene: Scene) -> Iterator[Candidate | Drop]:
    """Ask a lesion's share of its organ, then ratios of organs (the smaller in per cent of the larger)."""
    lesions = yield from keep_whole(scene, scene.lesions, "height")
    usable = yield from keep_whole(scene, scene.order(scene.organs, "V4"))
    shares = [(lesion, host, "share") for lesion in lesions for host in scene.hosts(lesion) if host in usable]
    ratios = ((a, b, "ratio") for a, b in scene.pairs(usable, "V4"))
    for a, b, form in (*shares, *ratios):
        if form == "ratio":
            if refusal := scene.overlapping(a, b):
                yield refusal
                continue
            if scene.stats(a).volume_ml > scene.stats(b).volume_ml:
                a, b = b, a  # noqa: PLW2901
        percent = 100 * scene.stats(a).volume_ml / scene.stats(b).volume_ml
        if at_most(percent, MINIMUM_PERCENT):
            yield drop("small_share", a, b, figure=percent, limit=MINIMUM_PERCENT, unit="%")
            continue
        yield number(
            scene,
            (a, b),
            percent,
            "%",
            VOLUME_FACTORS,
            tolerance=number_tolerance(percent),
            form=form,
            words={"a": scene.the(a, "height"), "b": scene.the(b)},
            evidence=scene.evidence(
                "ratio of the volumes",
                value=percent,
                unit="%",
                margin=MINIMUM_PERCENT,
                margin_rule="both WHOLE; over 0.5 %",
                formula="100 x volume(A) / volume(B)",
                structures=(a, b),
                points={name: scene.stats(name).centroid_mm for name in (a, b)},
                volumes_ml={name: scene.stats(name).volume_ml for name in (a, b)},
            ),
        )


@subtype(
    "V5",
    "lesion-diameter",
    "Longest axial diameter of a lesion",
    needs="lesions",
    answer_type="number",
    measurement="largest Feret diameter in any axial slice, edge to edge",
    drop_when="under 27 voxels, or its smallest in-plane extent is at most 3 vmax; not WHOLE; not describable",
    answers="mm; as choice: true value and three multiples by powers of two",
    limits={"LESION_VOXELS": LESION_VOXELS, "WIDE_VOXELS": WIDE_VOXELS},
    wordings=(
        "What is the longest diameter of {a} in any axial slice, in mm?",
        "How long is {a} along its longest axial axis, in mm?",
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
            evidence=scene.evidence(
                "largest Feret diameter in any axial slice",
                value=found.mm,
                unit="mm",
                margin=limit,
                margin_rule="27 voxels; smallest in-plane extent over 3 vmax",
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
    drop_when="not WHOLE",
    answers="mm; as choice: true value and three multiples by powers of two",
    limits={"NUMBER_TOLERANCE": NUMBER_TOLERANCE},
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
            evidence=scene.evidence(
                f"bounding extent along world {'xyz'[axis]}",
                value=value,
                unit="mm",
                margin_rule="WHOLE",
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
    measurement="26-connected components of at least 8 voxels and 3 mm",
    drop_when="a component of 4 to 7 voxels (smaller ones are ignored); two counted ones closer than 2 vmax",
    answers="whole number",
    limits={"COUNT_VOXELS": COUNT_VOXELS, "COUNT_MM": COUNT_MM, "UNSURE_VOXELS": UNSURE_VOXELS},
    wordings=(
        "How many separate {a} does this scan show?",
        "Count the separate {a} in this volume.",
        "How many distinct {a} are present?",
    ),
    unit="lesions",
)
def lesion_count(scene: Scene) -> Iterator[Candidate | Drop]:
    """Count components."""
    for kind in scene.lesion_kinds:
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
                evidence=scene.evidence(
                    "counted components",
                    value=float(len(counted)),
                    unit="lesions",
                    margin_rule="no component of 4 to 7 voxels; counted ones at least 2 vmax apart",
                    formula="26-connected components of at least 8 voxels and 3 mm",
                    structures=(kind,),
                    points={piece: stats[piece].centroid_mm for piece in counted},
                    ignored_components=len(pieces) - len(counted),
                ),
            )
