"""One finding of a report: all that is said of its kind in its organ, and those that words pick out."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import combinations

from medspatial.report_questions.findings import Finding
from medspatial.report_questions.language import Measure
from medspatial.report_questions.places import Unit
from medspatial.report_questions.statements import OTHER_WORDS, SIMILAR_ONE, Reading, Statement

PAIRED = frozenset(
    {"lung", "kidney", "adrenal gland", "thyroid gland", "breast", "axilla", "hilum", "supraclavicular fossa",
     "scapula", "clavicle", "humerus", "rib", "diaphragm", "subclavian artery", "shoulder joint"}
)  # fmt: skip
"""Organs that have a left and a right one (or half)."""
_IN_LUNG = frozenset({"lung", "pleura", "bronchus"})
_NODES = frozenset({"mediastinum", "hilum", "axilla", "supraclavicular fossa"})
_ADJECTIVES = {
    "lung": "lung", "kidney": "kidney", "liver": "liver", "thyroid gland": "thyroid", "breast": "breast",
    "adrenal gland": "adrenal", "spleen": "splenic", "pancreas": "pancreatic", "gallbladder": "gallbladder",
    "axilla": "axillary", "hilum": "hilar", "mediastinum": "mediastinal", "rib": "rib",
    "vertebra": "vertebral", "scapula": "scapular", "clavicle": "clavicular",
}  # fmt: skip
_LESIONS = frozenset({"kidney", "liver", "spleen", "pancreas"})
"""Organs whose nodules are called nodular lesions."""


_SPREAD = frozenset({"pleural_effusion", "pleural_thickening"})
"""Kinds whose size is a thickness, which is no name of one of them: ``the 8 mm pleural effusion``."""
_GONE = re.compile(
    r"\bcould not be (?:observed|seen|visuali[sz]ed|detected|selected)|"
    r"\bnot (?:observed|seen|detected|selected) in (?:the current|this)|\b(?:disappeared|resolved)\b",
    re.IGNORECASE,
)
"""A mention of what is no longer seen."""
_NODULE = re.compile(r"\bnodules?\b", re.IGNORECASE)
_NOT_LUNG = re.compile(r"\b(?:trachea|spleen|splenic|liver|kidney|colon|vertebra\w*)\b", re.IGNORECASE)
"""What a mention names that is no nodule of the lung, though it is not understood."""
_NO_SUCH_LOBE = re.compile(r"\bleft (?:lung )?middle lobe\b", re.IGNORECASE)
"""A slip: which side is meant is not known."""


@dataclass
class Topic:
    """A kind of finding in one organ.

    Attributes
    ----------
    read
        Statements that are understood and lie in this organ.
    others
        Mentions that are not understood, or whose organ is not said: they may be about it too.
    family
        Statements of like kinds in this organ, whatever their status, the denied left out.
    anywhere
        The same of all organs.
    contradicted
        The report also denies the kind as a whole, or its sections put it on different sides.
    """

    finding: Finding
    region: str
    read: list[Statement] = field(default_factory=list)
    others: list[Statement] = field(default_factory=list)
    family: list[Statement] = field(default_factory=list)
    anywhere: list[Statement] = field(default_factory=list)
    contradicted: bool = False

    @property
    def key(self) -> str:
        """Its name within a report."""
        return f"{self.finding.name}@{self.region}"

    @property
    def plural(self) -> bool:
        """Whether the report speaks of several."""
        if any(one.largest for one in self.read):
            return True
        sizes = {size.millimetres for one in self.read for size in one.sizes}
        if self.finding.name == "stone" and (sizes or not all(one.plural for one in self.read)):
            return len(sizes) > 1  # ``calculi of 3 mm`` is written of one stone too
        if any(one.plural for one in self.read):
            return True
        return bool(self.read) and self.read[0].counted and self._several()

    def _several(self) -> bool:
        """Whether sizes, places or other mentions tell several of a counted kind, each in the singular."""
        alone = [
            one
            for one in self.family
            if one.finding == self.finding and one.alone and (one.units or one.status != "hedged")
            if one in self.read or not self._of_another_organ(one)
        ]
        if _several_sizes(alone):
            return True
        units = [unit for one in self.read for unit in one.units]
        if units and finest(units) is None:
            return True
        placed_elsewhere = [
            one.sentence
            for one in self.anywhere
            if one.status == "read" and one.units and one not in self.family
        ]
        return any(
            (one.plural and one.why != SIMILAR_ONE) or not all(_may_be(one, unit) for unit in units)
            for one in self.others
            if not _GONE.search(one.text)
            and not self._of_another_organ(one)
            and one.why != OTHER_WORDS  # ``nodular density increases`` are no nodules
            and one.finding.name == self.finding.name
            and one.sentence not in placed_elsewhere
        )

    def _of_another_organ(self, one: Statement) -> bool:
        return self.region == "lung" and _NOT_LUNG.search(one.text) is not None

    def noun(self, *, plural: bool | None = None, size: Measure | None = None) -> str:
        """Its name for questions: ``lung nodules``, ``5 mm lung nodule``, ``adenoma of the liver``."""
        many = self.plural if plural is None else plural
        word = self.finding.many if many else self.finding.one
        if self.finding.name == "ground_glass_nodule" and not any(
            _NODULE.search(one.text) for one in self.read
        ):
            word = "nodular ground-glass densities" if many else "nodular ground-glass density"
        figure = f"{re.sub(r'(?<=[0-9])(?=[cm]m)', ' ', size.text)} " if size else ""
        if self.finding.region:
            return f"{figure}{word}"
        if self.finding.name == "nodule" and self.region in _LESIONS:
            word = "nodular lesions" if many else "nodular lesion"
        if self.finding.name == "lymph_node":
            return f"{figure}{_ADJECTIVES.get(self.region, self.region)} {word}"
        if self.finding.name in ("accessory_spleen", "port", "pacemaker"):
            return f"{figure}{word}"
        if self.region not in _ADJECTIVES:
            return f"{figure}{word} of the {self.region}"
        *before, head = word.split()
        return " ".join([*figure.split(), *before, _ADJECTIVES[self.region], head])


@dataclass(frozen=True)
class Single:
    """One finding that a size, or its being the only one, picks out of the report."""

    topic: Topic
    statements: tuple[Statement, ...]
    unit: Unit
    noun: str
    size: Measure | None = None

    @property
    def key(self) -> str:
        """Its name within a report."""
        if self.size is None or not self.topic.plural:
            return self.topic.key  # what is asked of the only one is not asked again by its size
        return f"{self.topic.key}:{self.size.millimetres}"


def _several_sizes(statements: list[Statement]) -> bool:
    """Whether sizes tell several: two in one section, or of two by more than a measurement differs."""
    sections: dict[str, set[float]] = defaultdict(set)
    for one in statements:
        sections[one.sentence.section] |= {max(size.millimetres) for size in one.sizes}
    if any(len(found) > 1 for found in sections.values()):
        return True
    found = sorted(size for one in sections.values() for size in one)
    return bool(found) and found[-1] - found[0] > max(1.0, 0.05 * found[-1])


def topics(reading: Reading) -> list[Topic]:
    """Return the kinds of findings that a report states in known organs."""
    found: dict[tuple[str, str], Topic] = {}
    by_family: dict[str, list[Statement]] = defaultdict(list)
    for one in reading.statements:
        by_family[one.finding.family].append(one)
    for one in reading.read():
        for region in _regions(one):
            topic = found.setdefault((one.finding.name, region), Topic(one.finding, region))
            topic.read.append(one)
    for topic in found.values():
        for one in by_family[topic.finding.family]:
            if one.status == "denied":
                same = one.finding.name == topic.finding.name and (
                    topic.region == "lung" or _may_lie(one, topic)
                )
                topic.contradicted |= same and not one.qualified and _of_all(one)
                continue
            topic.anywhere.append(one)
            topic.contradicted |= topic.region == "lung" and _NO_SUCH_LOBE.search(one.text) is not None
            if _may_lie(one, topic):
                topic.family.append(one)
                if one not in topic.read:
                    topic.others.append(one)
        topic.contradicted |= _other_side_elsewhere(topic)
    return list(found.values())


def _other_side_elsewhere(topic: Topic) -> bool:
    """Whether the impression puts a finding on the one side, and the findings on the other."""
    sides: dict[str, frozenset[str]] = {}
    for one in topic.read:
        section = one.sentence.section
        sides[section] = sides.get(section, frozenset()) | one.sides
    given = [one for one in sides.values() if one]
    return any(not one & other for one, other in combinations(given, 2))


def _of_all(one: Statement) -> bool:
    """Whether a denial speaks of the whole organ, not of one side or lobe."""
    return len(one.sides) != 1 and not any(unit.lobe for unit in one.units)


def _regions(one: Statement) -> set[str]:
    if one.finding.region:
        own = {region_of(unit) for unit in one.units} - {"", one.finding.region}
        return set() if own - {"hilum", "mediastinum"} else {one.finding.region}
    found = {region_of(unit) for unit in one.units}
    if one.finding.name == "lymph_node" and not found <= _NODES:
        return set()
    return found if len(found) == 1 and "" not in found else set()


def region_of(unit: Unit) -> str:
    """Return the organ of a place, the lung for its pleura and bronchi."""
    if unit.lobe or unit.fissures or unit.organ in _IN_LUNG:
        return "lung"
    if unit.station:
        return "mediastinum"
    if "pleura" in unit.zones and not unit.organ:
        return "lung"
    return unit.organ


def _may_lie(one: Statement, topic: Topic) -> bool:
    """Whether a mention may be about this organ: it names it, or none."""
    if one.finding.region and one.finding.region != topic.region:
        return False
    if one.finding.region == topic.region:
        return True
    organs = {region_of(unit) for unit in one.units} - {""}
    return not organs or topic.region in organs


def singles(topic: Topic) -> Iterator[Single]:
    """Yield the findings that can be picked out, each with one place.

    One of a counted kind is picked by its size where no other mention of the family has that size and another
    place, or by its kind where the report knows one only.
    """
    if topic.contradicted or topic.finding.name in _SPREAD:
        return
    alone = [one for one in topic.read if not one.plural and len(one.units) == 1 and not one.largest]
    done: set[tuple[float, ...]] = set()
    for one in alone:
        size = one.sizes[0] if len(one.sizes) == 1 and one.alone and not one.sizes[0].bounded else None
        if size is None or size.millimetres in done:
            continue
        done.add(size.millimetres)
        same = _same_size(topic, size)
        if same is not None:
            unit = finest([other.units[0] for other in same])
            if unit is not None and not _elsewhere(topic, same, unit):
                yield Single(topic, same, unit, topic.noun(plural=False, size=size), size)
    only = _only_one(topic)
    if only is not None and not done:
        yield only


def _same_size(topic: Topic, size: Measure) -> tuple[Statement, ...] | None:
    """Return the mentions of the finding with this size; None where another thing may have it too."""
    found = []
    for one in topic.family:
        if all(size.millimetres != other.millimetres for other in one.sizes):
            continue
        if one not in topic.read or one.plural or len(one.units) != 1 or not one.alone:
            return None
        found.append(one)
    return tuple(found) or None


def _elsewhere(topic: Topic, same: tuple[Statement, ...], unit: Unit) -> bool:
    """Whether the only measured finding is put on another side or lobe by a mention without a size."""
    sizes = {size.millimetres for one in topic.read for size in one.sizes}
    others = [
        one for one in topic.family if one not in same and not one.sizes and (not one.plural or one.why)
    ]
    return len(sizes) == 1 and any(one.units and not _may_be(one, unit) for one in others)


def _only_one(topic: Topic) -> Single | None:
    """Return the only finding of a counted kind: every mention is in the singular and agrees."""
    placed = [one for one in topic.read if one.units]
    if not placed or any(one.plural or len(one.units) != 1 or one.largest for one in topic.read if one.units):
        return None
    if any(one.units or one.plural for one in topic.family if one not in placed):
        return None
    sizes = {size.millimetres for one in placed for size in one.sizes}
    unit = finest([one.units[0] for one in placed])
    if unit is None or len(sizes) > 1 or not placed[0].counted:
        return None
    return Single(topic, tuple(placed), unit, topic.noun(plural=False))


def finest(units: list[Unit]) -> Unit | None:
    """Return the most precise of places that agree with each other, None where they do not."""
    best = max(
        units,
        key=lambda one: (bool(one.lobe), len(one.segments) + len(one.parts), len(one.sides), len(one.zones)),
    )
    return best if all(agrees(one, best) for one in units) else None


def _may_be(one: Statement, unit: Unit) -> bool:
    """Whether a mention that is not understood may be about the finding at a place, by side and lobe."""
    sides = frozenset[str]().union(*(raw.sides for raw in one.units))
    lobes = {raw.lobe for raw in one.units if raw.lobe}
    return (not sides or not unit.sides or unit.sides <= sides) and (
        not lobes or not unit.lobe or unit.lobe in lobes
    )


def agrees(coarse: Unit, fine: Unit) -> bool:
    """Whether two places may be the same one."""
    if coarse.sides and fine.sides and coarse.sides != fine.sides:
        return False
    if coarse.lobe and fine.lobe and coarse.lobe != fine.lobe:
        return False
    one, other = set(coarse.segments), set(fine.segments)
    if one and other and not (one <= other or other <= one):
        return False
    parts = [{*one.segments, *one.parts} for one in (coarse, fine)]
    if all(parts) and not any(_alike(a, b) for a in parts[0] for b in parts[1]):
        return False
    return region_of(coarse) == region_of(fine) or not region_of(coarse)


def _alike(one: str, other: str) -> bool:
    """Whether two words of place may mean one: ``apex``, ``apical``; ``posterior``, ``posterobasal``."""
    same = one.split(maxsplit=1)[0] == other.split(maxsplit=1)[0]
    return one[:4] == other[:4] or same or ("basal" in one and "bas" in other[:3])
