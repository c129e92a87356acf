"""People review questions: assignments, verdicts, agreement, adjudication, the accepted set."""

from medspatial.questions.curate.review.agreement import Agreement, agreement
from medspatial.questions.curate.review.assign import Assignment, ReviewItem, assign, write_assignments
from medspatial.questions.curate.review.audit_file import AuditFigures, read_audit
from medspatial.questions.curate.review.outcome import Outcome, adjudicate
from medspatial.questions.curate.review.verdicts import ReviewVerdict, read_verdicts, write_form

__all__ = [
    "Agreement",
    "Assignment",
    "AuditFigures",
    "Outcome",
    "ReviewItem",
    "ReviewVerdict",
    "adjudicate",
    "agreement",
    "assign",
    "read_audit",
    "read_verdicts",
    "write_assignments",
    "write_form",
]
