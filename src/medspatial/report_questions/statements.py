"""What a report states of its findings: where, how large, next to what; what it leaves unclear, and why."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from medspatial.report_questions.findings import COUNTED, Finding
from medspatial.report_questions.grammar import Relation
from medspatial.report_questions.language import Measure
from medspatial.report_questions.places import Unit
from medspatial.report_questions.sentences import Sentence

OTHER_WORDS, SIMILAR_ONE, A_PART = "in other words", "a similar one", "a part of what stands before"
"""Why a mention is unclear that names the finding by no phrase of it."""
ASKED = "asked in brackets"
"""Why a finding is hedged that a report only asks after: ``(atelectasis?)``."""
INTERPRETED = "an interpretation"
"""Why a finding is hedged that the report only names to say what it makes of another."""


@dataclass(frozen=True)
class Statement:
    """One mention of a finding in one clause.

    Attributes
    ----------
    status
        ``read`` (all of it is understood), or why it is not used: ``denied``, ``hedged``, ``past`` or
        ``unclear``.
    units
        The places; for one that is not read, the places named in its clause, whatever they belong to.
    sizes
        Sizes of the clause, or of the largest one; ``largest`` marks the largest of several.
    qualified
        A denial that only speaks of some (``no enlarged lymph node``).
    why
        For one that is not read: the word or order that made it so.
    """

    sentence: Sentence
    finding: Finding
    plural: bool
    status: str
    clause: tuple[int, int]
    units: tuple[Unit, ...] = ()
    sizes: tuple[Measure, ...] = ()
    relations: tuple[Relation, ...] = ()
    prominent: tuple[Unit, ...] = ()
    largest: bool = False
    qualified: bool = False
    alone: bool = True
    why: str = ""

    @property
    def text(self) -> str:
        """The clause."""
        return self.sentence.text[slice(*self.clause)]

    @property
    def sides(self) -> frozenset[str]:
        """All sides that its places give."""
        return frozenset[str]().union(*(one.sides for one in self.units))

    @property
    def sums_up(self) -> bool:
        """Whether an impression only sums up: several, in a lung or both."""
        in_impression = self.sentence.section == "impression" and self.status == "read"
        return in_impression and self.plural and not self.sizes and all(unit.coarse for unit in self.units)

    @property
    def elsewhere(self) -> bool:
        """Whether it says where there is more of it (``more diffuse in the apex``): some lies elsewhere."""
        return self.why.startswith("prominent")

    @property
    def counted(self) -> bool:
        """Whether findings of its kind are counted one by one."""
        return self.finding.name in COUNTED


@dataclass
class Reading:
    """All statements of a report, in its order."""

    statements: list[Statement] = field(default_factory=list)

    def read(self) -> Iterator[Statement]:
        """Yield the statements that are understood."""
        return (one for one in self.statements if one.status == "read")
