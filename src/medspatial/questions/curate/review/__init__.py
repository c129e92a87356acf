"""People review questions: assignments, verdicts, agreement, adjudication, the accepted set."""

from medspatial.questions.curate.review.agreement import Agreement, agreement
from medspatial.questions.curate.review.assign import Assignment, ReviewItem, assign
from medspatial.questions.curate.review.audit_file import AuditFigures, read_audit
from medspatial.questions.curate.review.folder import FormState, write_assignments
from medspatial.questions.curate.review.key import ReviewKey, read_key
from medspatial.questions.curate.review.outcome import Outcome, adjudicate
from medspatial.questions.curate.review.verdicts import (
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
