"""What a rule says of one answer."""

from __future__ import annotations

from typing import Literal, NamedTuple

from medspatial.language.refusals import REFUSES
from medspatial.records import NumericAccuracy, Standing

Outcome = Literal["correct", "incorrect", "unanswered", "undecided"]


class Verdict(NamedTuple):
    """One answer's verdict with everything a reader needs to check it.

    Attributes
    ----------
    outcome
        ``undecided`` only for free text that no rule covers: it becomes an unscored row.
    rule
        The rule that decided, ``"R1"`` to ``"R14"``.
    reason
        One sentence.
    extracted
        What was read as the answer.
    trace
        The steps on the way, in order.
    numeric, unit
        How near the given figure came, and the figure's unit; None where no figure was compared.
    """

    outcome: Outcome
    rule: str
    reason: str
    extracted: str | None = None
    trace: tuple[str, ...] = ()
    numeric: NumericAccuracy | None = None
    unit: str | None = None

    @property
    def standing(self) -> Standing:
        """How the reply stands to its answer."""
        if self.rule == "R5" and self.outcome != "correct" and self.extracted != "bilateral":
            return "several"
        if self.outcome in {"correct", "incorrect"}:
            return "hedged" if self.rule == "R6" else "committed"
        return "refused" if self.reason == REFUSES else "none"


def unanswered(rule: str, reason: str, extracted: str | None = None) -> Verdict:
    """Return the verdict for a reply without a usable answer."""
    return Verdict("unanswered", rule, reason, extracted)


def refused() -> Verdict:
    """Return the verdict for a reply that says that it cannot tell."""
    return Verdict("unanswered", "R7", REFUSES)


def decided(correct: bool, rule: str, reason: str, extracted: str | None) -> Verdict:
    """Return correct or incorrect."""
    return Verdict("correct" if correct else "incorrect", rule, reason, extracted)
