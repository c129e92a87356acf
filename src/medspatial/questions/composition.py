"""M3 to M5: what lies between, contacts counted, lesions compared by the organs that hold them."""

from __future__ import annotations

from collections.abc import Iterator

from medspatial.anatomy import describe
from medspatial.geometry.traits import LARGEST_SHARE
from medspatial.questions.contact import overlapping, touch_verdict
from medspatial.questions.drop import Drop, drop
from medspatial.questions.lesions import kind_of
from medspatial.questions.margins import (
    HOST_SHARE,
    OFFSET,
    OFFSET_MM,
    SURE_CONTACT_FACES,
    SURE_DISTANCE,
    VOLUME_RATIO,
    Margin,
    at_least,
    at_most,
    percent,
)
from medspatial.questions.options import OPTION_COUNT
from medspatial.questions.proof import evidence_of
from medspatial.questions.rules import keep_connected, keep_describable, keep_whole, number, quantity
from medspatial.questions.scene import Scene
from medspatial.questions.subtype import Candidate, subtype

BETWEEN_SHARE = 0.30
SECOND_SHARE = 0.15
MAX_TOUCHING = 20
FEWEST_OTHERS = 4


@subtype(
    "M3",
    "between",
    "Organ that lies between A and B",
    needs="organs",
    answer_type="anatomy",
    measurement="share of the segment between the centroids, outside A and B, that crosses each organ",
    margin=Margin(
        dropped=f"no organ over {percent(BETWEEN_SHARE)}, or a second of {percent(SECOND_SHARE)} or "
        "more; not WHOLE; overlapping masks; two vertebrae; the spinal canal below L2",
        kept=f"one organ over {BETWEEN_SHARE:g}, no other from {SECOND_SHARE:g} on",
        limits={"BETWEEN_SHARE": BETWEEN_SHARE, "SECOND_SHARE": SECOND_SHARE},
    ),
    answers="the answer and organs near A or B",
    wordings=(
        "Which of these structures lies on the straight line between the centres of {a} and {b}?",
        "A straight line from the centre of {a} to the centre of {b} runs mainly through which structure?",
        "Which of the listed structures lies between the centres of {a} and {b}, on a straight line?",
    ),
)
def between(scene: Scene) -> Iterator[Candidate | Drop]:
    """Walk along the segment between two centroids."""
    usable = yield from keep_whole(scene, scene.order(scene.centred, "M3"))
    for a, b in scene.pairs(usable, "M3"):
        if all(one.startswith("vertebrae_") for one in (a, b)):
            continue
        if refusal := overlapping(scene, a, b):
            yield refusal
            continue
        shares = scene.between(a, b)
        ranked = sorted(shares, key=lambda name: (-shares[name], name))
        top = shares[ranked[0]] if ranked else 0.0
        second = shares[ranked[1]] if len(ranked) > 1 else 0.0
        if at_most(top, BETWEEN_SHARE):
            yield drop("several_between", a, b, figure=top, limit=BETWEEN_SHARE)
            continue
        if at_least(second, SECOND_SHARE):
            yield drop("several_between", a, b, figure=second, limit=SECOND_SHARE)
            continue
        refusals = [overlapping(scene, ranked[0], end) for end in (a, b)]
        if any(refusals):
            yield from (refusal for refusal in refusals if refusal)
            continue
        if not scene.offered(ranked[:1], a, b):
            yield drop("not_describable", a, b, ranked[0], note="the spinal canal is no choice below L2")
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
            note=scene.note(*options),
            evidence=evidence_of(
                scene,
                "share of the segment between the centroids",
                value=top,
                margin=BETWEEN_SHARE,
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
    others = scene.offered(others, a, b)
    close = set(scene.near(a, others)) | set(scene.near(b, others))
    tier_first = scene.order(close, "M3", a, b)
    return tier_first[: OPTION_COUNT - 1]


@subtype(
    "M4",
    "count-touching",
    "Number of organs that touch X",
    needs="organs",
    answer_type="number",
    measurement="shared voxel faces with every other organ (no bones, muscles or vessels)",
    margin=Margin(
        dropped="any contact unsure as in D4; overlapping masks; an organ whose largest component is "
        f"under {percent(LARGEST_SHARE)} is neither asked about nor counted",
        kept=f"every contact sure: {SURE_CONTACT_FACES} shared faces, or over {SURE_DISTANCE} apart",
    ),
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
    organs = yield from keep_connected(scene, organs)
    if len(organs) <= FEWEST_OTHERS:
        yield drop("too_few_options", *organs, figure=len(organs) - 1, limit=FEWEST_OTHERS)
        return
    for a in scene.order(organs, "M4"):
        touching, refusal = [], None
        others = scene.offered([n for n in organs if n != a and not scene.contains(a, n)], a)
        for b in others:
            verdict = touch_verdict(scene, a, b)
            if isinstance(verdict, Drop):
                refusal = verdict
                break
            if verdict.touch:
                touching.append(b)
        if refusal:
            yield refusal.model_copy(update={"structures": (a, *(n for n in refusal.structures if n != a))})
            continue
        the, listed = scene.the(a), _listed(scene, a, others)
        titles = [scene.bare(name) for name in listed]
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
                "list": f"{', '.join(titles[:-1])} and {titles[-1]}",
            },
            note=scene.note(*listed),
            evidence=evidence_of(
                scene,
                "organs in contact",
                value=float(len(touching)),
                unit="organs",
                formula="pairs of face neighbours, one voxel in each",
                structures=(a, *touching),
                points={a: scene.stats(a).centroid_mm},
            ),
        )


def _listed(scene: Scene, a: str, others: list[str]) -> list[str]:
    """Return the organs to name: those near X and, if they are few, some more, in an order by hash."""
    near = set(scene.near(a, others))
    ranked = sorted(scene.order(others, "M4", a), key=lambda name: name not in near)
    return scene.order(ranked[: max(len(near), FEWEST_OTHERS)], "M4 list", a)


@subtype(
    "M5",
    "lesion-host-comparison",
    "Which of two lesions lies in the larger or the higher organ",
    needs="organs and lesions",
    answer_type="choice",
    measurement="organ that holds each lesion (A1), then their volumes (V1) or the heights of their "
    "centroids",
    margin=Margin(
        dropped=f"either share at most {HOST_SHARE:g}; the organs inside the margin of V1, or "
        f"{OFFSET.words('the smaller z extent')} apart in height; not WHOLE; not describable; "
        "lesions of different kinds (their names tell the organs)",
        kept=f"volumes as V1; heights over {OFFSET.words('the smaller z extent')} apart",
        limits={"HOST_SHARE": HOST_SHARE, "VOLUME_RATIO": VOLUME_RATIO, "OFFSET_MM": OFFSET_MM},
    ),
    answers="the two lesions",
    wordings={
        "volume": (
            "Which of these two lesions lies in the larger organ or lobe?",
            "Compare the organs or lobes that hold the two lesions: which lesion lies in the one of "
            "larger volume?",
            "Of these two lesions, which one is inside the organ or lobe that takes up more space?",
        ),
        "height": (
            "Which of these two lesions lies in the organ or lobe whose centre is nearer to the head?",
            "Compare the organs or lobes that hold the two lesions: which lesion lies in the more "
            "superior one?",
            "Of these two lesions, which one is inside the organ or lobe centred further up in the body?",
        ),
    },
)
def lesion_host_comparison(scene: Scene) -> Iterator[Candidate | Drop]:
    """Compare the organs that hold two lesions."""
    usable = yield from keep_describable(scene, scene.lesions, "size")
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
        if kind_of(first) != kind_of(second):
            yield drop("known_without_looking", first, second, note="the kinds of lesion tell their organs")
            continue
        form = ("volume", "height")[scene.draw("M5", *sorted((first, second), key=scene.canonical)) % 2]
        values, close = quantity(scene, form, (hosts[first], hosts[second]), "")
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
            evidence=evidence_of(
                scene,
                "volumes of the holding organs" if form == "volume" else "z of the holding organs' centroids",
                value=values[hosts[answer]],
                unit="ml" if form == "volume" else "mm",
                formula="the larger figure",
                structures=(first, second, hosts[first], hosts[second]),
                points={lesion: scene.stats(lesion).centroid_mm for lesion in (first, second)},
                figures={hosts[lesion]: values[hosts[lesion]] for lesion in (first, second)},
            ),
        )
