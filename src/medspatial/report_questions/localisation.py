"""Questions of the place: lobe, segment, pole, level, lymph node station."""

from __future__ import annotations

import re
from collections.abc import Iterator

from medspatial.report_questions.facts import (
    LOBES,
    Fact,
    Unasked,
    about,
    lobes_of,
    plural_words,
    possible_lobes,
)
from medspatial.report_questions.statements import Statement
from medspatial.report_questions.topics import Single, Topic

SEGMENTS: dict[str, tuple[str, ...]] = {
    "right upper lobe": ("apical", "anterior", "posterior"),
    "right middle lobe": ("medial", "lateral"),
    "right lower lobe": ("superior", "anterobasal", "posterobasal", "laterobasal", "mediobasal"),
    "left upper lobe": ("apicoposterior", "anterior", "superior lingular", "inferior lingular"),
    "left lower lobe": ("superior", "anterobasal", "posterobasal", "laterobasal", "mediobasal"),
}
"""Segments by their usual names; on the left reports write antero- and mediobasal as on the right."""
_PARTS: dict[str, tuple[tuple[str, ...], ...]] = {
    "kidney": (("upper pole", "upper zone", "upper part"), ("middle pole", "middle zone", "middle part",
               "interpolar", "midzone"), ("lower pole", "lower zone", "lower part")),
    "pancreas": (("head",), ("body",), ("tail",)),
    "adrenal gland": (("medial crus",), ("lateral crus",), ("corpus",)),
    "gallbladder": (("fundus",), ("neck",), ("corpus",)),
}  # fmt: skip
_PART_NAMES = {
    "kidney": ("the upper pole", "the middle part", "the lower pole"),
    "pancreas": ("the head", "the body", "the tail"),
    "adrenal gland": ("the medial limb", "the lateral limb", "the body"),
    "gallbladder": ("the fundus", "the neck", "the body"),
}
_STATIONS: dict[str, str] = {
    "upper paratracheal": "upper paratracheal", "lower paratracheal": "lower paratracheal",
    "subcarinal": "subcarinal", "prevascular": "prevascular", "aortopulmonary": "aortopulmonary window",
    "paraesophageal": "paraesophageal", "retrocrural": "retrocrural", "paraaortic": "paraaortic",
}  # fmt: skip
_BEFORE_TRACHEA = frozenset({"pretracheal", "precarinal"})
"""Places of nodes that belong to the paratracheal stations."""
_ABDOMEN = re.compile(r"\b(?:abdom\w*|c(?:o)?eliac|mesent\w+|retroperit\w+|perihepat\w+)\b", re.IGNORECASE)
_UPPER_TOO = re.compile(r"\bupper\W+bilateral lower\b", re.IGNORECASE)
"""``Right upper-bilateral lower paratracheal`` names both stations."""
_LEVELS = [*(f"C{n}" for n in range(1, 8)), *(f"T{n}" for n in range(1, 13)), *(f"L{n}" for n in range(1, 6))]


def lobe_of_single(single: Single) -> Iterator[Fact | Unasked]:
    """Ask in which lobe one finding lies."""
    lobes = lobes_of(single.unit)
    if single.topic.region != "lung" or not single.topic.finding.asked:
        return
    if len(lobes) != 1:
        yield Unasked("no_lobe", single.key)
        return
    false = _free_lobes(single.topic.family, lobes)
    if len(false) < 2:
        yield Unasked("too_few_options", single.key)
        return
    yield Fact(
        f"lobe {single.key}", "report-lobe", "localisation", about(single), next(iter(lobes)), false,
        _best(single, "lobe"), inferred=single.unit.inferred, structures=(single.topic.finding.name,),
    )  # fmt: skip


def segment_of_single(single: Single) -> Iterator[Fact | Unasked]:
    """Ask in which segment of its lobe one finding lies."""
    lobes = lobes_of(single.unit)
    if len(lobes) != 1 or len(single.unit.segments) != 1 or not single.topic.finding.asked:
        return
    lobe, segment = next(iter(lobes)), single.unit.segments[0]
    if segment not in SEGMENTS[lobe]:
        return
    named = {
        one for other in single.topic.family for unit in other.units for one in (*unit.segments, *unit.parts)
    }
    false = tuple(one for one in SEGMENTS[lobe] if one != segment and one not in named)
    if not false:
        yield Unasked("too_few_options", single.key)
        return
    yield Fact(
        f"segment {single.key}", "report-segment", "localisation",
        {**about(single), "lobe": lobe}, f"{segment} segment", tuple(f"{one} segment" for one in false),
        _best(single, "segments"), inferred=single.unit.inferred, structures=(single.topic.finding.name,),
    )  # fmt: skip


def lobe_of_kind(topic: Topic) -> Iterator[Fact | Unasked]:
    """Ask which of four lobes holds a kind of finding; the other three are not spoken of."""
    if topic.region != "lung" or not topic.finding.asked or topic.contradicted:
        return
    found: dict[str, Statement] = {}
    for one in topic.read:
        for unit in one.units:
            for lobe in sorted(lobes_of(unit)):
                found.setdefault(lobe, one)
    if not found:
        yield Unasked("no_lobe", topic.key)
        return
    false = _free_lobes(topic.family, frozenset(found))
    if len(false) < 2:
        yield Unasked("too_few_options", topic.key)
        return
    for lobe, statement in found.items():
        unit = next(unit for unit in statement.units if lobe in lobes_of(unit))
        yield Fact(
            f"lobe {topic.key}", "report-lobe-kind", "localisation", about(topic), lobe, false, (statement,),
            inferred=unit.inferred, structures=(topic.finding.name,),
        )  # fmt: skip


def part_of_organ(single: Single) -> Iterator[Fact | Unasked]:
    """Ask for the pole of a kidney, the part of a pancreas, the limb of an adrenal gland."""
    groups = _PARTS.get(single.topic.region)
    if groups is None or not single.topic.finding.asked:
        return
    named = [at for at, words in enumerate(groups) if set(words) & set(single.unit.parts)]
    if len(named) != 1:
        return
    names = _PART_NAMES[single.topic.region]
    sides = single.unit.sides
    organ = f"{next(iter(sides))} {single.topic.region}" if len(sides) == 1 else single.topic.region
    if single.size is None and len(sides) != 1 and single.topic.region in ("kidney", "adrenal gland"):
        return
    slots = {**about(single), "noun": single.noun.split(" of the ")[0], "organ": organ}
    yield Fact(
        f"part {single.key}", "report-part", "localisation", slots,
        names[named[0]], tuple(one for at, one in enumerate(names) if at != named[0]), _best(single, "parts"),
        structures=(single.topic.finding.name, single.topic.region),
    )  # fmt: skip


def level_of_kind(topic: Topic) -> Iterator[Fact | Unasked]:
    """Ask which vertebra shows a finding; the other choices are neighbours that are not spoken of."""
    if topic.region != "vertebra" or topic.contradicted or not topic.finding.asked:
        return
    named = {level for one in topic.family for unit in one.units for level in unit.vertebrae}
    raw = {part for one in topic.family for unit in one.units for part in unit.parts}
    for one in topic.read:
        for unit in one.units:
            for level in unit.vertebrae:
                at = _LEVELS.index(level) if level in _LEVELS else -1
                near = [_LEVELS[at + step] for step in (-3, -2, -1, 1, 2, 3) if 0 <= at + step < len(_LEVELS)]
                false = tuple(other for other in near if other not in named and other not in raw)
                if at >= 0 and len(false) >= 2 and len(unit.vertebrae) == 1:
                    yield Fact(
                        "level", "report-level", "localisation", about(topic), level, false,
                        (one,), structures=(topic.finding.name, "vertebrae"),
                    )  # fmt: skip


def station_of_nodes(topic: Topic) -> Iterator[Fact | Unasked]:
    """Ask at which lymph node station enlarged or small nodes are described."""
    if topic.finding.name != "lymph_node" or topic.region != "mediastinum" or topic.contradicted:
        return
    if not topic.plural or any(one.largest for one in topic.read):
        yield Unasked("ambiguous", topic.key, "one node only, or the largest of several")
        return
    named = {unit.station for one in topic.family for unit in one.units if unit.station}
    loose = any(unit.parts or not unit.station for one in topic.others for unit in one.units)
    if (
        not named & set(_STATIONS)
        or loose
        or "paratracheal" in named
        or "upper and lower paratracheal" in named
    ):
        return
    overlapping = {"upper paratracheal", "lower paratracheal"} if named & _BEFORE_TRACHEA else set()
    if any(_UPPER_TOO.search(one.sentence.text) for one in topic.family):
        overlapping.add("upper paratracheal")
    false = tuple(title for name, title in _STATIONS.items() if name not in named | overlapping)
    for one in topic.read:
        if _ABDOMEN.search(one.sentence.text):
            continue
        for unit in one.units:
            if unit.station in _STATIONS:
                yield Fact(
                    f"station {topic.key}", "report-station", "localisation",
                    {"noun": "lymph nodes", **plural_words(True)}, f"{_STATIONS[unit.station]} station",
                    tuple(f"{title} station" for title in false), (one,), structures=("lymph_node",),
                )  # fmt: skip


def _free_lobes(family: list[Statement], taken: frozenset[str]) -> tuple[str, ...]:
    """Return the lobes that no mention of the family may be about."""
    spoken = frozenset[str]().union(*(possible_lobes(one) for one in family))
    return tuple(lobe for lobe in LOBES if lobe not in spoken and lobe not in taken)


def _best(single: Single, field: str) -> tuple[Statement, ...]:
    """Return the statement whose quote names this field of the place."""
    wanted = getattr(single.unit, field)
    full = [one for one in single.statements if getattr(one.units[0], field) == wanted and one.units[0].sides]
    some = [one for one in single.statements if getattr(one.units[0], field) == wanted]
    return tuple((full or some)[:1])
