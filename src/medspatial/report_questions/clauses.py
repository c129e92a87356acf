"""Reads sentences clause by clause: headings state nothing, what is denied, past or hedged is no finding."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import combinations, pairwise

from medspatial.cases.ct_rate import Report
from medspatial.report_questions.chunks import Chunk, read_chunks
from medspatial.report_questions.findings import COUNTED, Finding
from medspatial.report_questions.grammar import Group, Unclear, read_groups
from medspatial.report_questions.language import Measure, measures
from medspatial.report_questions.other_words import PARTLY, SIMILAR, in_other_words
from medspatial.report_questions.pieces import BOTH, PLACE_KINDS
from medspatial.report_questions.places import Unit
from medspatial.report_questions.sentences import Sentence, sentences
from medspatial.report_questions.statements import A_PART, OTHER_WORDS, SIMILAR_ONE, Reading, Statement

_NONE = re.compile(r"\b(?:none|absent|nil|negative)\W*$", re.IGNORECASE)
_HEADING = re.compile(
    r"^\s*(?:when|in the (?:evaluation|examination|assessment)|in (?:the )?sections?|within the sections?|"
    r"as far as|in the (?:upper abdominal|lung|mediastinal|bone)\s(?:sections?|window)|"
    r"in (?:non-contrast|the study))[^,;:]*,",
    re.IGNORECASE,
)
_SEEN = "detected|observed|seen|found|noted|present|encountered|visible|distinguished|determined"
_DENIED = re.compile(
    r"^\W*(?:there (?:is|are|was|were) )?(?:no|neither)\b|"
    rf"\b(?:was|were|is|are|has|have)(?: been)? not (?:been )?(?:\w+ly )?(?:{_SEEN})|"
    r"\bno\b.*\b(?:was|were|is|are) (?:detected|observed|seen)",
    re.IGNORECASE,
)
_DENIAL = re.compile(r"\b(?:no|not|without|nor|neither)\b", re.IGNORECASE)
_STATED = re.compile(
    r"\b(?:is|are|was|were) (?:observed|seen|detected|present|noted)\b|\bthere (?:is|are)\b.*\w{4,}.*,",
    re.IGNORECASE,
)
_THERE = re.compile(r"\bthere (?:is|are|was|were)\b(?! no\b)", re.IGNORECASE)
_VERB = re.compile(r"\b(?:is|are|was|were) (?:observed|seen|detected|present|noted)\b", re.IGNORECASE)
"""After a denial these state something: a clause that goes on so is no plain denial."""
_QUALIFIED = re.compile(
    r"\b(patholog\w*|active|significan\w*|suspicious|other|additional|new\w*|mass|obvious|prominent|enlarged|"
    r"lytic|destructive|space|occup\w*|acute|recent|free|size[sd]?|apart|except|distinguishable|massive)\b",
    re.IGNORECASE,
)
_MASS_AND_NODULE = re.compile(r"\bmass(?:es)?\b(?=[\s,/-]*(?:or )?nodul)", re.IGNORECASE)
"""``No mass-nodule`` denies both; of nodules, ``mass`` is no qualification."""
_TURNS = re.compile(r"\b(?:tend\w*|turn\w*|transform\w*)\b", re.IGNORECASE)
_HYPHEN = re.compile(r"\s?[-–/]\s?(?!like|style|form)(?:[a-z]+\s){0,2}", re.IGNORECASE)
_OWN_NOUN = frozenset({"organ", "side"})
_ADJECTIVE = re.compile(r"\b(?:prominent|pronounced|evident|marked)$", re.IGNORECASE)
"""Right before a noun, without ``in`` or ``on``, said of that noun: ``more prominent pleural leaves``."""
_MIXED = frozenset({"ground_glass", "consolidation"})
"""Kinds that lie in each other; other names joined by a hyphen may be two names of one thing."""
_NOT_BEFORE = re.compile(
    r"\bnot (?:\w+ ){0,4}(?:in|on) (?:the |his |her )?(?:previous|prior|old|last|earlier|former)\b",
    re.IGNORECASE,
)
_SEVERAL = re.compile(r"\b(?:few|several|multiple|many|numerous|some|two|three|four)\b", re.IGNORECASE)
INTERPRETED = "an interpretation"
"""Why a finding is hedged that the report only names to say what it makes of another."""
_SPOILS = (("past", "past"), ("doubt", "hedged"), ("unless", "unclear"))
"""Words that spoil a clause, and what its findings are then."""
_AFTER_MEANING = frozenset({*PLACE_KINDS, "measure", "largest", "prominent", "next", "into", "with"})
_VERBS = frozenset({"is", "are", "was", "were", ",", "in", "at", "on"})


def read_report(report: Report) -> Reading:
    """Read all sentences of a report."""
    reading = Reading()
    before: list[Statement] = []
    for sentence in sentences(report):
        found = read_sentence(sentence)
        if before and before[0].sentence.section == sentence.section:
            found = _parts(sentence, found, before) + _similar(sentence, found, before)
        reading.statements += found
        before = [
            one
            for one in found
            if one.status == "read" or (one.status not in ("denied", "hedged") and one.units)
            if one.why != A_PART
        ] or before
    return reading


def _parts(sentence: Sentence, found: list[Statement], before: Sequence[Statement]) -> list[Statement]:
    """Let what a sentence says of the findings before it lie wherever these lie, unclear.

    It says what has become of a part of them (``they tend to consolidate``), or what they are taken for.
    """
    units = tuple(unit for one in before for unit in one.units)
    partly = PARTLY.search(sentence.text) is not None
    return [
        replace(one, status="unclear", units=units, why=A_PART)
        if not one.units and (one.why == INTERPRETED or (partly and one.status in ("read", "unclear")))
        else one
        for one in found
    ]


def _similar(sentence: Sentence, found: Sequence[Statement], before: Sequence[Statement]) -> list[Statement]:
    """Return what the sentence before found as unclear mentions, where this one says ``a similar one``."""
    if not SIMILAR.search(sentence.text) or any(one.status == "denied" for one in found):
        return []
    clause = _Clause(sentence, read_chunks(sentence.text))
    named = {one.finding.family for one in found}
    kinds = {one.finding.name: one.finding for one in before if one.finding.family not in named}
    return [clause.mention(one, SIMILAR_ONE) for one in kinds.values()]


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
        clause = _Clause(sentence, chunks)
        return [clause.mention(one, OTHER_WORDS) for one in in_other_words(sentence.text, ())]
    heading = _HEADING.match(sentence.text)
    if heading and not any(one.kind == "finding" and one.start < heading.end() for one in chunks):
        chunks = [one for one in chunks if one.start >= heading.end()]
    clauses = (_Clause(sentence, clause) for clause in _clauses(chunks))
    found = [one for clause in clauses if clause.findings for one in clause.read_all()]
    return _denied_at_the_end(sentence.text, found) if _NONE.search(sentence.text) else found


def _denied_at_the_end(text: str, found: list[Statement]) -> list[Statement]:
    """Deny what stands before a last ``none`` (``Nodules: none``); what else stands there is unclear."""
    start = text.rfind(";") + 1
    last = found[-1]
    return [
        one if one.clause[0] < start
        else replace(one, status="denied", why="denied") if one.finding == last.finding
        else replace(one, status="unclear", why="beside a denial")
        for one in found
    ]  # fmt: skip


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
        if "not" in kinds and _NOT_BEFORE.search(self._text):
            return "past", "not seen before"
        if "not" in kinds:
            clean = "unless" not in kinds and self._plainly_denied()
            return ("denied", "denied") if clean else ("unclear", "beside a denial")
        for kind, status in _SPOILS:
            if kind in kinds:
                return status, next(one.value for one in self.chunks if one.kind == kind)
        asks = any(one.kind == "mark" and one.value == "?" for one in self.chunks)
        return ("hedged", "?") if asks else None

    def _plainly_denied(self) -> bool:
        """Whether the clause denies all that it names, and goes on to state nothing."""
        before, *rest = _DENIAL.split(self._text, maxsplit=1)
        after = "".join(rest)
        word = next(one for one in self.chunks if one.kind == "not")
        own_verb = 0 if word.value == "not" else 1  # "no nodule was seen" has a verb after the denial
        named_before = word.value != "not" and any(one.start < word.start for one in self.findings)
        stated = _STATED.search(before) or _THERE.search(after) or len(_VERB.findall(after)) > own_verb
        return _DENIED.search(self._text) is not None and not stated and not named_before

    def _unread(self, chunk: Chunk, status: str, why: str) -> Statement:
        assert chunk.finding is not None
        return Statement(
            self.sentence, chunk.finding, chunk.plural, status, self.span, tuple(self._raw_units()),
            self._sizes(), qualified=self._qualified(chunk), why=why,
        )  # fmt: skip

    def _qualified(self, chunk: Chunk) -> bool:
        """Whether the clause speaks of some of a finding only (``no enlarged nodes``)."""
        text = _MASS_AND_NODULE.sub("", self._text) if chunk.value == "nodule" else self._text
        return _QUALIFIED.search(text) is not None

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
                plural=several or _apart(units),
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


def _apart(units: Sequence[Unit]) -> bool:
    """Whether places are different ones, not one told in two pieces (``the superior segment, lateral``)."""
    return any(
        one.sides != other.sides
        or one.lobe != other.lobe
        or not one.lobe
        or (one.segments and other.segments)
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
