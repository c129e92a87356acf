"""Questions from masks: measure, ask, balance, audit."""

from medspatial.callable_room import make_callable
from medspatial.questions.audit import AuditReport, SubtypeAudit, audit
from medspatial.questions.balance import balance_cohort
from medspatial.questions.build import (
    PER_SUBTYPE,
    CaseQuestions,
    Plan,
    build_case,
    build_questions,
    mirrored_cases,
    questions_of,
)
from medspatial.questions.catalogue import chosen_subtypes, subtypes
from medspatial.questions.cohort import (
    DROPPED_FILE,
    QUESTIONS_FILE,
    SUMMARY_FILE,
    Summary,
    write_questions,
)
from medspatial.questions.drop import DROP_RULES, Drop
from medspatial.questions.subtype import Candidate, Subtype
from medspatial.questions.tables import subtype_rows, subtypes_markdown

__all__ = [
    "DROPPED_FILE",
    "DROP_RULES",
    "PER_SUBTYPE",
    "QUESTIONS_FILE",
    "SUMMARY_FILE",
    "AuditReport",
    "Candidate",
    "CaseQuestions",
    "Drop",
    "Plan",
    "Subtype",
    "SubtypeAudit",
    "Summary",
    "audit",
    "balance_cohort",
    "build_case",
    "build_questions",
    "chosen_subtypes",
    "mirrored_cases",
    "questions_of",
    "subtype_rows",
    "subtypes",
    "subtypes_markdown",
    "write_questions",
]

make_callable(__name__)
