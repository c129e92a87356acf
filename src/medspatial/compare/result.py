"""What a comparison finds, as frozen records that go to JSON and back."""

from __future__ import annotations

from html import escape
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, SerializerFunctionWrapHandler, ValidationError, model_serializer

from medspatial.errors import InputError
from medspatial.records import Record


class Interval(Record):
    """A two-sided interval and the method that gave it.

    Attributes
    ----------
    low, high
        Limits, in the unit of the figure (proportions between 0 and 1, never percent).
    method
        ``"wilson"``, ``"wilson_clustered"``, ``"cluster_t"``, ``"cluster_bootstrap"``, ...
        Definitions stand in ``docs/statistics.md``.
    """

    low: float
    high: float
    method: str


class Accuracy(Record):
    """How one model does on one group of questions.

    ``n = scored + unanswered + unscored + missing`` is the denominator of ``accuracy``: what was
    not answered is not right, and is counted apart.

    Attributes
    ----------
    n, clusters
        Questions and patients of the group.
    correct
        Sum of the verdicts; a whole number unless the metric is graded.
    scored, unanswered, unscored, missing
        With a verdict; replied without a usable answer; no verdict to be had (failed prediction, judge
        error, free text that no rule reads); no row at all.
    failed
        Those of ``unscored`` where no answer came, because the prediction failed.
    accuracy
        ``correct / n``; None for an empty group.
    accuracy_scored
        ``correct / (scored + unanswered)``: without unscored and missing rows, as a metric's own summary
        has it; for comparison only.
    interval
        The main interval (see ``docs/statistics.md``); None for an empty group.
    wilson, cluster_t, bootstrap
        The interval that takes questions as independent; the cluster-robust t interval; the
        percentile interval of the cluster bootstrap. None where not defined.
    se
        Cluster-robust standard error (CR1); None with fewer than two patients.
    design_effect, effective_n
        Clustered variance over the variance of independent questions, and ``n`` over it. None
        where either variance is zero.
    closed, chance, chance_corrected
        Number of closed questions, their mean chance level (mean of 1/options), and the mean of
        ``(verdict - chance) / (1 - chance)`` over them; None without closed questions.
    guess
        Expected accuracy of a guesser on *all* ``n`` questions: chance on the closed ones, 0 on the
        open ones. This is the figure to hold beside ``accuracy``; None for an empty group.
    note
        A sentence when the usual rule could not be used.
    """

    n: int
    clusters: int
    correct: float
    scored: int = 0
    unanswered: int = 0
    unscored: int = 0
    failed: int = 0
    missing: int = 0
    accuracy: float | None = None
    accuracy_scored: float | None = None
    interval: Interval | None = None
    wilson: Interval | None = None
    cluster_t: Interval | None = None
    bootstrap: Interval | None = None
    se: float | None = None
    design_effect: float | None = None
    effective_n: float | None = None
    closed: int = 0
    chance: float | None = None
    chance_corrected: float | None = None
    chance_corrected_interval: Interval | None = None
    guess: float | None = None
    note: str | None = None


class ModelResult(Record):
    """One model in one arm: overall and by group (group name to figures, in stable order)."""

    model: str
    arm: str
    overall: Accuracy
    by_category: dict[str, Accuracy] = Field(default_factory=dict)
    by_subtype: dict[str, Accuracy] = Field(default_factory=dict)
    by_answer_type: dict[str, Accuracy] = Field(default_factory=dict)


class PairedDifference(Record):
    """Accuracy of ``first`` minus accuracy of ``second`` on the same questions.

    Attributes
    ----------
    category
        The category compared; None for all questions.
    se
        Cluster-robust standard error of the difference (CR1).
    interval, bootstrap
        Cluster-robust t interval (the main one; between -1 and 1 for a metric of right and wrong) and
        cluster-bootstrap percentile interval.
    p
        Primary test: two-sided sign-flip permutation by patient.
    p_holm, p_bh
        The same after Holm and after Benjamini-Hochberg, over the pairs of the same table.
    p_exact
        True when every sign pattern was counted, False for a Monte-Carlo ``p``.
    p_least
        The smallest ``p_holm`` that so many patients and pairs allow, all patients agreeing; None in files
        of earlier versions.
    p_t, p_mcnemar, p_mcnemar_mid
        Beside it: t test of the clustered difference; exact and mid-p McNemar (questions taken as
        independent; None for graded metrics).
    n11, n10, n01, n00
        Both right, only the first, only the second, neither (None for graded metrics).
    mde
        Smallest true difference found with power 80 % at the unadjusted level; None where ``p_least`` is
        not below the level, so that no difference can be found.
    significant
        ``p_holm`` is below ``1 - confidence``.
    """

    first: str
    second: str
    arm: str
    category: str | None = None
    n: int
    clusters: int
    difference: float
    se: float | None = None
    interval: Interval | None = None
    bootstrap: Interval | None = None
    p: float
    p_exact: bool = False
    p_least: float | None = None
    p_holm: float = 1.0
    p_bh: float = 1.0
    p_t: float | None = None
    p_mcnemar: float | None = None
    p_mcnemar_mid: float | None = None
    n11: int | None = None
    n10: int | None = None
    n01: int | None = None
    n00: int | None = None
    mde: float | None = None
    significant: bool = False


class CochranQ(Record):
    """Cochran's Q test that all models are equally often right (questions taken as independent)."""

    arm: str
    statistic: float
    df: int
    p: float


class Rank(Record):
    """Rank of a model (1 = best) with its bootstrap interval and its probability of being first."""

    model: str
    arm: str
    rank: float
    low: float
    high: float
    p_best: float


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


class FailureCount(Record):
    """How often one failure class occurs for one model, arm and category (None: all)."""

    model: str
    arm: str
    category: str | None = None
    failure: str
    count: int
    share: float


class Confusion(Record):
    """Counts of reference answer (rows) against given answer (columns).

    ``columns`` are ``labels`` and, behind them, ``"other"`` and ``"no answer"``.
    """

    model: str
    arm: str
    kind: Literal["side", "structure", "level"]
    labels: tuple[str, ...]
    columns: tuple[str, ...]
    counts: tuple[tuple[int, ...], ...]


class Bin(Record):
    """Accuracy of the questions whose figure lies in ``[low, high)`` (the last bin includes ``high``)."""

    low: float
    high: float
    accuracy: Accuracy


class Curve(Record):
    """Accuracy against a figure of the question: ``margin``, ``size``, ``contrast`` or ``visible`` share."""

    model: str
    arm: str
    against: str
    unit: str | None = None
    bins: tuple[Bin, ...]


class InputResult(Record):
    """What an input holds of the questions, and what its ideal observer would make of them.

    Attributes
    ----------
    category
        None for all questions together.
    n, lost
        Questions whose evidence was looked for in the input, and those of which it holds next to nothing.
    right
        Expected share of right answers of who sees what the input holds and guesses in the rest.
    """

    input: str
    category: str | None = None
    n: int
    lost: int
    right: float


class IdealBin(Record):
    """Expected share of right answers of the ideal observer of an input, in a bin as `Bin` has it."""

    low: float
    high: float
    n: int
    right: float | None = None


class IdealCurve(Record):
    """The ideal observer of an input against a figure of the question, in the bins of the models' curves."""

    input: str
    against: str
    unit: str | None = None
    bins: tuple[IdealBin, ...]


class EpochVariance(Record):
    """Where the variance of a model's accuracy comes from, by repeated runs of one arm.

    Attributes
    ----------
    epochs, n, patients
        Runs; questions with a verdict in each of them; their patients.
    accuracies, accuracy
        Of each run, and of all.
    changed
        Share of questions whose verdict is not the same in all runs.
    patient, question, epoch
        What patients, questions and draws add to the variance of the accuracy of *one* run.
    share, share_of_mean
        Share of the draws in the variance of one run, and of the mean over all runs.
    se, se_of_mean
        Standard errors by these components, of one run and of the mean.
    """

    model: str
    arm: str
    epochs: int
    n: int
    patients: int
    accuracies: tuple[float, ...]
    accuracy: float
    changed: float
    patient: float
    question: float
    epoch: float
    share: float
    share_of_mean: float
    se: float
    se_of_mean: float


class Comparison(Record):
    """Everything ``compare`` finds in a set of scores.

    Attributes
    ----------
    metric
        The metric whose verdicts were compared; ``graded`` when they are not right or wrong.
    largest
        Size of the largest single figure of a graded metric: over 1 for a number of words, or for BLEU, whose
        figures are hundredths. None for others, and in files of earlier versions.
    models, arms, categories
        In the order of the tables: models by falling accuracy in the reference arm. Questions without a
        category count in each of their tags.
    results
        One entry per model and arm.
    pairs, category_pairs
        Paired differences in the reference arm; Holm and BH run over each table of pairs.
    causes
        What the arms that touch the evidence say; None where none was run.
    inputs, ideals
        What inputs hold of the questions, where that was looked into; empty elsewhere.
    epochs
        Of arms that were run several times; empty where none was.
    mde
        Largest minimum detectable effect among ``pairs``: smaller differences than this may well
        be missed by this table. None where no difference can be found.
    """

    metric: str
    graded: bool = False
    largest: float | None = None
    confidence: float
    resamples: int
    seed: int
    reference_arm: str
    models: tuple[str, ...]
    arms: tuple[str, ...]
    categories: tuple[str, ...]
    n_questions: int
    n_patients: int
    results: tuple[ModelResult, ...]
    pairs: tuple[PairedDifference, ...] = ()
    category_pairs: tuple[PairedDifference, ...] = ()
    cochran_q: tuple[CochranQ, ...] = ()
    ranks: tuple[Rank, ...] = ()
    mde: float | None = None
    contrasts: tuple[ArmContrast, ...] = ()
    consistency: tuple[Consistency, ...] = ()
    grounding: tuple[Grounding, ...] = ()
    causes: Causes | None = None
    failures: tuple[FailureCount, ...] = ()
    confusions: tuple[Confusion, ...] = ()
    curves: tuple[Curve, ...] = ()
    inputs: tuple[InputResult, ...] = ()
    ideals: tuple[IdealCurve, ...] = ()
    epochs: tuple[EpochVariance, ...] = ()

    @model_serializer(mode="wrap")
    def _without_what_was_not_asked(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Leave out what was not looked into, so that such files stay as they were."""
        data: dict[str, Any] = handler(self)
        return {name: value for name, value in data.items() if name not in _OPTIONAL or value}

    def result(self, model: str, arm: str | None = None) -> ModelResult:
        """Return one model's figures in one arm (the reference arm by default).

        Raises
        ------
        KeyError
            No such model and arm.
        """
        arm = arm or self.reference_arm
        for result in self.results:
            if (result.model, result.arm) == (model, arm):
                return result
        raise KeyError(f"no result of model {model!r} in arm {arm!r}")

    def _repr_html_(self) -> str:
        """The models with their figures as a notebook shows them."""
        heads = ["model", "arm", "share", "interval", "questions", "patients"]
        rows = "".join(_row_html(one) for one in self.results)
        patients = f"{self.n_patients} patient{'s' if self.n_patients != 1 else ''}"
        said = f"{self.metric}: {self.n_questions} questions of {patients}"
        caption = f"<caption>{escape(said)}; intervals {self.confidence:.0%} by patient</caption>"
        return f"<table>{caption}<tr>{''.join(f'<th>{one}</th>' for one in heads)}</tr>{rows}</table>"


_OPTIONAL = ("causes", "epochs", "inputs", "ideals")


def _row_html(result: ModelResult) -> str:
    found = result.overall
    share = "" if found.accuracy is None else f"{found.accuracy:.1%}"
    span = "" if found.interval is None else f"{found.interval.low:.1%} to {found.interval.high:.1%}"
    cells = (result.model, result.arm, share, span, str(found.n), str(found.clusters))
    return f"<tr>{''.join(f'<td>{escape(one)}</td>' for one in cells)}</tr>"


def read_comparison(path: str | Path) -> Comparison:
    """Read a comparison that was written as JSON.

    Raises
    ------
    InputError
        No such file, or not a comparison of this version.
    """
    path = Path(path)
    try:
        return Comparison.model_validate_json(path.read_text(encoding="utf-8"))
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        field = ".".join(str(part) for part in first["loc"]) or "file"
        raise InputError(f"{path}: not a comparison: field '{field}': {first['msg']}") from None
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "not a text file"
        raise InputError(f"{path}: cannot be read: {reason}") from None
