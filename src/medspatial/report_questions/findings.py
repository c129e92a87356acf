"""What radiologists see: the findings that the rules know, found in sentences by their phrases."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import NamedTuple

COUNTED = frozenset(
    {"nodule", "thyroid_nodule", "mass", "ground_glass_nodule", "bulla", "bleb", "air_cyst", "cavity",
     "granuloma", "cyst", "renal_cyst", "stone", "hypodense_lesion", "adenoma", "hemangioma", "lipoma",
     "port", "pacemaker", "lytic_lesion", "sclerotic_lesion", "pneumothorax", "fracture", "lymph_node"}
)  # fmt: skip
"""Findings that are counted: one of them lies in one place."""


@dataclass(frozen=True)
class Finding:
    """One kind of finding, with its name for questions in singular and plural.

    Attributes
    ----------
    region
        The organ it always lies in, where its kind tells (``pleural effusion``: lung).
    family
        Findings of one family could be taken for each other (a nodule, a ground-glass nodule).
    asked
        Whether its name is precise enough to be asked about.
    """

    name: str
    one: str
    many: str
    phrases: tuple[str, ...]
    region: str = ""
    family: str = ""
    asked: bool = True


class Seen(NamedTuple):
    """A finding in a text, as it stands there."""

    finding: Finding
    start: int
    end: int
    plural: bool

    @property
    def title(self) -> str:
        """Its name for a question, in the number of the text."""
        return self.finding.many if self.plural else self.finding.one


def find_findings(text: str) -> list[Seen]:
    """Return the findings that a text names, in its order; the longest phrase wins.

    Examples
    --------
    >>> [s.title for s in find_findings("Ground-glass densities and a 5 mm nodule")]
    ['ground-glass densities', 'nodule']
    """
    pattern, table = _matcher()
    found = []
    for match in pattern.finditer(text):
        word = re.sub(r"[\s\-]+", " ", match.group().lower())
        finding, plural = table[word]
        found.append(Seen(finding, match.start(), match.end(), plural))
    return found


@cache
def findings() -> tuple[Finding, ...]:
    """Return all findings of the table."""
    text = resources.files("medspatial.report_questions").joinpath("data/findings.json").read_text("utf-8")
    return tuple(Finding(**{**row, "phrases": tuple(row["phrases"])}) for row in json.loads(text))


@cache
def _matcher() -> tuple[re.Pattern[str], dict[str, tuple[Finding, bool]]]:
    table: dict[str, tuple[Finding, bool]] = {}
    for finding in findings():
        for phrase in finding.phrases:
            table.setdefault(phrase, (finding, phrase in ("bullae", "calculi", "bronchiectases", "sequelae")))
            table.setdefault(plural_phrase(phrase), (finding, True))
    ordered = sorted(table, key=len, reverse=True)
    choices = "|".join(re.escape(one).replace(r"\ ", r"[\s\-]+") for one in ordered)
    return re.compile(rf"\b(?:{choices})\b", re.IGNORECASE), table


def plural_phrase(phrase: str) -> str:
    """Return a finding's phrase in the plural."""
    if phrase.endswith("y"):
        return phrase[:-1] + "ies"
    if phrase.endswith("sis"):
        return phrase[:-2] + "es"
    return phrase + ("es" if phrase.endswith(("s", "x")) else "s")
