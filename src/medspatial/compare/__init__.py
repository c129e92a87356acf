"""Comparison: what the scores of several models can and cannot say."""

from medspatial.callable_room import make_callable
from medspatial.compare.accuracy_result import (
    Accuracy,
    CochranQ,
    Interval,
    ModelResult,
    PairedDifference,
    Rank,
)
from medspatial.compare.arm_result import (
    Abstention,
    ArmContrast,
    CausalGrounding,
    Causes,
    Consistency,
    Grounding,
    WithInterval,
)
from medspatial.compare.causes import only_grounded
from medspatial.compare.comparison import compare
from medspatial.compare.curve_result import Bin, Curve
from medspatial.compare.failure_result import Confusion, FailureCount
from medspatial.compare.failures import FAILURE_TITLES, FAILURES, Failure, classify
from medspatial.compare.matrix import CorrectnessMatrix, MatrixRow, average
from medspatial.compare.reports import matrix_from_reports, scores_from_reports, scores_of_files
from medspatial.compare.result import Comparison, read_comparison

__all__ = [
    "FAILURES",
    "FAILURE_TITLES",
    "Abstention",
    "Accuracy",
    "ArmContrast",
    "Bin",
    "CausalGrounding",
    "Causes",
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
    "WithInterval",
    "average",
    "classify",
    "compare",
    "matrix_from_reports",
    "only_grounded",
    "read_comparison",
    "scores_from_reports",
    "scores_of_files",
]

make_callable(__name__)
