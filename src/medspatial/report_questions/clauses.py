"""Reads sentences clause by clause: headings state nothing, what is denied, past or hedged is no finding."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import combinations, pairwise

from medspatial.report_questions.chunks import Chunk, read_chunks
from medspatial.report_questions.denials import denied_at_the_end, not_seen_before, plainly_denied, qualified
from medspatial.report_questions.findings import COUNTED, Finding
from medspatial.report_questions.grammar import Group, Unclear, read_groups
from medspatial.report_questions.language import Measure, measures
from medspatial.report_questions.other_words import in_other_words
from medspatial.report_questions.pieces import BOTH, PLACE_KINDS
from medspatial.report_questions.places import Unit
from medspatial.report_questions.sentences import Sentence
from medspatial.report_questions.statements import INTERPRETED, OTHER_WORDS, Statement

_HEADING = re.compile(
    r"^\s*(?:when|in the (?:evaluation|examination|assessment)|in (?:the )?sections?|within the sections?|"
    r"as far as|in the (?:upper abdominal|lung|mediastinal|bone)\s(?:sections?|window)|"
    r"in (?:non-contrast|the study))[^,;:]*,",
    re.IGNORECASE,
)
_TURNS = re.compile(r"\b(?:tend\w*|turn\w*|transform\w*)\b", re.IGNORECASE)
_HYPHEN = re.compile(r"\s?[-–/]\s?(?!like|style|form)(?:[a-z]+\s){0,2}", re.IGNORECASE)
_OWN_NOUN = frozenset({"organ", "side"})
_ADJECTIVE = re.compile(r"\b(?:prominent|pronounced|evident|marked)$", re.IGNORECASE)
"""Right before a noun, without ``in`` or ``on``, said of that noun: ``more prominent pleural leaves``."""
_MIXED = frozenset({"ground_glass", "consolidation"})
"""Kinds that lie in each other; other names joined by a hyphen may be two names of one thing."""
_SEVERAL = re.compile(r"\b(?:few|several|multiple|many|numerous|some|two|three|four)\b", re.IGNORECASE)
_SPOILS = (("past", "past"), ("doubt", "hedged"), ("unless", "unclear"))
"""Words that spoil a clause, and what its findings are then."""
_AFTER_MEANING = frozenset({*PLACE_KINDS, "measure", "largest", "prominent", "next", "into", "with"})
_VERBS = frozenset({"is", "are", "was", "were", ",", "in", "at", "on"})


def read_sentence(sentence: Sentence) -> list[Statement]:
    """Read one sentence, clause by clause; headings state nothing.

    Examples
    --------
    >>> text = "In the evaluation of both lungs; a nodule in the right lower lobe."
    >>> [(s.status, sorted(s.sides)) for s in read_sentence(Sentence("findings", 0, 0, len(text), text))]
    [('read', ['right'])]
    """
    chunks = read_chunks(sentence.text)
    if not any(one.kind == "finding" for one in chunks):
        return mentioned(sentence, in_other_words(sentence.text, ()), OTHER_WORDS)
    heading = _HEADING.match(sentence.text)
    if heading and not any(one.kind == "finding" and one.start < heading.end() for one in chunks):
        chunks = [one for one in chunks if one.start >= heading.end()]
    clauses = (_Clause(sentence, clause) for clause in _clauses(chunks))
    found = [one for clause in clauses if clause.findings for one in clause.read_all()]
    return denied_at_the_end(sentence.text, found)


def mentioned(sentence: Sentence, findings: Iterable[Finding], why: str) -> list[Statement]:
    """Return unclear mentions of findings at all places that a sentence names."""
    clause = _Clause(sentence, read_chunks(sentence.text))
    return [clause.mention(one, why) for one in findings]


def _clauses(chunks: Sequence[Chunk]) -> Iterator[list[Chunk]]:
    clause: list[Chunk] = []
    for one in chunks:
        if one.kind == "mark" and one.value in ";:":
            yield clause
            clause = []
        elif one.value == "no" and _states(clause):
            yield clause[:-1]
            clause = [one]
        else:
            clause.append(one)
    yield clause


def _states(clause: Sequence[Chunk]) -> bool:
    """Whether a clause states something whole before ``and no``: ``nodules are seen, and no mass``."""
    kinds = [one.kind for one in clause]
    verb = any(one.kind == "filler" and one.value in ("is", "are", "was", "were") for one in clause)
    return verb and kinds[-1] == "and" and "finding" in kinds and "not" not in kinds


class _Clause:
    """One clause of a sentence, read as a whole."""

    def __init__(self, sentence: Sentence, chunks: list[Chunk]) -> None:
        self.sentence, self.chunks = sentence, chunks
        self.findings = [one for one in chunks if one.kind == "finding"]
        self.span = (chunks[0].start, chunks[-1].end) if chunks else (0, 0)

    def read_all(self) -> list[Statement]:
        """Return its statements, and what it speaks of in other words."""
        found = self.read()
        if all(one.status == "denied" for one in found):
            return found
        named = {one.finding.family for one in found}
        return found + [self.mention(one, OTHER_WORDS) for one in in_other_words(self._text, named)]

    def mention(self, finding: Finding, why: str) -> Statement:
        """Return an unclear mention of a finding at the places that the clause names."""
        units = tuple(self._raw_units())
        return Statement(self.sentence, finding, True, "unclear", self.span, units, self._sizes(), why=why)

    def read(self) -> list[Statement]:
        """Return its statements; those that cannot be used carry the reason."""
        refused = self._refused()
        if refused is not None:
            status, why = refused
            return [self._unread(one, status, why) for one in self.findings]
        certain, hedged = _without_meaning(self.chunks)
        found = [self._unread(one, "hedged", INTERPRETED) for one in hedged]
        left = [one for one in certain if one.kind == "finding"]
        if not left:
            return found
        try:
            groups = read_groups(self._joined_apart(certain))
            return found + [one for group in groups for one in self._of_group(group, alone=len(groups) == 1)]
        except Unclear as unclear:
            return found + [self._unread(one, "unclear", str(unclear)) for one in left]

    def _joined_apart(self, chunks: Sequence[Chunk]) -> list[Chunk]:
        """Put ``and`` between findings that a hyphen joins; refuse two names of one thing, and what turns."""
        found: list[Chunk] = []
        before: Chunk | None = None
        for one, after in pairwise(chunks):
            if one.kind == "prominent" and after.kind in _OWN_NOUN and _ADJECTIVE.search(one.value):
                raise Unclear("prominent is another thing")
        for one in chunks:
            if one.kind == "finding":
                between = self.sentence.text[before.end : one.start] if before else ""
                if _TURNS.search(between):
                    raise Unclear("one turns into the other")
                if before and before.value != one.value and _HYPHEN.fullmatch(between):
                    if not one.plural and {before.value, one.value} != _MIXED:
                        raise Unclear("two names of one thing")
                    found.append(Chunk("and", "and", before.end, before.end))
                before = one
            elif one.kind in ("and", "measure", *PLACE_KINDS) and one.kind != "zone":
                before = None
            found.append(one)
        return found

    @property
    def _text(self) -> str:
        return self.sentence.text[slice(*self.span)]

    def _refused(self) -> tuple[str, str] | None:
        """Return status and reason where nothing of the clause is read."""
        kinds = {one.kind for one in self.chunks}
        if "not" in kinds and not_seen_before(self._text):
            return "past", "not seen before"
        if "not" in kinds:
            clean = "unless" not in kinds and plainly_denied(self._text, self.chunks)
            return ("denied", "denied") if clean else ("unclear", "beside a denial")
        for kind, status in _SPOILS:
            if kind in kinds:
                return status, next(one.value for one in self.chunks if one.kind == kind)
        asks = any(one.kind == "mark" and one.value == "?" for one in self.chunks)
        return ("hedged", "?") if asks else None

    def _unread(self, chunk: Chunk, status: str, why: str) -> Statement:
        assert chunk.finding is not None
        return Statement(
            self.sentence, chunk.finding, chunk.plural, status, self.span, tuple(self._raw_units()),
            self._sizes(), qualified=qualified(self._text, chunk.value), why=why,
        )  # fmt: skip

    def _raw_units(self) -> Iterator[Unit]:
        """Yield the sides and lobes that the clause names, each by itself."""
        for one in self.chunks:
            if one.kind == "side":
                sides = BOTH if one.value == "both" else frozenset({one.value})
                yield Unit(one.start, one.end, sides=sides)
            elif one.kind == "lobe":
                yield Unit(one.start, one.end, lobe=one.value)
            elif one.kind == "station":
                yield Unit(one.start, one.end, station=one.value, parts=(one.value,))
            elif one.kind in PLACE_KINDS:
                organ = one.value if one.kind == "organ" else ""
                yield Unit(one.start, one.end, organ=organ, parts=(one.value,))

    def _sizes(self, chunks: Sequence[Chunk] | None = None) -> tuple[Measure, ...]:
        """The sizes of the clause, or those that stand at the given chunks."""
        starts = None if chunks is None else {one.start for one in chunks}
        first, last = self.span
        return tuple(
            one
            for one in measures(self.sentence.text)
            if (first <= one.start < last if starts is None else one.start in starts)
        )

    def _of_group(self, group: Group, *, alone: bool) -> Iterator[Statement]:
        only = len(group.findings) == 1
        for chunk, zones in zip(group.findings, group.zones, strict=True):
            assert chunk.finding is not None
            counted = _SEVERAL.search(self.sentence.text[self.span[0] : chunk.start]) is not None
            several = (chunk.plural or (counted and alone and only)) and not group.largest
            scattered = len(group.units) > 1 or any(one.sides == BOTH for one in group.units)
            counted_one = chunk.finding.name in COUNTED and chunk.finding.name != "lymph_node"
            if counted_one and not several and scattered and not group.largest_units:
                raise Unclear("one finding, several places")
            prominent = frozenset[str]().union(*(one.sides for one in group.prominent))
            given = frozenset[str]().union(*(one.sides for one in group.units))
            if given and not prominent <= given:
                raise Unclear("prominent in another place")
            if group.unplaced:
                yield replace(self._unread(chunk, "unclear", "no place of its own"), sizes=())
                continue
            units = group.units
            if not units and prominent == BOTH and all(one.lung for one in group.prominent):
                first = group.prominent[0]  # more of it in both lungs: it is in both
                units = (Unit(first.start, first.end, organ=first.organ or "lung", sides=BOTH),)
            own = Statement(
                self.sentence,
                chunk.finding,
                plural=several or _apart(units, counted=chunk.finding.name in COUNTED),
                status="read",
                clause=self.span,
                units=_with_zones(chunk, units, zones),
                sizes=self._sizes(group.sizes),
                relations=tuple(group.relations) if only else (),
                prominent=group.prominent,
                largest=group.largest,
                alone=alone and only,
            )
            yield own
            if only and (group.largest_units or group.largest_relations):
                yield self._of_largest(own, group)

    def _of_largest(self, own: Statement, group: Group) -> Statement:
        units = group.largest_units or (own.units if len(own.units) == 1 else ())
        named = any(one.station for one in units)  # a station of its own, of a list of nodes
        if len(own.sides) == 1 and not named and not any(one.sides for one in units):
            units = tuple(replace(one, sides=own.sides) for one in units)
        organs = {one.organ for one in own.units if one.organ}
        if len(organs) == 1 and not named:
            units = tuple(replace(one, organ=one.organ or next(iter(organs))) for one in units)
        found = frozenset[str]().union(*(one.sides for one in units))
        if len(units) > 1 or len(found) > 1:
            units, found = (), frozenset()
        if own.sides and not found <= own.sides:
            raise Unclear("place of the largest")
        return replace(
            own, plural=False, units=units, sizes=self._sizes(group.largest_sizes), largest=True,
            relations=tuple(group.largest_relations), prominent=(),
        )  # fmt: skip


def _apart(units: Sequence[Unit], *, counted: bool) -> bool:
    """Whether places are different ones, not one told in two pieces (``the superior segment, lateral``).

    What is not counted may reach through several segments of a lobe.
    """
    return any(
        one.sides != other.sides
        or one.lobe != other.lobe
        or not one.lobe
        or (counted and one.segments and other.segments)
        for one, other in combinations(units, 2)
    )


def _with_zones(chunk: Chunk, units: tuple[Unit, ...], zones: tuple[str, ...]) -> tuple[Unit, ...]:
    """Add how near the pleura a finding lies; said alone (``subpleural nodules``), that is its place."""
    if not units and zones:
        units = (Unit(chunk.start, chunk.end),)
    return tuple(replace(one, zones=(*one.zones, *zones)) for one in units)


def _without_meaning(clause: Sequence[Chunk]) -> tuple[list[Chunk], list[Chunk]]:
    """Take out what the report makes of what it sees (``consistent with``, ``evaluated in favor of``)."""
    kept: list[Chunk] = []
    hedged: list[Chunk] = []
    skipping = ""
    for one in clause:
        if one.kind == "means" and skipping != "rest":
            tail = one.value.startswith(("evaluated", "interpreted", "considered", "thought"))
            skipping = "rest" if tail else "name"
        elif one.kind == "end":
            skipping = "rest"
        elif skipping == "name" and (one.kind in _AFTER_MEANING or one.value in _VERBS):
            skipping = ""
        if not skipping:
            kept.append(one)
        elif one.kind == "finding":
            hedged.append(one)
    return kept, hedged
