"""People review questions: assignments, verdicts, agreement, adjudication, the accepted set."""

from medspatial.datasets.review.agreement import Agreement, agreement
from medspatial.datasets.review.assign import Assignment, ReviewItem, assign
from medspatial.datasets.review.audit_file import AuditFigures, read_audit
from medspatial.datasets.review.folder import FormState, write_assignments
from medspatial.datasets.review.key import ReviewKey, read_key
from medspatial.datasets.review.outcome import Outcome, adjudicate
from medspatial.datasets.review.verdicts import (
    ReviewVerdict,
    gather_verdicts,
    read_verdicts,
    write_form,
)

__all__ = [
    "Agreement",
    "Assignment",
    "AuditFigures",
    "FormState",
    "Outcome",
    "ReviewItem",
    "ReviewKey",
    "ReviewVerdict",
    "adjudicate",
    "agreement",
    "assign",
    "gather_verdicts",
    "read_audit",
    "read_key",
    "read_verdicts",
    "write_assignments",
    "write_form",
]
