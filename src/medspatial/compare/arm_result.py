"""What control arms show: contrasts, consistency, grounding, causes."""

from __future__ import annotations

from typing import Literal

from medspatial.compare.accuracy_result import Interval
from medspatial.records import Record


class ArmContrast(Record):
    """Accuracy in the reference arm minus accuracy in a control arm, on the questions of both."""

    model: str
    arm: str
    reference_arm: str
    n: int
    clusters: int
    reference_accuracy: float
    arm_accuracy: float
    gain: float
    interval: Interval | None = None
    p: float
    p_holm: float = 1.0


class Consistency(Record):
    """Whether a model holds its answer, or turns it, as the control arm demands.

    Attributes
    ----------
    kind
        ``"turning"``: the reference answer differs between the two arms (mirrored side questions);
        ``"standing"``: it is the same.
    both_right, exactly_one, neither
        Shares of the linked pairs; they add up to 1.
    consistent
        Share of pairs with equal verdicts: both right or both wrong.
    same_answer
        Share of pairs answered with the same words, right or wrong: 1 on turning pairs means that
        the image was not looked at. None where no answer was extracted.
    inverted
        Turning pairs only: both arms answered with the *other* arm's reference. A model that reads
        the image mirrored has it near 1.
    """

    model: str
    arm: str
    kind: Literal["turning", "standing"]
    n: int
    clusters: int
    both_right: float
    both_right_interval: Interval | None = None
    exactly_one: float
    neither: float
    consistent: float
    consistent_interval: Interval | None = None
    same_answer: float | None = None
    inverted: float | None = None


class Grounding(Record):
    """How much of the answers comes from the image: 0 none, 1 all, below 0 read the wrong way round.

    The definition and its properties stand in ``docs/statistics.md``.

    Attributes
    ----------
    value, interval
        Mean of the parts that could be measured.
    turning, turning_interval, turning_n
        From questions whose answer turns in the mirrored arm.
    gain, gain_interval, gain_n
        From the other questions: gain over the blind arms as a share of what could be gained.
    blind_arms
        The arms that stood for an unseen image.
    verdict
        ``grounded``, ``not shown``, or ``mirrored`` (the interval of ``turning`` lies below 0).
    """

    model: str
    value: float
    interval: Interval
    clusters: int
    turning: float | None = None
    turning_interval: Interval | None = None
    turning_n: int = 0
    gain: float | None = None
    gain_interval: Interval | None = None
    gain_n: int = 0
    blind_arms: tuple[str, ...] = ()
    verdict: Literal["grounded", "not shown", "mirrored"]


class WithInterval(Record):
    """A difference of two shares, or a share, with its interval by patient."""

    value: float
    interval: Interval


class CausalGrounding(Record):
    """What answers rest on: the evidence of their questions, or anything else.

    Over the questions judged in the reference arm, without the evidence, and with as much of the irrelevant
    taken away.

    Attributes
    ----------
    category
        None for all questions together.
    accuracy, accuracy_without
        In the reference arm, and without the evidence.
    evidence, irrelevant
        Accuracy lost with the evidence, and with as many voxels elsewhere.
    grounding
        Their difference: 0 where the evidence counts no more than anything else; 1 where all answers are
        right and all are lost with it. Who guesses when nothing is there reaches 1 less chance.
    changed_evidence, changed_irrelevant
        Shares of answers that became other ones, right or wrong: who reads the image mirrored has a
        grounding of 0 and answers that change with the evidence.
    """

    model: str
    category: str | None = None
    n: int
    clusters: int
    accuracy: float
    accuracy_without: float
    evidence: WithInterval
    irrelevant: WithInterval
    grounding: WithInterval
    changed_evidence: float
    changed_irrelevant: float
    verdict: Literal["grounded", "not shown"]


class Abstention(Record):
    """Whether a model declines questions that nobody could answer.

    Attributes
    ----------
    arm
        ``false_premise`` or ``unanswerable_crop``.
    declined
        Share declined there, where it is right; the rest are false answers.
    needless
        Share of the same questions declined in arm ``abstain_offered``, where they can be answered; None
        without that arm.
    told_apart
        ``declined - needless``: 0 for who always or never declines.
    """

    model: str
    arm: str
    category: str | None = None
    n: int
    clusters: int
    declined: WithInterval
    needless: WithInterval | None = None
    told_apart: WithInterval | None = None


class CauseCases(Record):
    """The questions in which a model shows one kind of fault that the evidence arms bring out.

    Attributes
    ----------
    kind
        ``right_without_evidence``: right, and right again when the evidence is gone.
        ``lost_with_irrelevant``: right, and no longer when something else is gone.
        ``kept_after_move``: the answer stayed, though the lesion was moved so that it is another one.
        ``false_answer``: an answer where nobody could know.
        ``declined_needlessly``: none where the scan tells it.
    """

    model: str
    kind: Literal[
        "right_without_evidence",
        "lost_with_irrelevant",
        "kept_after_move",
        "false_answer",
        "declined_needlessly",
    ]
    ids: tuple[str, ...]


class Causes(Record):
    """What the arms that touch the evidence say.

    Attributes
    ----------
    ungrounded
        Ids of the questions that every model answers rightly with and without the evidence.
    cases
        The single questions behind the figures, per model and kind; kinds without a question are left out.
    """

    grounding: tuple[CausalGrounding, ...] = ()
    abstention: tuple[Abstention, ...] = ()
    ungrounded: tuple[str, ...] = ()
    cases: tuple[CauseCases, ...] = ()
