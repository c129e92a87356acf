"""A1 to A3: holding organ, vertebral level, third of an organ."""

from __future__ import annotations

from collections.abc import Iterator

from medspatial.anatomy import describe, vertebra_order
from medspatial.questions.drop import Drop, drop
from medspatial.questions.margins import HOST_SHARE, Margin, at_least, at_most, fraction, percent
from medspatial.questions.options import OPTION_COUNT, window
from medspatial.questions.proof import evidence_of
from medspatial.questions.rules import keep_whole
from medspatial.questions.scene import LESION_NOTE, Scene
from medspatial.questions.spine import LEVEL_EDGE
from medspatial.questions.subtype import Candidate, subtype

THIRD_EDGE = 0.10
THIRD_SPAN = 0.5
KIDNEY_THIRDS = ("the midline outwards", ("its medial third", "its middle third", "its lateral third"))
"""Side to side of a kidney: medial and lateral, not left and right."""
THIRDS = (
    ("left to right", ("its left third", "its middle third", "its right third")),
    ("back to front", ("its back third", "its middle third", "its front third")),
    ("bottom to top", ("its lower third", "its middle third", "its upper third")),
)


@subtype(
    "A1",
    "holding-organ",
    "Lobe or organ that holds a lesion",
    needs="organs and lesions",
    answer_type="anatomy",
    measurement="share of each organ among the organ voxels under the lesion dilated by one voxel (26 "
    "neighbours)",
    margin=Margin(
        dropped=f"the top share is at most {HOST_SHARE:g}; not describable; under three organs to "
        "choose from",
        kept=f"over {HOST_SHARE:g}",
        limits={"HOST_SHARE": HOST_SHARE},
    ),
    answers="other lobes or organs that can hold it, same side first",
    wordings=(
        "In which of these structures does {a} lie?",
        "Which of the following holds {a}?",
        "Where is {a} located?",
        "Which of the listed structures contains {a}?",
    ),
)
def holding_organ(scene: Scene) -> Iterator[Candidate | Drop]:
    """Find the organ with the largest share."""
    for lesion in scene.lesions:
        words = scene.found.words(lesion, "size", generic=True)
        if words is None:
            yield drop("not_describable", lesion)
            continue
        possible = scene.found.possible_hosts(lesion)
        shares = scene.found.shares(lesion, possible)
        if not shares:
            yield drop("share", lesion, figure=0.0, limit=HOST_SHARE)
            continue
        ranked = sorted(shares, key=lambda organ: (-shares[organ], organ))
        if at_most(shares[ranked[0]], HOST_SHARE):
            yield drop("share", lesion, *ranked[:2], figure=shares[ranked[0]], limit=HOST_SHARE)
            continue
        options = _host_options(scene, ranked[0], lesion)
        if len(options) < 2:
            yield drop("too_few_options", lesion, figure=len(options), limit=2)
            continue
        yield Candidate(
            structures=(lesion, ranked[0]),
            answer=scene.title(ranked[0]),
            kind=scene.canonical(ranked[0]),
            options=tuple(scene.title(name) for name in options),
            words={"a": f"the {words}"},
            evidence=evidence_of(
                scene,
                "share of the organ among the organ voxels under and around the lesion",
                value=shares[ranked[0]],
                margin=HOST_SHARE,
                formula="organ voxels inside the lesion dilated by one voxel / those of all organs that "
                "can hold it",
                structures=(lesion, ranked[0]),
                points={lesion: scene.stats(lesion).centroid_mm},
                shares={name: share for name, share in shares.items() if share > 0},
            ),
        )


def _host_options(scene: Scene, host: str, lesion: str) -> list[str]:
    """Return all lobes for a lesion of the lungs; else the host and three organs of its region.

    The partner and the organs of the same side come first.
    """
    if describe(host).group == "lung lobe":
        hosts = scene.found.possible_hosts(lesion)
        return [host, *(n for n in hosts if n != host and describe(n).group == "lung lobe")]
    region, mine, partner = describe(host).region, describe(host).side, describe(host).partner

    def distance(name: str) -> tuple[bool, bool, bool]:
        known = describe(name)
        return name != partner, known.region != region, known.side not in (None, mine)

    others = [name for name in scene.found.trunk_organs if name != host]
    return [host, *sorted(scene.order(others, "A1"), key=distance)[: OPTION_COUNT - 1]]


@subtype(
    "A2",
    "vertebral-level",
    "Vertebral level of a structure's centre or pole",
    needs="organs",
    answer_type="anatomy",
    measurement="level of the axial plane through the point; borders half-way between vertebra centroids",
    margin=Margin(
        dropped=f"within {percent(LEVEL_EDGE)} of a vertebra height from a border; outside the chain "
        "of WHOLE vertebrae; chain broken; not WHOLE; upper or lower in the name",
        kept=f"more than {LEVEL_EDGE:g} of a vertebra height from the border to the next level",
        limits={"LEVEL_EDGE": LEVEL_EDGE},
    ),
    answers="four neighbouring levels, the true one at any place among them",
    wordings={
        "centre": (
            "At which vertebral level does the centre of {a} lie?",
            "The centre of {a} is at the height of which vertebra?",
            "Which vertebra is level with the centre of {a}?",
        ),
        "upper": (
            "At which vertebral level does the upper pole of {a} lie?",
            "Up to the height of which vertebra does {a} reach?",
            "Which vertebra is level with the top of {a}?",
        ),
        "lower": (
            "At which vertebral level does the lower pole of {a} lie?",
            "Down to the height of which vertebra does {a} reach?",
            "Which vertebra is level with the bottom of {a}?",
        ),
    },
)
def vertebral_level(scene: Scene) -> Iterator[Candidate | Drop]:
    """Find the level of the centre or a pole, chosen by hash."""
    names = [
        *scene.lesions,
        *scene.order((n for n in scene.organs if not scene.spinal(n) and not describe(n).scattered), "A2"),
    ]
    usable = yield from keep_whole(scene, names, "size")
    order = vertebra_order()
    for name in usable:
        if scene.tells_direction(2, name):
            yield drop("known_without_looking", name, note="a name tells the direction")
            continue
        stats = scene.stats(name)
        form = ("centre", "upper", "lower")[scene.draw("A2", name) % 3]
        if form != "centre" and describe(name).muscle:
            form = "centre"
        z = {"centre": stats.centroid_mm[2], "upper": stats.high_mm[2], "lower": stats.low_mm[2]}[form]
        level = scene.spine.level(float(z))
        if isinstance(level, Drop):
            yield level.model_copy(update={"structures": (name,)})
            continue
        places = window(len(order), OPTION_COUNT, level.index, scene.key, "A2", scene.canonical(name))
        yield Candidate(
            structures=(name,),
            answer=level.name,
            options=tuple(order[place].removeprefix("vertebrae_") for place in places),
            form=form,
            words={"a": scene.the(name, "size")},
            evidence=evidence_of(
                scene,
                f"vertebral level of the {form}",
                value=level.name,
                margin=level.edge_share,
                formula="nearest vertebra centroid in z",
                structures=(name,),
                points={form: (*stats.centroid_mm[:2], z)},
            ),
        )


@subtype(
    "A3",
    "third-of-organ",
    "Third of an organ in which a lesion lies",
    needs="organs and lesions",
    answer_type="choice",
    measurement="position of the lesion's centroid along the organ's extent",
    margin=Margin(
        dropped=f"within {percent(THIRD_EDGE)} of the extent from a tercile border; the lesion spans "
        f"{fraction(THIRD_SPAN)} of the extent or more; not WHOLE",
        kept=f"over {THIRD_EDGE:g} of the extent from a tercile border",
        limits={"THIRD_EDGE": THIRD_EDGE, "THIRD_SPAN": THIRD_SPAN},
    ),
    answers="the three thirds along one axis; medial to lateral in a kidney",
    wordings=(
        "Divide {b} into three equal parts from {axis}: where is the centre of {a}?",
        "{b_start} is divided into three equal parts from {axis}. In which one is {a} centred?",
        "Looking along {b} from {axis}, which of three equal parts holds the centre of {a}?",
    ),
    balanced=("0", "1", "2"),
)
def third_of_organ(scene: Scene) -> Iterator[Candidate | Drop]:
    """Place a lesion along one axis of its organ; all three axes are tried, in an order by hash."""
    usable = yield from keep_whole(scene, scene.lesions, "size")
    for lesion in usable:
        for organ in scene.hosts(lesion):
            if refusal := scene.not_whole(organ):
                yield refusal
                continue
            for axis in sorted(range(3), key=lambda axis: scene.draw("A3", lesion, str(axis))):
                yield _third(scene, lesion, organ, axis)


def _third(scene: Scene, lesion: str, organ: str, axis: int) -> Candidate | Drop:
    inner, outer = scene.stats(lesion), scene.stats(organ)
    extent = outer.extent_mm[axis]
    share = (inner.centroid_mm[axis] - outer.low_mm[axis]) / extent
    edge = min(abs(share - 1 / 3), abs(share - 2 / 3))
    if at_most(edge, THIRD_EDGE):
        return drop("class_edge", lesion, organ, figure=edge, limit=THIRD_EDGE)
    if at_least(inner.extent_mm[axis] / extent, THIRD_SPAN):
        return drop("class_edge", lesion, organ, figure=inner.extent_mm[axis] / extent, limit=THIRD_SPAN)
    place = int(share > 1 / 3) + int(share > 2 / 3)
    name, texts = THIRDS[axis]
    if axis == 0 and describe(organ).base == "kidney":
        name, texts = KIDNEY_THIRDS
        place = 2 - place if describe(organ).side == "left" else place
    the = scene.bare(organ)
    return Candidate(
        structures=(lesion, organ, "xyz"[axis]),
        answer=texts[place],
        kind=str(place),
        options=texts,
        words={"a": scene.the(lesion, "size"), "b": the, "b_start": the[:1].upper() + the[1:], "axis": name},
        note=LESION_NOTE,
        evidence=evidence_of(
            scene,
            "position of the lesion's centroid along the organ",
            value=share,
            unit="share of the extent",
            margin=edge,
            formula=f"(centroid - low edge) / extent along world {'xyz'[axis]}",
            structures=(lesion, organ),
            points={lesion: inner.centroid_mm, organ: outer.centroid_mm},
        ),
    )
