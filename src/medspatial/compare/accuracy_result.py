"""How models do and how they differ: accuracies with intervals, paired differences, ranks."""

from __future__ import annotations

from pydantic import Field

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
        The smallest ``p_holm`` that this many patients and pairs allow, all patients agreeing; None in files
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
