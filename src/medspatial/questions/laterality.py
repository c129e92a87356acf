"""L1 to L6: sides, the patient's, from the midsagittal line and from paired organs."""

from __future__ import annotations

from collections.abc import Iterator

from medspatial.anatomy import OTHER_SIDE
from medspatial.questions.drop import Drop, drop
from medspatial.questions.margins import (
    OFFSET,
    OFFSET_MM,
    OFFSET_SHARE,
    Largest,
    Margin,
    at_least,
    at_most,
    percent,
)
from medspatial.questions.proof import evidence_of
from medspatial.questions.rules import keep_whole, nothing
from medspatial.questions.scene import Scene
from medspatial.questions.sides import (
    missing_partners,
    pairs_for_lesion,
    place_covered,
    shell_count,
    voxels_per_side,
)
from medspatial.questions.subtype import Candidate, subtype

MIDLINE_MM = 3.0
HALF_WIDTH_SHARE = 0.10
HALF_WIDTH = "the body's half-width"
SIDE_OFFSET = Largest({"mm": OFFSET_MM, "share": HALF_WIDTH_SHARE})
"""A centroid lies on a side beyond this offset from the midline."""
SIDE_SHARE = 0.8
BOTH_SHARE = 0.2
MINOR_SHARE = 0.05
MINOR_VOXELS = 27
MOST_POINTS = 6
SWAPPED_YES = {"yes": "no", "no": "yes"}


@subtype(
    "L1",
    "side",
    "Side of a lesion or an unpaired structure",
    needs="organs and lesions",
    answer_type="side",
    measurement="signed x offset of the centroid from the midsagittal line through the spine at that level",
    margin=Margin(
        dropped=f"the offset lies between {MIDLINE_MM:g} mm and {SIDE_OFFSET.words(HALF_WIDTH)}; not "
        "WHOLE; no spine there",
        kept=f"midline under {MIDLINE_MM:g} mm; a side over {SIDE_OFFSET.words(HALF_WIDTH)}",
        limits={"MIDLINE_MM": MIDLINE_MM, "OFFSET_MM": OFFSET_MM, "HALF_WIDTH_SHARE": HALF_WIDTH_SHARE},
    ),
    answers="left / right / midline",
    wordings=(
        "On which side of the patient's body does the centre of {a} lie?",
        "Compared with the spine at its own level, where is {a} centred from side to side?",
        "Seen from the patient, on which side of the spine is {a} centred?",
        "Which side of the patient's body holds the centre of {a}?",
        "Is the centre of {a} on one side of the patient's spine, and on which?",
    ),
    unit="mm",
    balanced=("left", "right", "midline"),
    mirror_kinds=OTHER_SIDE,
)
def side(scene: Scene) -> Iterator[Candidate | Drop]:
    """Compare a centroid with the spine at its level."""
    unpaired = [name for name in scene.centred if scene.unpaired(name)]
    usable = yield from keep_whole(scene, [*scene.lesions, *scene.order(unpaired, "L1")])
    for name in usable:
        centre = scene.stats(name).centroid_mm
        midline = scene.spine.midline(float(centre[2]))
        if midline is None:
            yield drop("no_spine", name, figure=float(centre[2]), unit="mm")
            continue
        offset = float(centre[0]) - midline.x
        half_width = scene.spine.half_width(float(centre[2]))
        limit = SIDE_OFFSET.mm(size=half_width or 0.0)
        centred = not at_least(abs(offset), MIDLINE_MM)
        if not centred and at_most(abs(offset), limit):
            yield drop("offset", name, figure=abs(offset), limit=limit, unit="mm")
            continue
        answer = "midline" if centred else ("right" if offset > 0 else "left")
        yield Candidate(
            structures=(name,),
            answer=answer,
            options=("left", "right", "midline"),
            words={"a": scene.the(name)},
            evidence=evidence_of(
                scene,
                "x offset of the centroid from the spine at its level",
                value=offset,
                unit="mm",
                margin=MIDLINE_MM if centred else limit,
                formula="centroid x - spine x; positive is the patient's right",
                structures=(name,),
                points={name: centre, "spine": (midline.x, midline.y, float(centre[2]))},
                spine_from=midline.source,
                half_width_mm=half_width,
            ),
        )


@subtype(
    "L2",
    "which-paired-organ",
    "Which organ of a pair contains the lesion",
    needs="organs and lesions",
    answer_type="side",
    measurement="voxels of the left and the right organ under the lesion dilated by one voxel (26 "
    "neighbours)",
    margin=Margin(
        dropped=f"the larger side's share is at most {SIDE_SHARE:g} and not both are over {BOTH_SHARE:g}",
        kept=f"one side over {SIDE_SHARE:g}, or both over {BOTH_SHARE:g}; neither where no voxel is met",
        limits={"SIDE_SHARE": SIDE_SHARE, "BOTH_SHARE": BOTH_SHARE},
    ),
    answers="left / right / both / neither",
    wordings=(
        "Which of the patient's {noun}s show one or more {a}?",
        "In which of the patient's two {noun}s can {a} be found?",
        "Look for {a} in the {noun}s of this patient: which of them are affected?",
        "Which {noun} of this patient is affected by {a}, if any?",
    ),
    balanced=("left", "right", "both", "neither"),
    mirror_kinds=OTHER_SIDE,
)
def which_paired_organ(scene: Scene) -> Iterator[Candidate | Drop]:
    """Count the voxels of both organs of a pair around all lesions of one kind."""
    for kind in scene.possible_lesion_kinds:
        for noun, pair in pairs_for_lesion(scene, kind):
            counts = {one: shell_count(scene, kind, names) for one, names in pair.items()}
            total = counts["left"] + counts["right"]
            shares = {one: count / total if total else 0.0 for one, count in counts.items()}
            larger = max(shares, key=lambda one: shares[one])
            names = tuple(sorted((*pair["left"], *pair["right"]), key=scene.canonical))
            if total == 0:
                answer, figure, margin = "neither", 0.0, 0.0
            elif not at_most(shares[larger], SIDE_SHARE):
                answer, figure, margin = larger, shares[larger], SIDE_SHARE
            elif not at_most(min(shares.values()), BOTH_SHARE):
                answer, figure, margin = "both", min(shares.values()), BOTH_SHARE
            else:
                yield drop("share", kind, *names, figure=shares[larger], limit=SIDE_SHARE)
                continue
            texts = {"left": f"the left {noun}", "right": f"the right {noun}"}
            texts |= {"both": f"both {noun}s", "neither": f"neither {noun}"}
            yield Candidate(
                structures=(kind, *names),
                answer=texts[answer],
                kind=answer,
                options=tuple(texts.values()),
                words={"a": scene.plural(kind, generic=True), "noun": noun},
                evidence=evidence_of(
                    scene,
                    "share of each organ among the organ voxels under and around the lesion",
                    value=figure,
                    margin=margin,
                    formula="organ voxels inside the lesion dilated by one voxel, per side",
                    structures=(kind, *names),
                    points=_lesion_points(scene, kind),
                    left_voxels=counts["left"],
                    right_voxels=counts["right"],
                ),
            )


def _lesion_points(scene: Scene, kind: str) -> dict[str, tuple[float, float, float]]:
    """Return the centroids of the largest lesions of a kind, for drawing."""
    pieces = scene.found.counted.get(kind, ())[:MOST_POINTS]
    return {piece: scene.measured.stats(piece).centroid_mm for piece in pieces}


@subtype(
    "L3",
    "unilateral-or-bilateral",
    "Unilateral or bilateral involvement",
    needs="organs and lesions",
    answer_type="side",
    measurement="lesion volume on each side (side of the paired organ that holds a component, else of "
    "the spine)",
    margin=Margin(
        dropped=f"the minor side holds more than 0 and up to {percent(MINOR_SHARE)} of the volume, or "
        f"up to {MINOR_VOXELS} voxels",
        kept=f"nothing, or over {percent(MINOR_SHARE)} and {MINOR_VOXELS} voxels, on the minor side",
        limits={"MINOR_SHARE": MINOR_SHARE, "MINOR_VOXELS": MINOR_VOXELS},
    ),
    answers="left only / right only / both sides / neither side",
    wordings=(
        "How are {a} distributed over the two sides of the patient's body?",
        "On which sides of the patient's body are {a} present?",
        "Are {a} found on one side of the patient's body, on the other, on both or on none?",
        "Which sides of the patient's body show {a}?",
    ),
    balanced=("left", "right", "both", "neither"),
    mirror_kinds=OTHER_SIDE,
)
def involvement(scene: Scene) -> Iterator[Candidate | Drop]:
    """Sum lesion voxels per side."""
    texts = {
        "left": "only the left side",
        "right": "only the right side",
        "both": "both the left and the right side",
        "neither": "neither the left nor the right side",
    }
    for kind in scene.possible_lesion_kinds:
        counts = voxels_per_side(scene, kind)
        if counts is None:
            yield drop(
                "no_spine", kind, note="a component lies in no paired organ and the spine does not reach it"
            )
            continue
        total = sum(counts.values())
        minor = min(counts.values())
        share = minor / total if total else 0.0
        if minor and (at_most(share, MINOR_SHARE) or minor <= MINOR_VOXELS):
            yield drop("minor_side", kind, figure=share, limit=MINOR_SHARE)
            continue
        if total == 0:
            answer = "neither"
        elif minor:
            answer = "both"
        else:
            answer = "left" if counts["left"] else "right"
        yield Candidate(
            structures=(kind,),
            answer=texts[answer],
            kind=answer,
            options=tuple(texts.values()),
            words={"a": scene.plural(kind)},
            evidence=evidence_of(
                scene,
                "lesion volume on the minor side",
                value=share,
                margin=MINOR_SHARE,
                formula="min(left, right) / (left + right)",
                structures=(kind,),
                points=_lesion_points(scene, kind),
                left_voxels=counts["left"],
                right_voxels=counts["right"],
            ),
        )


@subtype(
    "L4",
    "paired-organ-present",
    "Presence of a paired organ by side",
    needs="organs",
    answer_type="yes_no",
    measurement="voxels of the label; absence needs the partner WHOLE and the mirrored place inside the scan",
    margin=Margin(
        dropped="the organ is cut, or the level where it would lie is not fully covered; no organ of "
        "a pair is missing",
        kept="present and WHOLE, or not one voxel where the partner is WHOLE and its mirrored place covered",
    ),
    answers="yes / no",
    wordings=(
        "Does the patient have {a} in this scan?",
        "Is {a} present in this scan?",
        "Can {a} be seen in this scan?",
        "Is there {a} in this scan?",
    ),
    balanced=("yes", "no"),
)
def paired_organ_present(scene: Scene) -> Iterator[Candidate | Drop]:
    """Ask for missing organs of a pair, and for as many present ones of the same case."""
    missing = []
    for name in scene.order(missing_partners(scene), "L4"):
        if not place_covered(scene, name):
            yield drop("level_not_covered", name)
        else:
            missing.append(name)
    if not missing:
        yield drop("wanted_answer", note="no paired organ is missing: 'yes' would always be right")
        return
    present = yield from keep_whole(scene, scene.order([n for n in scene.organs if scene.partner(n)], "L4"))
    for name in [*missing, *present]:
        found = name not in missing
        yield Candidate(
            structures=(name,),
            answer="yes" if found else "no",
            options=("yes", "no"),
            words={"a": f"{'an' if scene.title(name)[0] in 'aeiou' else 'a'} {scene.title(name)}"},
            evidence=evidence_of(
                scene,
                "voxels of the structure",
                value=scene.stats(name).voxels if found else 0,
                unit="voxels",
                formula="voxels > 0",
                structures=(name,),
            ),
        )


@subtype(
    "L5",
    "left-of",
    "Whether A lies to the patient's left of B",
    needs="organs",
    answer_type="yes_no",
    measurement="difference of the centroids' x",
    margin=Margin(
        dropped=f"|difference| is at most {OFFSET.words('the smaller x extent')}; not WHOLE; the "
        "names differ in their sides",
        kept=f"over {OFFSET.words('the smaller x extent')}",
        limits={"OFFSET_MM": OFFSET_MM, "OFFSET_SHARE": OFFSET_SHARE},
    ),
    answers="yes / no; which structure is named first balances them",
    wordings=(
        "Does the centre of {a} lie further to the patient's left than the centre of {b}?",
        "Is {a} centred further to the patient's left than {b}?",
        "Compare the centres of the two structures: is {a} to the patient's left of {b}?",
        "Going from the patient's right to the left, does the centre of {a} come after that of {b}?",
    ),
    unit="mm",
    balanced=("yes", "no"),
    mirror_kinds=SWAPPED_YES,
)
def left_of(scene: Scene) -> Iterator[Candidate | Drop]:
    """Compare the x of two centroids."""
    usable = yield from keep_whole(scene, scene.order([*scene.centred, *scene.lesions], "L5"))
    for a, b in scene.pairs(usable, "L5"):
        if scene.distinguished_by_words(a, b):
            yield drop("known_without_looking", a, b, note="their names tell the sides")
            continue
        first, second = scene.stats(a), scene.stats(b)
        difference = float(second.centroid_mm[0] - first.centroid_mm[0])
        limit = OFFSET.mm(size=min(first.extent_mm[0], second.extent_mm[0]))
        if at_most(abs(difference), limit):
            yield drop("offset", a, b, figure=abs(difference), limit=limit, unit="mm")
            continue
        yield Candidate(
            structures=(a, b),
            answer="yes" if difference > 0 else "no",
            options=("yes", "no"),
            words={"a": scene.the(a), "b": scene.the(b)},
            evidence=evidence_of(
                scene,
                "difference of the centroids along x",
                value=difference,
                unit="mm",
                margin=limit,
                formula="x(B) - x(A) > 0 means A is further left (RAS+)",
                structures=(a, b),
                points={a: first.centroid_mm, b: second.centroid_mm},
            ),
        )


@subtype(
    "L6",
    "mirrored-probe",
    "The same questions as L1 to L5 on the mirrored volume",
    needs="organs",
    answer_type="side",
    measurement="as L1 to L5, on volume and masks mirrored left to right in patient space",
    margin=Margin(
        dropped="as L1 to L5; names and ordinary anatomy give the right answer",
        kept="as L1 to L5",
    ),
    answers="as L1 to L5; linked to the original question by pair_id",
    wordings=("",),
)
def mirrored_probe(scene: Scene) -> Iterator[Candidate | Drop]:
    """Nothing of its own: the builder files L1 to L5 of a mirrored case under L6."""
    yield from nothing()
