"""What a rule says of one answer."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

Outcome = Literal["correct", "incorrect", "unanswered", "undecided"]


@dataclass(frozen=True, slots=True)
class Verdict:
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
    metadata
        Further figures (relative error, band, ...).
    """

    outcome: Outcome
    rule: str
    reason: str
    extracted: str | None = None
    trace: tuple[str, ...] = ()
    metadata: dict[str, Any] = field(default_factory=dict)


def unanswered(rule: str, reason: str, extracted: str | None = None) -> Verdict:
    """Return the verdict for a reply without a usable answer."""
    return Verdict("unanswered", rule, reason, extracted)


def decided(correct: bool, rule: str, reason: str, extracted: str | None) -> Verdict:
    """Return correct or incorrect."""
    return Verdict("correct" if correct else "incorrect", rule, reason, extracted)
