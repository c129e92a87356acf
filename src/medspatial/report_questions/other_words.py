"""Mentions of a finding in words that are no phrase of it: it may lie there too, so they are unclear."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from functools import cache

from medspatial.report_questions.findings import Finding, findings

_ROOTS: dict[str, str] = {
    "ground_glass": r"ground[\s-]*glass|frosted[\s-]*glass|\bpatchy\s+(?:\w+\s+){0,2}densit\w+",
    "consolidation": r"consolid\w+",
    "infiltration": r"infiltrat\w+",
    "atelectasis": r"\w*atelecta\w+|collaps\w*|\bnot (?:\w+ )?(?:ventilated|aerated)|\bloss of aeration",
    "emphysema": r"emphysem\w+",
    "bronchiectasis": r"bronchiecta\w+|bronchi\w*\s(?:dilat|ecta)\w+",
    "nodule": r"(?<!schmorl )(?<!schmorl's )\b(?:micro)?nodul\w+",
    "sequela": r"sequel\w+|\w*fibro(?:tic|sis)\w*|scar\w*",
    "mosaic": r"mosaic\w*",
    "cavity": r"cavit\w+",
    "bulla": r"bull(?:a|ae|ous)\b|ble[bp]\w*",
    "pleural_plaque": r"pleura\w*.*\bcalcifi\w+|\bcalcifi\w+.*pleura\w*|plaque-like",
    "tree_in_bud": r"\bbud(?:s|ding)?\b",
    "reticulation": r"reticul\w+",
}
SIMILAR = re.compile(
    r"\b(?:similar(?:ly)?|the same)\b(?!\s+(?:to|as|size|number|level))|"
    r"^\W*(?:it|they|these|this)\b.*\balso\b|"
    r"^\W*(?:however\W+)?the (?:appearance|view|finding)s? (?:is|are) (?:\w+ )?(?:common|present)\b",
    re.IGNORECASE,
)
"""A sentence that speaks of what the sentence before it found."""
PARTLY = re.compile(
    r"\b(?:tend\w*|turn\w* into|transform\w*|becom\w*|accompan\w+|some of|(?:in|to) places?|within them)\b",
    re.IGNORECASE,
)
"""A sentence that says what has become of a part of the findings before it (``they tend to consolidate``)."""


def in_other_words(text: str, named: Collection[str]) -> Iterator[Finding]:
    """Yield the findings whose root stands in a clause that names no finding of their family.

    Examples
    --------
    >>> [one.name for one in in_other_words("Fibrotic recession of the fissure", {"other"})]
    ['sequela']
    """
    for finding, pattern in _roots():
        if finding.family not in named and pattern.search(text):
            yield finding


@cache
def _roots() -> tuple[tuple[Finding, re.Pattern[str]], ...]:
    by_name = {one.name: one for one in findings()}
    return tuple((by_name[name], re.compile(root, re.IGNORECASE)) for name, root in _ROOTS.items())
