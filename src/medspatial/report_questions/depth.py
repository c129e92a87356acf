"""Questions of depth: near the pleura or the hilum, against the outer pleura or on a fissure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from medspatial.report_questions.facts import Fact, Unasked, about
from medspatial.report_questions.places import Unit
from medspatial.report_questions.statements import Statement
from medspatial.report_questions.topics import Single, Topic

PLACED_BY_NAME = frozenset(
    {"peribronchial_thickening", "septal_thickening", "striation", "pleural_plaque", "pleural_thickening",
     "pleural_effusion", "pneumothorax", "mosaic", "bronchiectasis", "tree_in_bud"}
)  # fmt: skip
"""Kinds whose name gives away how near the pleura they lie, or that are spread too widely to ask."""
OUTER, CENTRAL = "in the outer part, near the pleura", "in the central part, near the hilum"
ALL_THROUGH = "both near the pleura and near the hilum"
PLEURA, FISSURE = "the outer pleura", "an interlobar fissure"
_NEAR = {"pleura": OUTER, "periphery": OUTER, "center": CENTRAL, "central": CENTRAL}
_TOPS = frozenset({"apex", "apices", "apexes", "apical", "apicals"})
_ZONE = r"(?:peripher\w*|subpleural\w*|central\w*|perihilar\w*)"
_MOSTLY = re.compile(
    rf"\b(?:more|most|mostly|mainly|especially|particularly|predomina\w*|usually)\W+(?:\w+\W+){{0,4}}?{_ZONE}|"
    rf"\b(?:tend\w*|tendency)\W+(?:to\W+)?(?:merge|coalesce)\W+(?:\w+\W+){{0,3}}?{_ZONE}|"
    rf"\b{_ZONE}\W+(?:\w+\W+){{0,2}}?(?:weight\w*|predomina\w*|dominan\w*|diffuse\w*|scattered)",
    re.IGNORECASE,
)
"""Where most of it lies near the pleura, some may lie elsewhere."""
_WEAKLY = re.compile(rf"\b(?:mild|slight)ly {_ZONE}", re.IGNORECASE)
_THERE_TOO = {
    OUTER: re.compile(r"\b(?:central(?:ly)?\b|perihilar|parahilar)", re.IGNORECASE),
    CENTRAL: re.compile(r"\b(?:peripher|subpleural)", re.IGNORECASE),
}
"""``Peripheral ones, most prominently central-peripheral ones at the base`` are not all in the outer part."""
_OF_ANOTHER = re.compile(rf"\baccompan\w+ (?:by|with) (?:\w+ )?{_ZONE}|\bfissur", re.IGNORECASE)
"""``Peripheral`` is then said of the finding that is accompanied; a fissure reaches the hilum."""


def depth_of_kind(topic: Topic) -> Iterator[Fact | Unasked]:
    """Ask whether a kind of finding lies near the pleura, near the hilum, or both."""
    if topic.region != "lung" or topic.contradicted or not topic.finding.asked:
        return
    if topic.finding.name in PLACED_BY_NAME:
        return
    with_zone = [(one, _depths(one.units)) for one in topic.read if _depths(one.units)]
    if not with_zone:
        return
    everything = {depth for _, found in with_zone for depth in found}
    unread = [one for one in topic.others if one.finding.name == topic.finding.name]
    some = any(not _all_deep(one) for one in topic.read if not _coarse(one)) or any(map(_elsewhere, unread))
    if some or _like_of_unknown_depth(topic):
        yield Unasked("ambiguous", topic.key, "some of them, not all")
        return
    zoned = frozenset[str]().union(*(one.sides for one, _ in with_zone))
    coarse = [one for one in topic.read if one.units and _coarse(one)]
    single = not any(one.plural for one, _ in with_zone)
    several = [one for one in unread if one.plural and not one.sides <= zoned]
    if several or any((single and topic.plural) or not one.sides <= zoned for one in coarse):
        yield Unasked("ambiguous", topic.key, "some of them, not all")
        return
    loose = any(
        _NEAR[word] not in everything
        for one in topic.others
        for unit in one.units
        for word in (*unit.parts, *unit.zones)
        if word in _NEAR
    )
    split = len(everything) > 1 and not any(found == everything for _, found in with_zone)
    answer = ALL_THROUGH if len(everything) > 1 else next(iter(everything))
    of_another = any(_OF_ANOTHER.search(one.text) for one, _ in with_zone)
    there_too = answer in _THERE_TOO and any(_THERE_TOO[answer].search(one.text) for one, _ in with_zone)
    at_a_top = any(_TOPS & set(unit.parts) for one, _ in with_zone for unit in one.units)
    weakly = any(_WEAKLY.search(one.text) for one, _ in with_zone)
    if loose or split or of_another or there_too or at_a_top or weakly:
        yield Unasked("unclear_mention", topic.key, "depth")
        return
    best = next(one for one, found in with_zone if found == everything)
    # three options would have to be right equally often, and the central ones are rare
    mostly = any(_MOSTLY.search(one.text) for one in topic.family)
    false = (OUTER,) if answer != OUTER else (CENTRAL,) if mostly else (CENTRAL, ALL_THROUGH)
    yield Fact(
        f"surface {topic.key}", "report-depth", "distance", about(topic), answer, false, (best,), most=2,
        structures=(topic.finding.name, "lung"),
    )  # fmt: skip


def _like_of_unknown_depth(topic: Topic) -> bool:
    """Whether another kind of the same word may lie elsewhere (``sequela fibrotic changes``)."""
    root = topic.finding.many[:5]
    likes = [one for one in topic.family if one.finding.name != topic.finding.name and root in one.text]
    return any(not _depths(one.units) for one in likes)


def _all_deep(one: Statement) -> bool:
    return all(
        set(unit.zones) & set(_NEAR) and not {"bronchi", "mediastinum"} & set(unit.zones)
        for unit in one.units
    )


def _coarse(one: Statement) -> bool:
    """Whether a mention of several says no more than the lungs."""
    return not one.units or (one.plural and all(unit.coarse and not unit.zones for unit in one.units))


def _elsewhere(one: Statement) -> bool:
    """Whether a mention that is not understood names a lobe or a part of the lung, and no depth."""
    words = {
        word for unit in one.units for word in (*unit.segments, *unit.parts, *unit.zones) if not unit.organ
    }
    return not words & set(_NEAR) and (any(unit.lobe for unit in one.units) or bool(words - {"lobe"}))


def _depths(units: Sequence[Unit]) -> frozenset[str]:
    return frozenset(_NEAR[zone] for unit in units for zone in unit.zones if zone in _NEAR)


def surface_of_single(single: Single) -> Iterator[Fact | Unasked]:
    """Ask whether one finding lies against the outer pleura or on a fissure."""
    topic = single.topic
    if topic.region != "lung" or not topic.finding.asked or topic.finding.name in PLACED_BY_NAME:
        return
    yield from _surface(
        single.key if single.size else single.topic.key, about(single), single.statements, single.topic
    )


def surface_of_kind(topic: Topic) -> Iterator[Fact | Unasked]:
    """Ask the same of several findings of a kind that all lie so."""
    if topic.region != "lung" or not topic.finding.asked or topic.finding.name in PLACED_BY_NAME:
        return
    if topic.contradicted or topic.others or not all(_surfaces(one) for one in topic.read if one.units):
        return
    yield from _surface(topic.key, about(topic), tuple(topic.read), topic)


def _surface(
    key: str, slots: dict[str, str], statements: tuple[Statement, ...], topic: Topic
) -> Iterator[Fact | Unasked]:
    found = [(one, _surfaces(one)) for one in statements if _surfaces(one)]
    everything = {surface for _, surfaces in found for surface in surfaces}
    if not everything:
        return
    central = PLEURA in everything and any(_THERE_TOO[OUTER].search(one.text) for one, _ in found)
    if len(everything) > 1 or central or any(_WEAKLY.search(one.text) for one, _ in found):
        yield Unasked("ambiguous", key, "pleura and fissure, or not quite at either")
        return
    answer = everything.pop()
    yield Fact(
        f"surface {key}", "report-surface", "distance", slots, answer,
        (FISSURE if answer == PLEURA else PLEURA,), (found[0][0],), most=2,
        structures=(topic.finding.name, "lung"),
    )  # fmt: skip


def _surfaces(one: Statement) -> frozenset[str]:
    units = [*one.units, *(unit for relation in one.relations for unit in relation.units)]
    if any({"bronchi", "center", "central"} & set(unit.zones) for unit in units):
        return frozenset()
    found = {FISSURE for unit in units if unit.fissures} | {
        PLEURA for unit in units if "pleura" in unit.zones
    }
    found |= {PLEURA for unit in one.units if "periphery" in unit.zones}
    beside = [unit for relation in one.relations for unit in relation.units if unit.organ == "pleura"]
    return frozenset(found | ({PLEURA} if beside and not found else set()))
