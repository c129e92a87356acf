"""Denials: what a clause says is not there, and whether it says so of all that it names."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from medspatial.report_questions.chunks import Chunk
from medspatial.report_questions.statements import Statement

_NONE = re.compile(r"\b(?:none|absent|nil|negative)\W*$", re.IGNORECASE)
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
_NOT_BEFORE = re.compile(
    r"\bnot (?:\w+ ){0,4}(?:in|on) (?:the |his |her )?(?:previous|prior|old|last|earlier|former)\b",
    re.IGNORECASE,
)


def not_seen_before(text: str) -> bool:
    """Whether a denial only speaks of an earlier examination."""
    return _NOT_BEFORE.search(text) is not None


def plainly_denied(text: str, chunks: Sequence[Chunk]) -> bool:
    """Whether a clause denies all that it names, and goes on to state nothing.

    Parameters
    ----------
    text, chunks
        The clause; one chunk at least is of the kind ``not``.
    """
    before, *rest = _DENIAL.split(text, maxsplit=1)
    after = "".join(rest)
    word = next(one for one in chunks if one.kind == "not")
    own_verb = 0 if word.value == "not" else 1  # "no nodule was seen" has a verb after the denial
    named_before = word.value != "not" and any(
        one.kind == "finding" and one.start < word.start for one in chunks
    )
    stated = _STATED.search(before) or _THERE.search(after) or len(_VERB.findall(after)) > own_verb
    return _DENIED.search(text) is not None and not stated and not named_before


def qualified(text: str, finding: str) -> bool:
    """Whether a clause speaks of some of a finding only (``no enlarged nodes``)."""
    rest = _MASS_AND_NODULE.sub("", text) if finding == "nodule" else text
    return _QUALIFIED.search(rest) is not None


def denied_at_the_end(text: str, found: list[Statement]) -> list[Statement]:
    """Deny what stands before a last ``none`` (``Nodules: none``); what else stands there is unclear."""
    if not _NONE.search(text) or not found:
        return found
    start = text.rfind(";") + 1
    last = found[-1]
    return [
        one if one.clause[0] < start
        else replace(one, status="denied", why="denied") if one.finding == last.finding
        else replace(one, status="unclear", why="beside a denial")
        for one in found
    ]  # fmt: skip
