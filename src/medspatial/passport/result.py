"""What a passport says, as records."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

from pydantic import Field

from medspatial.records import Record

_EXAMPLES = 5


class Kind(StrEnum):
    """What can be wrong with a set."""

    SIDES = "side differs from the masks"
    SIZES = "figure differs from the masks"
    ANSWERS = "answer differs from the masks"
    UNITS = "unit"
    SPACING = "spacing"
    NO_SPACING = "lengths asked without spacing"
    IMAGES_REFUSED = "image or masks cannot be right"
    CASES_UNKNOWN = "case not found"
    REPEATED = "question repeated"
    NEARLY_REPEATED = "question nearly repeated"
    CONTRADICTED = "same question, different answers"
    LETTERS = "options inside the question"
    TOLD = "answer inside the question"
    OPTIONS_ALIKE = "options that are the same"
    OPTIONS_LOST = "closed question without its options"
    SKEWED = "one answer nearly always right"
    LETTER_SKEW = "one letter right too often"
    GUESSABLE = "guessed from the text"
    PATIENTS_UNKNOWN = "patients not stated"
    PATIENTS_DIFFER = "patient contradicts"
    LICENCE = "licence against the source's"


class Alarm(Record):
    """One kind of fault, with how many questions (or cases) show it.

    Attributes
    ----------
    text
        The rule and the figures, one sentence.
    examples
        Up to five ids of questions, or of cases, each with what is wrong with it.
    """

    kind: Kind
    count: int
    text: str
    examples: tuple[str, ...] = ()


def alarm(kind: Kind, text: str, found: Sequence[str]) -> list[Alarm]:
    """Return an alarm about what was found, none where nothing was."""
    if not found:
        return []
    return [Alarm(kind=kind, count=len(found), text=text, examples=tuple(found[:_EXAMPLES]))]


class Power(Record):
    """What the set can find, at an assumed likeness of the questions of one patient.

    Attributes
    ----------
    icc
        Assumed correlation of two verdicts on one patient.
    design_effect, effective_n
        ``1 + (m - 1) icc``, and the number of questions divided by it; `m` is the mean number of questions
        that a question shares its patient with, itself included.
    smallest_difference
        Between two models, found with power 80 % at 5 %; None where so few patients can show none.
    """

    icc: float
    design_effect: float
    effective_n: float
    smallest_difference: float | None


class ImageFacts(Record):
    """Images and masks of the cases that are asked about."""

    cases: int
    verdicts: dict[str, int] = Field(default_factory=dict)
    axes: dict[str, int] = Field(default_factory=dict)
    spacing_mm: tuple[tuple[float, float], ...] = ()
    with_masks: int = 0
    assumptions: dict[str, int] = Field(default_factory=dict)


class MaskFacts(Record):
    """Answers measured again.

    Attributes
    ----------
    compared, agree, differ
        Number of questions.
    not_compared
        By reason.
    """

    compared: int = 0
    agree: int = 0
    differ: int = 0
    not_compared: dict[str, int] = Field(default_factory=dict)


class Guessers(Record):
    """Shares in per cent that readers of the text alone reach.

    Attributes
    ----------
    chance
        Drawing one of the options of closed questions.
    closed
        Per guesser, over all closed questions.
    open
        Open questions answered by the commonest answer of other patients to the same words, else of the
        subtype; None without open questions.
    subtypes
        Closed subtypes: verdict ``ok``, ``few`` or ``flagged``.
    """

    chance: float | None = None
    closed: dict[str, float] = Field(default_factory=dict)
    open: float | None = None
    subtypes: dict[str, str] = Field(default_factory=dict)

    @property
    def best(self) -> tuple[str, float] | None:
        """The best guesser of closed questions and its share."""
        return max(self.closed.items(), key=lambda item: item[1], default=None)


class Passport(Record):
    """All that can be said of a set before anybody answers it.

    Attributes
    ----------
    patients_from
        Where patients come from: ``stated``, ``names of CT-RATE``, ``cases`` (the list of cases says) or
        ``each case one`` (nobody says).
    answers
        Commonest answers per subtype of closed questions, at most eight each.
    repeats
        Groups of repeated texts: within a case, across cases, and nearly alike.
    licence, sources
        Of the set, and of what it was made from where that is known.
    alarms, notes, not_checked
        What is wrong; what to know; what could not be looked at, and why.
    """

    name: str
    format: str
    questions: int
    cases: int
    patients: int
    patients_from: str
    closed: int
    open: int
    per_patient: tuple[float, int, int] = (0.0, 0, 0)
    power: tuple[Power, ...] = ()
    discordance: float = 0.0
    guessers: Guessers = Guessers()
    answers: dict[str, dict[str, int]] = Field(default_factory=dict)
    letters: dict[str, float] = Field(default_factory=dict)
    repeats: dict[str, int] = Field(default_factory=dict)
    images: ImageFacts | None = None
    masks: MaskFacts | None = None
    licence: str | None = None
    sources: dict[str, str] = Field(default_factory=dict)
    alarms: tuple[Alarm, ...] = ()
    notes: tuple[str, ...] = ()
    not_checked: tuple[str, ...] = ()

    @property
    def verdict(self) -> str:
        """``no alarm``, or how many kinds of alarm."""
        count = len(self.alarms)
        return "no alarm" if not count else f"{count} alarm{'s' if count > 1 else ''}"
