"""V1 to V4: volumes, their comparison and share."""

from __future__ import annotations

from collections.abc import Iterator

from medspatial.questions.contact import overlapping
from medspatial.questions.drop import Drop, drop
from medspatial.questions.margins import (
    NUMBER_TOLERANCE,
    SMALL_LESION_ML,
    VOLUME_RATIO,
    VOLUME_RATIO_THIN,
    Margin,
    at_most,
    number_tolerance,
    percent,
    ratio_of,
)
from medspatial.questions.options import VOLUME_FACTORS
from medspatial.questions.proof import evidence_of
from medspatial.questions.rules import keep_whole, number
from medspatial.questions.scene import LESION_NOTE, Scene
from medspatial.questions.subtype import Candidate, subtype

CANDIDATES = 4
MINIMUM_PERCENT = 0.5
FEWEST_ORGANS = 3
"""From this many organs and vessels on, V1 compares these alone (no bones, muscles, ribs)."""


@subtype(
    "V1",
    "larger-of-two",
    "Larger of two organs or lesions",
    needs="organs",
    answer_type="anatomy",
    measurement="volumes (an organ with its lesions)",
    margin=Margin(
        dropped=f"ratio at most {VOLUME_RATIO:.2f} ({VOLUME_RATIO_THIN:.2f} for thin structures and "
        f"lesions under {SMALL_LESION_ML:g} ml); not WHOLE",
        kept=f"over {VOLUME_RATIO:.2f}; over {VOLUME_RATIO_THIN:.2f} for thin structures and "
        f"lesions under {SMALL_LESION_ML:g} ml",
        limits={
            "VOLUME_RATIO": VOLUME_RATIO,
            "VOLUME_RATIO_THIN": VOLUME_RATIO_THIN,
            "SMALL_LESION_ML": SMALL_LESION_ML,
        },
    ),
    answers="the two structures",
    wordings=(
        "Which of these two structures has the larger volume in this patient?",
        "Compare the volumes of the two structures: which one is larger?",
        "Which of the two structures takes up more space in this patient?",
        "By volume, which of these two structures is the larger one?",
    ),
    unit="ratio",
)
def larger_of_two(scene: Scene) -> Iterator[Candidate | Drop]:
    """Compare two volumes; close ones first, so that the answer is not textbook knowledge."""
    usable = yield from keep_whole(scene, scene.order([*scene.organs, *scene.lesions], "V1"), "height")
    usable = scene.organs_first(usable, FEWEST_ORGANS)
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
            note=scene.note(a, b),
            evidence=evidence_of(
                scene,
                "ratio of the volumes",
                value=ratio,
                unit="ratio",
                margin=limit,
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
    margin=Margin(
        dropped=f"the two at the asked end differ by at most {percent(VOLUME_RATIO - 1)} "
        f"({percent(VOLUME_RATIO_THIN - 1)} for thin structures); not WHOLE",
        kept=f"over {VOLUME_RATIO:.2f}; over {VOLUME_RATIO_THIN:.2f} for thin structures",
        limits={"VOLUME_RATIO": VOLUME_RATIO, "VOLUME_RATIO_THIN": VOLUME_RATIO_THIN},
    ),
    answers="four neighbours in the order of volume",
    wordings={
        "largest": (
            "Which of these structures has the largest volume in this patient?",
            "Ranked by volume, which of the following structures comes first?",
            "Which of the listed structures takes up the most space?",
            "Of these structures, which one is the largest by volume?",
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
    usable = scene.organs_first(usable, CANDIDATES + 1)
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
            note=scene.note(*chosen),
            form=form,
            evidence=evidence_of(
                scene,
                "ratio of the two volumes at the asked end",
                value=ratio,
                unit="ratio",
                margin=limit,
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
    margin=Margin(
        dropped="not WHOLE",
        kept="WHOLE",
        limits={"NUMBER_TOLERANCE": NUMBER_TOLERANCE},
    ),
    answers="ml; as choice: true value and three of its multiples",
    wordings=(
        "What is the volume of {a}, in ml?",
        "How many millilitres does {a} measure in this patient?",
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
            evidence=evidence_of(
                scene,
                "volume",
                value=stats.volume_ml,
                unit="ml",
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
    margin=Margin(
        dropped=f"either is not WHOLE; at most {MINIMUM_PERCENT:g} %; overlapping masks (a lesion "
        "counts as part of its organ)",
        kept=f"both WHOLE; over {MINIMUM_PERCENT:g} %",
        limits={"MINIMUM_PERCENT": MINIMUM_PERCENT, "NUMBER_TOLERANCE": NUMBER_TOLERANCE},
    ),
    answers="per cent; as choice: true value and three of its multiples",
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
    ratios = ((a, b, "ratio") for a, b in scene.share_pairs(usable, "V4"))
    for a, b, form in (*shares, *ratios):
        if form == "ratio":
            if refusal := overlapping(scene, a, b):
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
            words={"a": scene.the(a, "height"), "b": scene.bare(b) if form == "share" else scene.the(b)},
            note=LESION_NOTE if form == "share" else "",
            evidence=evidence_of(
                scene,
                "ratio of the volumes",
                value=percent,
                unit="%",
                margin=MINIMUM_PERCENT,
                formula="100 x volume(A) / volume(B)",
                structures=(a, b),
                points={name: scene.stats(name).centroid_mm for name in (a, b)},
                volumes_ml={name: scene.stats(name).volume_ml for name in (a, b)},
            ),
        )
