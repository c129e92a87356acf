"""Places in a sentence: runs of structures that together say where something is."""

from __future__ import annotations

import re
from typing import NamedTuple

from medspatial.anatomy import Mention, find_mentions, find_sides, is_part, structure

_WIDE = {"lung", "hemithorax", "pleura", "chest_wall", "thorax"}
_ADJECTIVE = re.compile(
    r"\b(?:pleural|mediastinal|vertebral|hepatic|renal|pulmonary|hilar|cardiac|bronchial|thoracic|axillary|"
    r"adrenal|thyroid|pericardial|tracheal|esophageal|aortic|parenchymal|subpleural|apical|basal|lumbar|costal|"
    r"splenic|pancreatic|coronary|abdominal|perihilar|paratracheal|lingular)$",
    re.IGNORECASE,
)
_GAP = re.compile(
    r"^[\s,\-/&]*(?:\b(?:of|the|in|and|or|at|on|both|bilateral(?:ly)?|right|left|upper|middle|lower|lobes?|"
    r"segments?|lungs?|level|levels|part|parts|portion|portions|zones?|poles?|regions?|aspect|side|s|"
    r"superior|inferior|anterior|posterior|medial|lateral|central|peripheral|apical|basal|\w*basal|"
    r"subpleural|parenchyma|corpus|hemithorax)\b[\s,\-/&']*)*$",
    re.IGNORECASE,
)
_LEAD_WORDS = (
    r"the|both|bilateral|left|right|central|peripheral|subpleural|upper|middle|lower|superior|inferior|anterior|"
    r"posterior|medial|lateral|anterolateral|posterolateral|anteromedial|posteromedial|apical|basal|laterobasal|"
    r"mediobasal|anterobasal|posterobasal|apicoposterior|segments?|parts?|portions?|zones?|poles?|levels?|aspects?|"
    r"regions?|of|basis|ap[ei]x|apices|apexes|bases?|areas?"
)
_LEAD = re.compile(rf"(?:\b(?:{_LEAD_WORDS})(?:\s+and\s+(?:the\s+)?|\s*[,\-]\s*|\s+))+$", re.IGNORECASE)
_TAIL = re.compile(
    r"^(?:(?:\s+|\s*-\s*|\s*,\s*|\s+and\s+)"
    r"(?:parenchyma|lobes?|segments?|levels?|regions?|zones?|areas?|parts?|poles?|"
    r"wall|anterior|posterior|superior|inferior|basal|lateral|medial|apical|laterobasal|mediobasal|anterobasal|"
    r"posterobasal|apicoposterior|corpus|\d{1,2}(?!\s*(?:mm|cm|x)\b)))+\b",
    re.IGNORECASE,
)
_RELATION = re.compile(
    r"\b(?P<word>adjacent to|next to|in the neighbou?rhood of|neighbou?ring|abutting|"
    r"in contact with|contiguous with|around|surrounding|in the vicinity of|"
    r"anterior to|posterior to|superior to|inferior to|lateral to|medial to|at the level of|"
    r"extend\w* (?:up )?(?:in)?to|extend\w* along|continu\w* (?:up )?(?:in)?to|reach\w*)\s+(?:the\s+|a\s+)?$",
    re.IGNORECASE,
)
_PROMINENT = re.compile(
    r"(?:\b(?:more|most|mostly|predominantly|especially|particularly|markedly|mainly)\s*"
    r"(?:prominent(?:ly)?|pronounced|evident|marked|intense|severe|common|dense|extensive|obvious|concentrated)?"
    r"|\b(?:is|are|was|were|being|becom\w*|became)\s+(?:more |most )?prominent)"
    r"\s*(?:in|on|at|towards?)?\s*(?:the\s+)?"
    r"(?:\w+\s+(?:levels?|parts?|zones?|regions?)\s+(?:in|of)\s+(?:the\s+)?)?$",
    re.IGNORECASE,
)


class Place(NamedTuple):
    """A run of mentions that belong together.

    ``bare`` holds the sides of a place that names no structure (``on the right``). ``relation`` is the word
    before it (``adjacent to``, ``at the level of``); ``prominent`` marks the place where a finding is
    strongest. A place with either is not where the finding lies as a whole.
    """

    start: int
    end: int
    mentions: tuple[Mention, ...]
    relation: str | None = None
    prominent: bool = False
    bare: frozenset[str] = frozenset()

    @property
    def sides(self) -> frozenset[str]:
        """``left``, ``right``, both of them, or none."""
        found = {one.side for one in self.mentions}
        if "both" in found:
            found = {"left", "right"}
        return frozenset(side for side in found if side) | self.bare

    @property
    def names(self) -> frozenset[str]:
        """The structures' names."""
        return frozenset(one.name for one in self.mentions)

    @property
    def only_side(self) -> bool:
        """Whether it says no more than a side: a lung, a hemithorax, the pleura, the chest."""
        return {(structure(one.name).base or one.name) for one in self.mentions} <= _WIDE

    def agrees(self, other: Place) -> bool:
        """Whether two places may be the same: no other side, and structures that contain each other."""
        if self.sides and other.sides and self.sides != other.sides:
            return False
        if not self.names or not other.names:
            return self.sides == other.sides
        return all(any(_nested(a, b) for b in other.names) for a in self.names) and all(
            any(_nested(a, b) for a in self.names) for b in other.names
        )


def find_places(text: str, taken: list[tuple[int, int]]) -> list[Place]:
    """Return the places of a text, in order.

    Parameters
    ----------
    taken
        Spans of findings: a structure inside one (``pleural`` of ``pleural effusion``) is no place.
    """
    mentions = [
        one
        for one in find_mentions(text)
        if structure(one.name).kind != "lesion"
        and not any(one.start < end and start < one.end for start, end in taken)
    ]
    runs: list[list[Mention]] = []
    for one in mentions:
        if runs and _joined(text, runs[-1][-1], one, taken):
            runs[-1].append(one)
        else:
            runs.append([one])
    places = [_place(text, run) for run in runs]
    return sorted(places + _bare_sides(text, places, taken), key=lambda one: one.start)


def _bare_sides(text: str, places: list[Place], taken: list[tuple[int, int]]) -> list[Place]:
    """Return sides that stand alone: ``on the right``, ``bilateral effusion``."""
    found = []
    for one in find_sides(text):
        of_finding = any(one.start < end and start < one.end for start, end in taken)
        if (one.name is not None and not of_finding) or any(p.start <= one.start < p.end for p in places):
            continue
        sides = frozenset({"left", "right"} if one.side == "both" else {one.side})
        prominent = _PROMINENT.search(text[: one.start]) is not None
        found.append(Place(one.start, one.end, (), None, prominent, sides))
    return found


def _joined(text: str, first: Mention, second: Mention, taken: list[tuple[int, int]]) -> bool:
    if second.start <= first.end:
        return True
    gap = text[first.end : second.start]
    return _GAP.match(gap) is not None and not any(first.end <= s < second.start for s, _ in taken)


def is_adjective(words: str) -> bool:
    """Whether a place's words end in an adjective (``mediastinal``), so that they are no answer alone."""
    return _ADJECTIVE.search(words) is not None


def _place(text: str, run: list[Mention]) -> Place:
    start, end = run[0].start, max(one.end for one in run)
    relation = _RELATION.search(text[:start])
    prominent = _PROMINENT.search(text[:start])
    lead = _LEAD.search(text[:start])
    if lead and not relation:
        start = lead.start() + len(re.match(r"(?:of\s+)*", lead.group(), re.IGNORECASE).group())  # type: ignore[union-attr]
        relation = relation or _RELATION.search(text[:start])
        prominent = prominent or _PROMINENT.search(text[:start])
    tail = _TAIL.match(text[end:])
    if tail:
        end += tail.end()
    word = relation["word"].lower() if relation else None
    return Place(start, end, tuple(run), word, prominent is not None)


def _nested(a: str, b: str) -> bool:
    return a == b or is_part(a, b) or is_part(b, a)
