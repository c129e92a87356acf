"""M1 to M6: questions that compose several measurements."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import combinations

from medspatial.anatomy import describe
from medspatial.questions.drop import Drop, drop
from medspatial.questions.margins import (
    GAP_MM,
    OFFSET_MM,
    VOLUME_RATIO,
    VOLUME_RATIO_THIN,
    at_least,
    at_most,
    distance_gap,
    offset_limit,
    ratio_of,
)
from medspatial.questions.options import OPTION_COUNT, window
from medspatial.questions.rules import keep_describable, keep_whole, number
from medspatial.questions.scene import NEAR_MM, SIMILAR_RATIO, Scene
from medspatial.questions.subtype import Candidate, subtype

EQUAL_RATIO = 1.05
LARGER_RATIO = 1.15
BETWEEN_SHARE = 0.30
SECOND_SHARE = 0.15
HOST_SHARE = 0.8
MAX_TOUCHING = 20
FEWEST_OTHERS = 4
TRIPLES = 80
NEIGHBOURS = 14
SIDES = {"left": "right", "right": "left"}


@subtype(
    "M1",
    "pair-asymmetry",
    "Left-right asymmetry of a pair",
    needs="organs",
    answer_type="choice",
    measurement="ratio of the two volumes (each with its lesions)",
    drop_when="ratio from 1.05 to 1.15 (1.25 for thin structures); not WHOLE",
    answers="left larger / right larger / about equal",
    limits={"EQUAL_RATIO": EQUAL_RATIO, "LARGER_RATIO": LARGER_RATIO, "VOLUME_RATIO_THIN": VOLUME_RATIO_THIN},
    wordings=(
        "How do the volumes of the patient's {noun} on the two sides compare, including any lesion?",
        "Compare the patient's two {noun}: is there a difference in volume, lesions included?",
        "Is there an asymmetry in volume between the patient's two {noun}, counting lesions?",
    ),
    unit="ratio",
    balanced=("left", "right", "equal"),
    mirror_kinds=SIDES,
)
def pair_asymmetry(scene: Scene) -> Iterator[Candidate | Drop]:
    """Compare both organs of a pair."""
    texts = {
        "left": "the left one is larger",
        "right": "the right one is larger",
        "equal": "they are about equal",
    }
    lefts = [n for n in scene.organs if describe(n).side == "left" and describe(n).partner in scene.organs]
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
            evidence=scene.evidence(
                "ratio of the two volumes",
                value=ratio,
                unit="ratio",
                margin=EQUAL_RATIO if equal else larger_from,
                margin_rule="equal under 1.05; larger over 1.15 (1.25 for thin structures)",
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
    drop_when="any two neighbours in the order inside their margin: height max(10 mm, 25 % of the smaller z extent), "
    "volume as V1, distance as D1; not WHOLE",
    answers="four neighbouring permutations on the circle of single swaps",
    limits={"OFFSET_MM": OFFSET_MM, "VOLUME_RATIO": VOLUME_RATIO, "GAP_MM": GAP_MM},
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
            "Which list gives these structures from the nearest to the farthest from {x}, surface to surface?",
            "Sort by the gap to {x}, smallest gap first: which order is right?",
            "By increasing surface distance from {x}, in which order do these structures come?",
        ),
    },
)
def order_of_three(scene: Scene) -> Iterator[Candidate | Drop]:
    """Sort three structures; the quantity is chosen by hash."""
    usable = yield from keep_whole(scene, scene.order(scene.organs, "M2"))
    usable = scene.organs_first([name for name in usable if not scene.spinal(name)], NEIGHBOURS // 2)
    for three in _triples(scene, usable):
        form = ("height", "volume", "distance")[scene.draw("M2", *sorted(three, key=scene.canonical)) % 3]
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
            if refusal := scene.overlapping(anchor, name) or scene.near_cut(anchor, name):
                yield refusal
                return
    values, close = _quantity(scene, form, three, anchor)
    ranked = sorted(three, key=lambda name: values[name], reverse=form != "distance")
    for a, b in zip(ranked, ranked[1:], strict=False):
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
        form=form,
        words={"x": scene.the(anchor)} if anchor else {},
        evidence=scene.evidence(
            {
                "height": "z of the centroids",
                "volume": "volumes",
                "distance": f"surface distance to {anchor}",
            }[form],
            value=" > ".join(f"{values[name]:.1f}" for name in ranked),
            unit="ml" if form == "volume" else "mm",
            margin_rule="neighbours in the order differ by more than their margin",
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


def _quantity(
    scene: Scene, form: str, names: tuple[str, ...], anchor: str
) -> tuple[dict[str, float], Callable[[str, str], Drop | None]]:
    """Return the figures of one quantity, and the margin test of two neighbours in the order."""
    if form == "volume":
        values = {name: scene.stats(name).volume_ml for name in names}
    elif form == "height":
        values = {name: float(scene.stats(name).centroid_mm[2]) for name in names}
    else:
        values = {name: scene.distance(anchor, name).mm for name in names}

    def close(a: str, b: str) -> Drop | None:
        if form == "volume":
            ratio, limit = ratio_of(values[a], values[b]), scene.ratio_limit(a, b)
            return drop("volume_ratio", a, b, figure=ratio, limit=limit) if at_most(ratio, limit) else None
        gap = abs(values[a] - values[b])
        if form == "height":
            limit = offset_limit(scene.stats(a).extent_mm[2], scene.stats(b).extent_mm[2])
            return drop("offset", a, b, figure=gap, limit=limit, unit="mm") if at_most(gap, limit) else None
        limit = distance_gap(min(values[a], values[b]), scene.vmax)
        return drop("distance_gap", a, b, figure=gap, limit=limit, unit="mm") if at_most(gap, limit) else None

    return values, close


@subtype(
    "M3",
    "between",
    "Organ that lies between A and B",
    needs="organs",
    answer_type="anatomy",
    measurement="share of the segment between the centroids, outside A and B, that crosses each organ",
    drop_when="no organ over 30 %, or two over 15 %; not WHOLE; overlapping masks",
    answers="the answer and organs near A or B",
    limits={"BETWEEN_SHARE": BETWEEN_SHARE, "SECOND_SHARE": SECOND_SHARE},
    wordings=(
        "Which of these structures lies on the straight line between the centres of {a} and {b}?",
        "A straight line from the centre of {a} to the centre of {b} runs mainly through which structure?",
        "Which of the listed structures lies between {a} and {b}?",
    ),
)
def between(scene: Scene) -> Iterator[Candidate | Drop]:
    """Walk along the segment between two centroids."""
    usable = yield from keep_whole(scene, scene.order(scene.organs, "M3"))
    for a, b in scene.pairs(usable, "M3"):
        if refusal := scene.overlapping(a, b):
            yield refusal
            continue
        shares = scene.between(a, b)
        ranked = sorted(shares, key=lambda name: (-shares[name], name))
        top = shares[ranked[0]] if ranked else 0.0
        second = shares[ranked[1]] if len(ranked) > 1 else 0.0
        if at_most(top, BETWEEN_SHARE):
            yield drop("several_between", a, b, figure=top, limit=BETWEEN_SHARE)
            continue
        if not at_most(second, SECOND_SHARE):
            yield drop("several_between", a, b, figure=second, limit=SECOND_SHARE)
            continue
        if not scene.not_overlapped(ranked[0], a, b):
            yield drop("overlap", ranked[0], a, b)
            continue
        options = [ranked[0], *_near_either(scene, a, b, ranked)]
        if len(options) < OPTION_COUNT:
            yield drop("too_few_options", a, b, figure=len(options), limit=OPTION_COUNT)
            continue
        yield Candidate(
            structures=(a, b),
            answer=scene.title(ranked[0]),
            kind=scene.canonical(ranked[0]),
            options=tuple(scene.title(name) for name in options),
            words={"a": scene.the(a), "b": scene.the(b)},
            evidence=scene.evidence(
                "share of the segment between the centroids",
                value=top,
                margin=BETWEEN_SHARE,
                margin_rule="one organ over 0.3, no other over 0.15",
                formula="length inside the organ / length outside A and B",
                structures=(a, b, ranked[0]),
                points={name: scene.stats(name).centroid_mm for name in (a, b)},
                second_share=second,
            ),
        )


def _near_either(scene: Scene, a: str, b: str, crossed: list[str]) -> list[str]:
    """Return three organs near A or B that the segment does not cross, in an order by hash."""
    others = [
        n
        for n in scene.organs
        if n not in (a, b, *crossed) and describe(n).group == describe(crossed[0]).group
    ]
    others += [n for n in scene.organs if n not in (a, b, *crossed, *others)]
    close = [n for n in others if min(scene.box_gap(n, a), scene.box_gap(n, b)) <= NEAR_MM]
    tier_first = scene.order(close, "M3", a, b)
    return tier_first[: OPTION_COUNT - 1]


@subtype(
    "M4",
    "count-touching",
    "Number of organs that touch X",
    needs="organs",
    answer_type="number",
    measurement="shared voxel faces with every other organ (no bones, muscles or vessels)",
    drop_when="any contact in D4's unsure band; overlapping masks",
    answers="whole number",
    wordings=(
        "How many of these structures touch {a}: {list}?",
        "Count how many of the following are in direct contact with {a}: {list}.",
        "{a_start} may touch {list}. How many of them does it touch here?",
    ),
    unit="organs",
)
def count_touching(scene: Scene) -> Iterator[Candidate | Drop]:
    """Count sure contacts; one unsure contact drops X."""
    organs = [n for n in scene.organs if not (describe(n).bone or describe(n).muscle or describe(n).vessel)]
    if len(organs) <= FEWEST_OTHERS:
        yield drop("too_few_options", *organs, figure=len(organs) - 1, limit=FEWEST_OTHERS)
        return
    for a in scene.order(organs, "M4"):
        touching, refusal = [], None
        others = [n for n in organs if n != a and not scene.contains(a, n)]
        for b in others:
            verdict = scene.touch_verdict(a, b)
            if isinstance(verdict, Drop):
                refusal = verdict
                break
            if verdict.touch:
                touching.append(b)
        if refusal:
            yield refusal.model_copy(update={"structures": (a, *(n for n in refusal.structures if n != a))})
            continue
        the = scene.the(a)
        yield number(
            scene,
            (a,),
            float(len(touching)),
            "organs",
            (),
            tolerance=0.0,
            whole_range=(0, MAX_TOUCHING),
            words={
                "a": the,
                "a_start": the[:1].upper() + the[1:],
                "list": ", ".join(scene.title(n) for n in scene.order(others, "M4 list", a)),
            },
            evidence=scene.evidence(
                "organs in contact",
                value=float(len(touching)),
                unit="organs",
                margin_rule="every contact sure: 10 shared faces, or over max(2 vmax, 6 mm) apart",
                formula="pairs of face neighbours, one voxel in each",
                structures=(a, *touching),
                points={a: scene.stats(a).centroid_mm},
            ),
        )


@subtype(
    "M5",
    "lesion-host-comparison",
    "Which of two lesions lies in the larger or the higher organ",
    needs="organs and lesions",
    answer_type="choice",
    measurement="organ that holds each lesion (A1), then their volumes (V1) or the heights of their centroids",
    drop_when="either share at most 0.8; the organs inside the margin of V1, or max(10 mm, 25 % of the smaller z "
    "extent) apart in height; not WHOLE; not describable",
    answers="the two lesions",
    limits={"HOST_SHARE": HOST_SHARE, "VOLUME_RATIO": VOLUME_RATIO, "OFFSET_MM": OFFSET_MM},
    wordings={
        "volume": (
            "Which of these two lesions lies in the larger organ or lobe?",
            "Compare the organs or lobes that hold the two lesions: which lesion lies in the one of larger volume?",
            "Of these two lesions, which one is inside the organ or lobe that takes up more space?",
        ),
        "height": (
            "Which of these two lesions lies in the organ or lobe whose centre is nearer to the head?",
            "Compare the organs or lobes that hold the two lesions: which lesion lies in the more superior one?",
            "Of these two lesions, which one is inside the organ or lobe centred further up in the body?",
        ),
    },
)
def lesion_host_comparison(scene: Scene) -> Iterator[Candidate | Drop]:
    """Compare the organs that hold two lesions."""
    usable = yield from keep_describable(scene, scene.lesions)
    hosts: dict[str, str] = {}
    for lesion in usable:
        for host in scene.hosts(lesion):
            share = scene.found.shares(lesion, scene.found.possible_hosts(lesion))[host]
            if at_most(share, HOST_SHARE):
                yield drop("share", lesion, host, figure=share, limit=HOST_SHARE)
            elif refusal := scene.not_whole(host):
                yield refusal
            else:
                hosts[lesion] = host
    for first, second in scene.pairs(list(hosts), "M5"):
        if hosts[first] == hosts[second]:
            continue
        form = ("volume", "height")[scene.draw("M5", *sorted((first, second), key=scene.canonical)) % 2]
        values, close = _quantity(scene, form, (hosts[first], hosts[second]), "")
        if refusal := close(hosts[first], hosts[second]):
            yield refusal
            continue
        answer = max((first, second), key=lambda lesion: values[hosts[lesion]])
        yield Candidate(
            structures=(first, second, form),
            answer=scene.title(answer),
            kind=answer,
            options=(scene.title(first), scene.title(second)),
            form=form,
            evidence=scene.evidence(
                "volumes of the holding organs" if form == "volume" else "z of the holding organs' centroids",
                value=values[hosts[answer]],
                unit="ml" if form == "volume" else "mm",
                margin_rule="volumes as V1; heights over max(10 mm, 25 % of the smaller z extent) apart",
                formula="the larger figure",
                structures=(first, second, hosts[first], hosts[second]),
                points={lesion: scene.stats(lesion).centroid_mm for lesion in (first, second)},
                figures={hosts[lesion]: values[hosts[lesion]] for lesion in (first, second)},
            ),
        )


@subtype(
    "M6",
    "pair-sum",
    "Whether a pair together is larger than organ X",
    needs="organs",
    answer_type="yes_no",
    measurement="sum of both volumes of a pair against the volume of X",
    drop_when="ratio at most 1.10 (1.25 for thin structures); not WHOLE",
    answers="yes / no",
    limits={"VOLUME_RATIO": VOLUME_RATIO, "VOLUME_RATIO_THIN": VOLUME_RATIO_THIN},
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
            evidence=scene.evidence(
                "sum of the pair's volumes against the third",
                value=ratio,
                unit="ratio",
                margin=limit,
                margin_rule="over 1.10; over 1.25 for thin structures",
                formula="larger of (left + right, X) / the smaller",
                structures=(left, right, x),
                points={name: scene.stats(name).centroid_mm for name in (left, right, x)},
                sum_ml=both,
                other_ml=other,
            ),
        )
