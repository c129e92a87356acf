"""Comparison: what the scores of several models can and cannot say."""

from medspatial.compare.comparison import compare
from medspatial.compare.result import (
    Accuracy,
    ArmContrast,
    Bin,
    CochranQ,
    Comparison,
    Confusion,
    Consistency,
    Curve,
    FailureCount,
    Grounding,
    Interval,
    ModelResult,
    PairedDifference,
    Rank,
)

__all__ = [
    "Accuracy",
    "ArmContrast",
    "Bin",
    "CochranQ",
    "Comparison",
    "Confusion",
    "Consistency",
    "Curve",
    "FailureCount",
    "Grounding",
    "Interval",
    "ModelResult",
    "PairedDifference",
    "Rank",
    "compare",
]
