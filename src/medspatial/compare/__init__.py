"""Comparison: what the scores of several models can and cannot say."""

from medspatial.compare.comparison import compare
from medspatial.compare.failures import FAILURE_TITLES, FAILURES, Failure, classify
from medspatial.compare.matrix import CorrectnessMatrix, MatrixRow, average
from medspatial.compare.reports import matrix_from_reports, scores_from_reports
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
    read_comparison,
)
from medspatial.compare.visible import visible_share, with_visible_shares

__all__ = [
    "FAILURES",
    "FAILURE_TITLES",
    "Accuracy",
    "ArmContrast",
    "Bin",
    "CochranQ",
    "Comparison",
    "Confusion",
    "Consistency",
    "CorrectnessMatrix",
    "Curve",
    "Failure",
    "FailureCount",
    "Grounding",
    "Interval",
    "MatrixRow",
    "ModelResult",
    "PairedDifference",
    "Rank",
    "average",
    "classify",
    "compare",
    "matrix_from_reports",
    "read_comparison",
    "scores_from_reports",
    "visible_share",
    "with_visible_shares",
]
