"""Figures of the arms that touch the evidence, each one another number, so that an exchange shows."""

from __future__ import annotations

from medspatial.compare.accuracy_result import Interval
from medspatial.compare.arm_result import Abstention, CausalGrounding, CauseCases, Causes, WithInterval


def ends(value: float, low: float, high: float) -> WithInterval:
    return WithInterval(value=value, interval=Interval(low=low, high=high, method="cluster_t"))


GROUNDING = (
    CausalGrounding(
        model="seer", n=40, clusters=8, accuracy=0.81, accuracy_without=0.32, evidence=ends(0.49, 0.3, 0.6),
        irrelevant=ends(0.05, -0.02, 0.11), grounding=ends(0.44, 0.25, 0.63), changed_evidence=0.7,
        changed_irrelevant=0.09, verdict="grounded",
    ),
    CausalGrounding(
        model="seer", category="distance", n=17, clusters=7, accuracy=0.6, accuracy_without=0.65,
        evidence=ends(-0.05, -0.2, -0.01), irrelevant=ends(0.0, -0.1, 0.1), grounding=ends(-0.05, -0.3, 0.2),
        changed_evidence=0.21, changed_irrelevant=0.22, verdict="not shown",
    ),
)  # fmt: skip
ABSTENTION = (
    Abstention(
        model="seer", arm="false_premise", n=30, clusters=6, declined=ends(0.75, 0.5, 0.9),
        needless=ends(0.15, 0.05, 0.3), told_apart=ends(0.6, 0.35, 0.85),
    ),
    Abstention(model="guesser", arm="false_premise", n=30, clusters=6, declined=ends(0.0, 0.0, 0.2)),
    Abstention(model="seer", arm="unanswerable_crop", n=12, clusters=5, declined=ends(0.25, 0.1, 0.5)),
    Abstention(
        model="seer", arm="false_premise", category="laterality", n=11, clusters=4,
        declined=ends(1.0, 0.7, 1.0)
    ),
)  # fmt: skip
CASES = (
    CauseCases(model="seer", kind="right_without_evidence", ids=("q1", "q2", "q3", "q4")),
    CauseCases(model="guesser", kind="false_answer", ids=("q7",)),
)


def caused(comparison, *, ungrounded=()):
    found = Causes(grounding=GROUNDING, abstention=ABSTENTION, ungrounded=ungrounded, cases=CASES)
    return comparison.model_copy(update={"causes": found})
