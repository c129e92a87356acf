"""What a report states positively: a finding, where it is, how large; what is unclear is left out."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise

from medspatial.cases.ct_rate import Report
from medspatial.questions.reports.findings import Finding, Seen, find_findings
from medspatial.questions.reports.language import EARLIER, NEGATION, Measure, measures, seen_part
from medspatial.questions.reports.places import Place, find_places
from medspatial.questions.reports.sentences import Sentence, sentences

_JOINED = re.compile(
    r"^[\s,/&]*(?:\b(?:and|or|with|accompanying|accompanied by|as well as|mild|minimal|slight|a few|few|"
    r"several|focal|nodular|patchy|linear|millimetric|small|diffuse|peripheral|subpleural|the|a|an|in|tiny|"
    r"some|subsegmental|fibrotic|minimally|slightly|peribronchial|sequelae?|areas? of|nonspecific|calcific|"
    r"calcified|air|bilateral|multiple|scattered|thin|thick)\b[\s,/&\-]*)*$",
    re.IGNORECASE,
)
_NEXT = re.compile(
    r",\s+(?:and\s+)?(?=(?:a|an|another|there|few|several|millimetric|minimal|mild|the)\b)", re.IGNORECASE
)
_BREAK = re.compile(r"[;,:]|\b(?:but|however|except|apart from|other than)\b", re.IGNORECASE)
_DENIAL = re.compile(r"\b(?:no|not|none|without|absen(?:t|ce)|neither|nor)\b", re.IGNORECASE)
_STRONGEST = re.compile(r"\bmost (?:prominent|evident|marked|pronounced|obvious|intense)\b", re.IGNORECASE)
_LARGEST = re.compile(r"\b(largest|biggest|greatest|thickest|the larger)\b", re.IGNORECASE)


@dataclass(frozen=True)
class Statement:
    """One finding with its place, out of one sentence.

    Attributes
    ----------
    place
        Where it lies; None where only a relation or the most prominent place is stated.
    relation, prominent
        A structure it is related to, and the place where it is strongest.
    size
        Its only size in the clause, and whether it is that of the largest of several.
    clause
        Offsets in the sentence of what was read.
    """

    sentence: Sentence
    seen: Seen
    place: Place | None
    relation: Place | None
    prominent: Place | None
    size: Measure | None
    largest: bool
    clause: tuple[int, int]

    @property
    def finding(self) -> Finding:
        """The finding."""
        return self.seen.finding

    @property
    def text(self) -> str:
        """The clause."""
        return self.sentence.text[slice(*self.clause)]

    def words(self, place: Place) -> str:
        """The report's own words for a place."""
        return " ".join(self.sentence.text[place.start : place.end].split())


@dataclass
class Reading:
    """All statements of a report, and sentences about findings that were not read, by rule."""

    statements: list[Statement] = field(default_factory=list)
    unread: list[tuple[str, Sentence, tuple[str, ...]]] = field(default_factory=list)

    def unread_findings(self) -> frozenset[str]:
        """Names of findings that a sentence mentions positively but unclearly."""
        return frozenset(
            name for rule, _, names in self.unread if rule not in ("negated", "nothing") for name in names
        )


def read_report(report: Report) -> Reading:
    """Read all sentences of a report."""
    reading = Reading()
    for sentence in sentences(report):
        _read(sentence, reading)
    return reading


def _read(sentence: Sentence, reading: Reading) -> None:
    seen = _heads(sentence.text, find_findings(seen_part(sentence.text)))
    if not seen:
        return
    names = tuple(dict.fromkeys(one.finding.name for one in seen))
    if NEGATION.search(sentence.text):
        rest = tuple(one.finding.name for one in seen if not _denied(sentence.text, one))
        denied = tuple(name for name in names if name not in rest)
        reading.unread += [("negated", sentence, denied)] if denied else []
        reading.unread += [("partly negated", sentence, rest)] if rest else []
        return
    if EARLIER.search(sentence.text):
        reading.unread.append(("earlier", sentence, names))
        return
    found = 0
    for start, end, inner in _clauses(sentence.text, seen):
        statements = list(_statements(sentence, start, end, inner))
        reading.statements += statements
        found += len(statements)
        if not statements:
            own = tuple(dict.fromkeys(one.finding.name for one in inner))
            reading.unread.append(("unclear", sentence, own))


def _denied(text: str, seen: Seen) -> bool:
    """Whether a denial stands in the finding's own clause; else the finding may well be there."""
    start = max((match.end() for match in _BREAK.finditer(text, 0, seen.start)), default=0)
    end = _BREAK.search(text, seen.end)
    return _DENIAL.search(text, start, end.start() if end else len(text)) is not None


def _heads(text: str, seen: list[Seen]) -> list[Seen]:
    """Keep the head of a compound (``sequela calcific nodule``: nodule), no likeness (``mass-like``)."""
    kept = []
    for place, one in enumerate(seen):
        following = seen[place + 1] if place + 1 < len(seen) else None
        gap = text[one.end : following.start] if following else ""
        if following and re.fullmatch(
            r"[\s\-]+(?:(?!and\b|or\b|with\b|in\b|of\b|around\b|accompan|contain|surround|caus)[a-z\-]+[\s\-]+){0,2}",
            gap,
            re.I,
        ):
            continue
        if re.match(r"[\s\-]like\b", text[one.end :]) and not one.finding.name.startswith("ground_glass"):
            continue
        if one.finding.name == "pleural_effusion" and "pericard" in text.lower():
            continue
        kept.append(one)
    return kept


def _clauses(text: str, seen: list[Seen]) -> Iterator[tuple[int, int, list[Seen]]]:
    """Cut a sentence between groups of findings, at a semicolon, comma or ``and``.

    Findings that only joining words separate form one group. Where a cut would leave a group without a
    place of its own, the sentence stays whole, and is then read only if it has one group.
    """
    groups: list[list[Seen]] = []
    for one in seen:
        if groups and _JOINED.match(text[groups[-1][-1].end : one.start]):
            groups[-1].append(one)
        else:
            groups.append([one])
    if len(groups) == 1:
        yield 0, len(text), seen
        return
    cuts = [_cut(text, first[-1].end, second[0].start) for first, second in pairwise(groups)]
    if any(cut is None for cut in cuts):
        yield 0, len(text), seen  # several groups in one clause: none of them is read
        return
    borders = [0, *(cut for cut in cuts if cut is not None), len(text)]
    for group, start, end in zip(groups, borders, borders[1:], strict=False):
        yield start, end, group


def _cut(text: str, start: int, end: int) -> int | None:
    """Return where to cut between two findings: a semicolon, else the only comma-like place."""
    semicolon = text.find(";", start, end)
    if semicolon >= 0:
        return semicolon + 1
    found = list(
        re.finditer(
            r",\s+(?:and\s+)?(?=(?:a|an|another|there|few|several|millimetric|minimal|mild)\b)",
            text[start:end],
        )
    )
    return start + found[-1].start() + 1 if found else None


_PREFACE = re.compile(
    r"^[^;:]*\b(?:window|examined|evaluation|as far as|in the sections?|within the sections?)\b[^;:]*[;:]",
    re.IGNORECASE,
)


def _observed(text: str) -> str:
    """Blank out doubt and the phrase that only says where one looked (``in the lung window;``)."""
    text = seen_part(text)
    preface = _PREFACE.match(text)
    return text if preface is None else " " * preface.end() + text[preface.end() :]


def _statements(sentence: Sentence, start: int, end: int, seen: list[Seen]) -> Iterator[Statement]:
    text = _observed(sentence.text)
    padded = " " * start + text[start:end]
    if not _one_group(padded, seen) or _STRONGEST.search(padded[: seen[0].start]):
        return
    places = find_places(padded, [(one.start, one.end) for one in seen])
    plain = [one for one in places if one.relation is None and not one.prominent]
    related = [one for one in places if one.relation]
    prominent = [one for one in places if one.prominent]
    if len(plain) > 1 or len(related) > 1 or len(prominent) > 1 or not places:
        return
    if _leftover(padded, places, seen):
        return
    sizes = list(measures(padded))
    size = sizes[0] if len(sizes) == 1 and len(seen) == 1 and not sizes[0].bounded else None
    for one in seen:
        yield Statement(
            sentence,
            one,
            plain[0] if plain else None,
            related[0] if related else None,
            prominent[0] if prominent else None,
            size,
            _LARGEST.search(padded) is not None,
            (start, end),
        )


_PLACE_WORD = re.compile(
    r"\b(?:lobes?|segments?|lungs?|lingula\w*|ap[ei]x\w*|fissures?|hemithorax|left|right|bilateral\w*|both|zones?|"
    r"\w*basal|kidneys?|hilar|paratracheal|subcarinal|vertebra\w*|ribs?|sides?|[CTDLS]-?\d{1,2})\b",
    re.IGNORECASE,
)


def _leftover(text: str, places: list[Place], seen: list[Seen]) -> bool:
    """Whether the clause says more about place than was read; half an answer is a wrong one."""
    for start, end in [*((one.start, one.end) for one in places), *((one.start, one.end) for one in seen)]:
        text = text[:start] + " " * (end - start) + text[end:]
    return _PLACE_WORD.search(text) is not None


def _one_group(text: str, seen: list[Seen]) -> bool:
    return all(_JOINED.match(text[first.end : second.start]) for first, second in pairwise(seen))
