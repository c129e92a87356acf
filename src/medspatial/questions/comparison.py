"""M1, M2, M6: comparison of pairs and the order of three structures."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations, pairwise

from medspatial.anatomy import OTHER_SIDE, describe
from medspatial.questions.contact import near_cut, overlapping
from medspatial.questions.drop import Drop, drop
from medspatial.questions.margins import (
    GAP_MM,
    OFFSET,
    OFFSET_MM,
    VOLUME_RATIO,
    VOLUME_RATIO_THIN,
    Margin,
    at_least,
    at_most,
    ratio_of,
)
from medspatial.questions.options import OPTION_COUNT, window
from medspatial.questions.proof import evidence_of
from medspatial.questions.rules import keep_whole, quantity
from medspatial.questions.scene import SIMILAR_RATIO, Scene
from medspatial.questions.subtype import Candidate, subtype

EQUAL_RATIO = 1.05
LARGER_RATIO = 1.15
TRIPLES = 80
NEIGHBOURS = 14


@subtype(
    "M1",
    "pair-asymmetry",
    "Left-right asymmetry of a pair",
    needs="organs",
    answer_type="choice",
    measurement="ratio of the two volumes (each with its lesions)",
    margin=Margin(
        dropped=f"ratio from {EQUAL_RATIO:.2f} to {LARGER_RATIO:.2f} ({VOLUME_RATIO_THIN:.2f} for "
        "thin structures); not WHOLE",
        kept=f"equal under {EQUAL_RATIO:.2f}; larger over {LARGER_RATIO:.2f} "
        f"({VOLUME_RATIO_THIN:.2f} for thin structures)",
        limits={
            "EQUAL_RATIO": EQUAL_RATIO,
            "LARGER_RATIO": LARGER_RATIO,
            "VOLUME_RATIO_THIN": VOLUME_RATIO_THIN,
        },
    ),
    answers="left larger / right larger / about equal",
    wordings=(
        "How do the volumes of the patient's two {noun} compare?",
        "Compare the patient's two {noun}: is one of them larger by volume?",
        "Is there an asymmetry in volume between the patient's left and right {noun}?",
    ),
    unit="ratio",
    balanced=("left", "right", "equal"),
    mirror_kinds=OTHER_SIDE,
)
def pair_asymmetry(scene: Scene) -> Iterator[Candidate | Drop]:
    """Compare both organs of a pair."""
    texts = {
        "left": "the left one is larger",
        "right": "the right one is larger",
        "equal": "they are about equal",
    }
    lefts = [n for n in scene.centred if describe(n).side == "left" and describe(n).partner in scene.organs]
    for left in scene.order(lefts, "M1"):
        right = str(describe(left).partner)
        refusals = [refusal for refusal in (scene.not_whole(left), scene.not_whole(right)) if refusal]
        if refusals:
            yield from refusals
            continue
        volumes = {name: scene.stats(name).volume_ml for name in (left, right)}
        ratio = ratio_of(*volumes.values())
        larger_from = max(LARGER_RATIO, VOLUME_RATIO_THIN if scene.thin(left) else LARGER_RATIO)
        if at_least(ratio, EQUAL_RATIO) and at_most(ratio, larger_from):
            yield drop("symmetry_band", left, right, figure=ratio, limit=larger_from)
            continue
        equal = not at_least(ratio, EQUAL_RATIO)
        kind = "equal" if equal else ("left" if volumes[left] > volumes[right] else "right")
        yield Candidate(
            structures=(left, right),
            answer=texts[kind],
            kind=kind,
            options=tuple(texts.values()),
            words={"noun": scene.pair_noun(left)},
            note=scene.note(left, right),
            evidence=evidence_of(
                scene,
                "ratio of the two volumes",
                value=ratio,
                unit="ratio",
                margin=EQUAL_RATIO if equal else larger_from,
                formula="larger volume / smaller volume",
                structures=(left, right),
                points={name: scene.stats(name).centroid_mm for name in (left, right)},
                volumes_ml=volumes,
            ),
        )


@subtype(
    "M2",
    "order-of-three",
    "Order of three structures",
    needs="organs",
    answer_type="choice",
    measurement="height of the centroids, volume, or surface distance to X",
    margin=Margin(
        dropped="any two neighbours in the order inside their margin: height "
        f"{OFFSET.words('the smaller z extent')}, volume as V1, distance as D1; not WHOLE; by "
        "height: upper or lower in a name",
        kept="neighbours in the order differ by more than their margin",
        limits={"OFFSET_MM": OFFSET_MM, "VOLUME_RATIO": VOLUME_RATIO, "GAP_MM": GAP_MM},
    ),
    answers="four neighbouring permutations on the circle of single swaps",
    wordings={
        "height": (
            "Which list gives these structures from the highest to the lowest centre in the body?",
            "Sort by the height of their centres, head side first: which order is right?",
            "Going down from the head, in which order does one meet the centres of these structures?",
        ),
        "volume": (
            "Which list gives these structures from the largest to the smallest volume?",
            "Sort by volume, largest first: which order is right?",
            "By decreasing volume, in which order do these structures come?",
        ),
        "distance": (
            "Which list gives these structures from the nearest to the farthest from {x}, surface to "
            "surface?",
            "Sort by the gap to {x}, smallest gap first: which order is right?",
            "By increasing surface distance from {x}, in which order do these structures come?",
        ),
    },
)
def order_of_three(scene: Scene) -> Iterator[Candidate | Drop]:
    """Sort three structures; the quantity is chosen by hash."""
    usable = yield from keep_whole(scene, scene.order(scene.organs, "M2"))
    clear = set(scene.centred)
    usable = [name for name in usable if name in clear and not scene.spinal(name)]
    usable = scene.organs_first(usable, NEIGHBOURS // 2)
    for three in _triples(scene, usable):
        form = ("height", "volume", "distance")[scene.draw("M2", *sorted(three, key=scene.canonical)) % 3]
        if form == "height" and scene.tells_direction(2, *three):
            yield drop("known_without_looking", *three, note="a name tells the direction")
            continue
        yield from _ordered(scene, three, form, usable)


def _triples(scene: Scene, names: list[str]) -> list[tuple[str, ...]]:
    """Return sets of three of the first structures, in an order by hash."""
    triples: list[tuple[str, ...]] = list(combinations(sorted(names[:NEIGHBOURS], key=scene.canonical), 3))
    return sorted(triples, key=lambda three: scene.draw("M2 order", *three))[:TRIPLES]


def _ordered(scene: Scene, three: tuple[str, ...], form: str, names: list[str]) -> Iterator[Candidate | Drop]:
    anchor = ""
    if form == "distance":
        others = [name for name in scene.order(names, "M2 anchor", *three) if name not in three]
        if not others:
            return
        anchor = others[0]
        for name in three:
            if refusal := overlapping(scene, anchor, name) or near_cut(scene, anchor, name):
                yield refusal
                return
    values, close = quantity(scene, form, three, anchor)
    ranked = sorted(three, key=lambda name: values[name], reverse=form != "distance")
    for a, b in pairwise(ranked):
        if refusal := close(a, b):
            yield refusal
            return
    orders = _circle(ranked)
    places = window(len(orders), OPTION_COUNT, 2, scene.key, "M2", *(scene.canonical(n) for n in three))
    options = tuple(" – ".join(scene.title(name) for name in orders[place]) for place in places)
    names_used = (*ranked, anchor) if anchor else tuple(ranked)
    yield Candidate(
        structures=(*sorted(three), *((anchor,) if anchor else ()), form),
        answer=" – ".join(scene.title(name) for name in ranked),
        kind="".join(str(sorted(ranked).index(name)) for name in ranked),
        options=options,
        note=scene.note(*three),
        form=form,
        words={"x": scene.the(anchor)} if anchor else {},
        evidence=evidence_of(
            scene,
            {
                "height": "z of the centroids",
                "volume": "volumes",
                "distance": f"surface distance to {anchor}",
            }[form],
            value=" > ".join(f"{values[name]:.1f}" for name in ranked),
            unit="ml" if form == "volume" else "mm",
            formula="sorted by the figure",
            structures=names_used,
            points={name: scene.stats(name).centroid_mm for name in names_used},
            figures={name: values[name] for name in ranked},
        ),
    )


def _circle(ranked: list[str]) -> list[tuple[str, ...]]:
    """Return the six orders as a line along the circle of single swaps, the true one at place 2 of 0 to 4."""
    a, b, c = ranked
    return [(c, a, b), (a, c, b), (a, b, c), (b, a, c), (b, c, a)]


@subtype(
    "M6",
    "pair-sum",
    "Whether a pair together is larger than organ X",
    needs="organs",
    answer_type="yes_no",
    measurement="sum of both volumes of a pair against the volume of X",
    margin=Margin(
        dropped=f"ratio at most {VOLUME_RATIO:.2f} ({VOLUME_RATIO_THIN:.2f} for thin structures); not WHOLE",
        kept=f"over {VOLUME_RATIO:.2f}; over {VOLUME_RATIO_THIN:.2f} for thin structures",
        limits={"VOLUME_RATIO": VOLUME_RATIO, "VOLUME_RATIO_THIN": VOLUME_RATIO_THIN},
    ),
    answers="yes / no",
    wordings=(
        "Do the patient's two {noun} together have a larger volume than {a}?",
        "Taken together, are the patient's two {noun} larger by volume than {a}?",
        "Is the sum of the volumes of the patient's two {noun} larger than the volume of {a}?",
    ),
    unit="ratio",
    balanced=("yes", "no"),
)
def pair_sum(scene: Scene) -> Iterator[Candidate | Drop]:
    """Compare the sum of a pair with a third organ; close volumes first."""
    usable = yield from keep_whole(scene, scene.order(scene.organs, "M6"))
    usable = scene.organs_first(usable, 4)
    lefts = [n for n in usable if describe(n).side == "left" and describe(n).partner in usable]
    trials = []
    for left in lefts:
        both = scene.stats(left).volume_ml + scene.stats(str(describe(left).partner)).volume_ml
        for x in usable:
            if x not in (left, describe(left).partner):
                ratio = ratio_of(both, scene.stats(x).volume_ml)
                trials.append((ratio > SIMILAR_RATIO, scene.draw("M6", left, x), left, x, both))
    for _, _, left, x, both in sorted(trials):
        right, other = str(describe(left).partner), scene.stats(x).volume_ml
        ratio, limit = ratio_of(both, other), scene.ratio_limit(left, right, x)
        if at_most(ratio, limit):
            yield drop("volume_ratio", left, right, x, figure=ratio, limit=limit)
            continue
        yield Candidate(
            structures=(left, right, x),
            answer="yes" if both > other else "no",
            options=("yes", "no"),
            words={"noun": scene.pair_noun(left), "a": scene.the(x)},
            note=scene.note(left, right),
            evidence=evidence_of(
                scene,
                "sum of the pair's volumes against the third",
                value=ratio,
                unit="ratio",
                margin=limit,
                formula="larger of (left + right, X) / the smaller",
                structures=(left, right, x),
                points={name: scene.stats(name).centroid_mm for name in (left, right, x)},
                sum_ml=both,
                other_ml=other,
            ),
        )
