"""The order of findings and places in a clause: which place, size and relation belongs to which finding."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from medspatial.report_questions.chunks import Chunk
from medspatial.report_questions.findings import COUNTED
from medspatial.report_questions.pieces import BOTH, PLACE_KINDS
from medspatial.report_questions.places import Unit, read_units

_BREAKS = frozenset({"and", "mark", "filler"})
_FAR = 15
"""Letters between a lobe and the lungs that may still be one place: ``in the lower lobes, in both lungs``."""
_VERBS = frozenset({"is", "are", "was", "were", "within"})


class Item(NamedTuple):
    """A finding, a run of places, a size or a word that orders them; ``verb``: one stands before it."""

    kind: str
    chunk: Chunk
    units: tuple[Unit, ...] = ()
    verb: bool = False


class Relation(NamedTuple):
    """What a finding lies next to or extends into: places, or the chunk of another finding."""

    word: str
    units: tuple[Unit, ...]
    finding: Chunk | None = None


@dataclass
class Group:
    """Findings that share one place.

    Attributes
    ----------
    largest_units, largest_sizes
        Place and size of the largest one, where they are stated apart.
    largest
        The group itself is the largest of its kind.
    zones
        How near the pleura or the centre, per finding (``subpleural nodule``).
    unplaced
        Named last and without a place: whether it shares the one before is not said.
    joined
        Whether ``and`` or ``with`` joins its findings; commas alone do not make them share a place.
    """

    findings: list[Chunk] = field(default_factory=list)
    units: tuple[Unit, ...] = ()
    sizes: list[Chunk] = field(default_factory=list)
    zones: list[tuple[str, ...]] = field(default_factory=list)
    closed: bool = False
    relations: list[Relation] = field(default_factory=list)
    prominent: tuple[Unit, ...] = ()
    largest: bool = False
    largest_units: tuple[Unit, ...] = ()
    largest_sizes: list[Chunk] = field(default_factory=list)
    largest_relations: list[Relation] = field(default_factory=list)
    unplaced: bool = False
    joined: bool = True


class Unclear(Exception):
    """A clause whose order does not tell which place belongs to which finding."""


def read_groups(chunks: Sequence[Chunk]) -> list[Group]:
    """Share out the places of a clause among its findings.

    Raises
    ------
    Unclear
        Where that is not certain.
    """
    built = _Builder(_items(chunks))
    built.read()
    if not built.groups:
        raise Unclear("no finding")
    _check_lists(built)
    if built.more_of_it:
        return _more_of_it(built)
    if len(built.groups) == 1 and len(built.places) == 2 and all(built.measured):
        return _each_measured(built.groups, built.places)
    return _shared_out(built.groups, built.order, built.places)


def _more_of_it(built: _Builder) -> list[Group]:
    """Give a finding of which there is more in a part of both lungs to both; where else is not said."""
    units = built.places[0] if len(built.places) == 1 else ()
    if built.order != "FP" or built.groups[0].prominent or not all(one.sides == BOTH for one in units):
        raise Unclear("prominent where is not known")
    built.groups[0].prominent = units
    built.groups[0].units = tuple(
        Unit(one.start, one.end, organ=one.organ, sides=one.sides) for one in units[:1]
    )
    return built.groups


def _each_measured(groups: list[Group], places: list[tuple[Unit, ...]]) -> list[Group]:
    """Give a finding both places where each has its own size: ``9 mm on the right, 4 mm on the left``."""
    units = (*places[0], *places[1])
    organs = {one.organ for one in units} - {""}
    if not all(one.sides for one in units) or len(organs) > 1:
        raise Unclear("two places")
    groups[0].units = tuple(replace(one, organ=one.organ or next(iter(organs), "")) for one in units)
    return groups


def _check_lists(built: _Builder) -> None:
    """Refuse ``emphysema, nodules in the right lung``: whether the first shares the place is not said."""
    loose = any(not group.joined for group in built.groups)
    if not loose or not built.order.startswith("F"):
        return
    everywhere = all(
        one.coarse and one.sides == BOTH and not one.zones for units in built.places for one in units
    )
    if not built.after_verb and not (len(built.groups) == 1 and everywhere):
        raise Unclear("place of which finding of a list")


def _items(chunks: Sequence[Chunk]) -> list[Item]:
    items: list[Item] = []
    run: list[Chunk] = []
    verb = False
    for at, one in enumerate(chunks):
        joins = one.kind in ("and", "mark", "filler") and run and _goes_on(chunks, at)
        related = bool(items) and items[-1].kind in ("next", "into")
        joins = joins and not (related and one.kind == "filler" and one.value in _VERBS)
        if one.kind in PLACE_KINDS or joins:
            run.append(one)
            continue
        if run:
            items += [item._replace(verb=verb) for item in _place(run)]
            run, verb = [], False
        if one.kind in {"unknown", "or"}:
            raise Unclear(f"word not known: {one.value}")
        if one.kind == "filler":
            verb = verb or one.value in _VERBS
        else:
            items.append(Item(one.kind, one, verb=verb))
            verb = False
    return items + _place(run)


def _goes_on(chunks: Sequence[Chunk], at: int) -> bool:
    """Whether a place follows before anything else than joining words."""
    for one in chunks[at + 1 :]:
        if one.kind in PLACE_KINDS:
            return True
        if one.kind not in _BREAKS:
            return False
    return False


def _place(run: list[Chunk]) -> list[Item]:
    """Return the place that a run names; a number alone (``Covid 19``, ``1-2 nodes``) names none."""
    if {one.kind for one in run} <= {"number", *_BREAKS}:
        return []
    units = read_units(run)
    if units is None:
        raise Unclear("place not certain")
    units = _nested(units)
    only_zone = all(one.zones and one == Unit(one.start, one.end, zones=one.zones) for one in units)
    return [Item("zone" if only_zone else "place", run[0], tuple(units))]


def _nested(units: list[Unit]) -> list[Unit]:
    """Let ``both lungs, the right upper and left lower lobe`` be its finer units; refuse what disagrees."""
    coarse = [one for one in units if one.coarse and not one.zones and (one.lung or not one.organ)]
    fine = [one for one in units if not one.coarse and one.lung]
    if not coarse or not fine:
        return units
    if min(one.start for one in coarse) - max(one.end for one in fine) > _FAR:
        raise Unclear("lungs named far behind a lobe")
    sides = frozenset().union(*(one.sides for one in coarse))
    return _refine(sides, fine, [one for one in units if one not in coarse])


def _refine(sides: frozenset[str], fine: list[Unit], units: list[Unit]) -> list[Unit]:
    if len(sides) == 1 or not any(one.sides for one in fine):
        units = [replace(one, sides=sides) if one in fine and not one.sides else one for one in units]
    given = frozenset().union(*(one.sides for one in units))
    if sides and given != sides:
        raise Unclear("sides of one place differ")
    return units


class _Builder:
    """One pass over the items: groups, and the order of findings (F) and places (P) with breaks."""

    def __init__(self, items: Sequence[Item]) -> None:
        self.items = items
        self.groups: list[Group] = []
        self.places: list[tuple[Unit, ...]] = []
        self.order = ""
        self._before = Group()  # what stands before the first finding
        self._ahead: tuple[str, ...] = ()  # zones of the finding that follows
        self._sizes_ahead: list[Chunk] = []  # and its sizes
        self._joined, self._largest = True, False
        self.after_verb = False  # a verb stands before the last place
        self.more_of_it = False  # ``more extensive emphysema in the upper lobes of both lungs``
        self.measured: list[bool] = []  # whether a size of its own stands before each place
        self._size_before = False

    def read(self) -> None:
        """Take in all items, in order."""
        take = {
            "finding": self._finding, "and": self._break, "with": self._break, "mark": self._break,
            "measure": self._measure, "zone": self._zone, "largest": self._of_largest, "next": self._relation,
            "into": self._relation, "prominent": self._prominent, "place": self._place,
        }  # fmt: skip
        at = 0
        while at < len(self.items):
            one = self.items[at]
            if one.kind not in take:
                raise Unclear(f"{one.kind} in the clause")
            at += take[one.kind](at)
        self._hand_over()

    @property
    def _target(self) -> Group:
        return self.groups[-1] if self.groups else self._before

    def _finding(self, at: int) -> int:
        chunk = self.items[at].chunk
        if self._sizes_ahead and self.items[at].verb:
            raise Unclear("size of what")
        last = self.order.rstrip("+w")[-1:]
        adjacent = bool(self.groups) and not self._largest and last == "F"
        if adjacent and self.groups[-1].closed:
            raise Unclear("zone of which finding")
        if adjacent and not self._joined and self.items[at - 1].kind == "finding":
            self.groups[-1].findings[-1] = chunk  # "sequela calcific nodule": the head is the last
        elif adjacent:
            if self.groups[-1].prominent:
                raise Unclear("prominent is which finding")
            commas = self.items[at - 1].kind == "mark" and len(self.groups[-1].findings) == 1
            self.groups[-1].joined = not commas and (
                self.groups[-1].joined or self.items[at - 1].kind != "mark"
            )
            self.groups[-1].findings.append(chunk)
            self.groups[-1].zones.append(self._ahead)
        else:
            largest = self._largest and not self.groups
            self.groups.append(Group([chunk], zones=[self._ahead], largest=largest))
            self.order += "F"
        self.groups[-1].sizes += self._sizes_ahead
        self._joined, self._largest, self._ahead, self._sizes_ahead = False, False, (), []
        return 1

    def _break(self, at: int) -> int:
        mark = "w" if self.items[at].kind == "with" else "+"
        if mark == "w" or not self.order.endswith(("+", "w")):
            self.order += mark
        self._joined = True
        if self.items[at].kind == "mark" and self._largest and self.groups and self.groups[-1].largest_units:
            self._largest = False
        return 1

    def _measure(self, at: int) -> int:
        rest = (item.kind for item in self.items[at + 1 :] if item.kind not in ("zone", "measure"))
        if not self._largest and next(rest, "") == "finding":
            self._sizes_ahead.append(self.items[at].chunk)
            return 1
        of_largest = self._largest and self.groups
        self._size_before = not of_largest
        (self._target.largest_sizes if of_largest else self._target.sizes).append(self.items[at].chunk)
        return 1

    def _zone(self, at: int) -> int:
        zones = tuple(zone for unit in self.items[at].units for zone in unit.zones)
        rest = self.items[at + 1 :]
        after = next((item.kind for item in rest if item.kind != "measure"), "")
        several = self.groups and len(self.items[at].units) > 1
        if after == "finding" and several:
            raise Unclear("zone of which finding")
        if "central" in zones and self._counted_follows(at):
            raise Unclear("central in what")
        if after == "finding" or (not self.groups and any(item.kind == "finding" for item in rest)):
            self._ahead += zones
        elif self.groups and not self._largest:
            self._target.zones = [(*own, *zones) for own in self._target.zones]
            self._target.closed = True
        else:
            raise Unclear("zone of what")
        return 1

    def _counted_follows(self, at: int) -> bool:
        """Whether ``central`` stands right before one thing: a nodule in a cavity, the middle of a mass."""
        follows = next((item for item in self.items[at + 1 :] if item.kind != "measure"), None)
        return follows is not None and follows.kind == "finding" and follows.chunk.value in COUNTED

    def _of_largest(self, at: int) -> int:
        self._largest = True
        return 1

    def _place(self, at: int) -> int:
        units = self.items[at].units
        if self._largest and self.groups and not any(len(unit.sides) > 1 for unit in units):
            if self._target.largest_units:
                raise Unclear("two places of the largest")
            self._target.largest_units = units
        else:
            self.order += "P"
            self.places.append(units)
            self.after_verb = self.items[at].verb
            self.measured.append(self._size_before)
        self._size_before = False
        return 1

    def _relation(self, at: int) -> int:
        follows = self.items[at + 1] if at + 1 < len(self.items) else None
        if follows is None or follows.kind not in ("place", "finding"):
            raise Unclear("relation to what is not known")
        chunk = follows.chunk if follows.kind == "finding" else None
        one = self.items[at]
        relation = Relation(f"{one.kind}:{one.chunk.value}", follows.units, chunk)
        (self._target.largest_relations if self._largest else self._target.relations).append(relation)
        return 2

    def _prominent(self, at: int) -> int:
        follows = self.items[at + 1] if at + 1 < len(self.items) else None
        if follows is not None and follows.kind in ("place", "zone"):
            if self._target.prominent:
                raise Unclear("two prominent places")
            self._target.prominent = follows.units
            return 2
        if self.items[at].chunk.value != "prominent":
            if at or follows is None or follows.kind != "finding":
                raise Unclear("prominent where is not known")
            self.more_of_it = True
        return 1

    def _hand_over(self) -> None:
        """Give what stood before the first finding to it."""
        before = self._before
        if before.relations or before.prominent:
            if len(self.groups) != 1:
                raise Unclear("relation before the findings")
            if before.prominent and self.groups[0].prominent:
                raise Unclear("prominent in two places")
            self.groups[0].relations += before.relations
            self.groups[0].prominent = self.groups[0].prominent or before.prominent
        if before.sizes and self.groups:
            self.groups[0].sizes = before.sizes + self.groups[0].sizes


def _shared_out(groups: list[Group], order: str, places: list[tuple[Unit, ...]]) -> list[Group]:
    bare, several = order.replace("+", "").replace("w", ""), len(groups)
    if several == 1:
        if bare == "PFP" and places[1][0].coarse and all(one.sides for units in places for one in units):
            raise Unclear("two places, one of another finding")
        groups[0].units = _merged(places)
        return groups
    findings_first = bare == "FP" * several and _breaks(order, "P", "F")
    places_first = bare == "PF" * several and _breaks(order, "F", "P")
    last_without = bare == "FP" * (several - 1) + "F" and _breaks(order, "P", "F")
    if bare == "FPF" and re.fullmatch(r"F[+w]*F?P\+?wF", order):
        last_without = True  # ``a consolidation in the left lung with atelectasis``: the first has its place
    if not (findings_first or places_first or last_without):
        raise Unclear(f"order {bare}")
    for group, units in zip(groups, places, strict=False):
        group.units = units
    groups[-1].unplaced = last_without
    return groups


def _breaks(order: str, first: str, second: str) -> bool:
    """Whether a comma or ``and`` stands at each border between two pairs."""
    return first + second not in order and first + "w" not in order


def _on_fissure(fissure: tuple[Unit, ...], place: tuple[Unit, ...]) -> tuple[Unit, ...]:
    """Join a fissure to the one lobe named besides it: ``a perifissural nodule in the left upper lobe``."""
    if len(fissure) != 1 or len(place) != 1 or place[0].fissures or not place[0].lobe:
        return ()
    one = fissure[0]
    if not one.fissures or one.lobe or one.segments or one.parts or not one.sides <= place[0].sides:
        return ()
    return (replace(place[0], fissures=one.fissures),)


def _merged(places: list[tuple[Unit, ...]]) -> tuple[Unit, ...]:
    if not places:
        return ()
    if len(places) == 1:
        return places[0]
    if len(places) > 2:
        raise Unclear("more than two places")
    first, second = places
    on_fissure = _on_fissure(first, second) or _on_fissure(second, first)
    if on_fissure:
        return on_fissure
    for coarse, fine in ((first, second), (second, first)):
        if len(coarse) == 1 and coarse[0].coarse:
            one = coarse[0]
            own = {unit.organ for unit in fine} - {""}
            other = one.organ and own and own != {one.organ} and not all(unit.lung for unit in (*fine, one))
            if other and one.organ != "mediastinum":
                raise Unclear("two organs")
            sides = one.sides
            units = [replace(unit, organ=unit.organ or one.organ) for unit in fine]
            if one.zones:
                units = [replace(unit, zones=(*unit.zones, *one.zones)) for unit in units]
            return tuple(_refine(sides, units, units)) if sides else tuple(units)
    raise Unclear("two places")
