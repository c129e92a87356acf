"""Questions from masks: measure, ask, balance, audit."""

from medspatial.questions.build import (
    PER_SUBTYPE,
    CaseQuestions,
    Plan,
    build_case,
    build_questions,
    mirrored_cases,
    questions_of,
)
from medspatial.questions.drop import DROP_RULES, Drop
from medspatial.questions.subtype import Candidate, Subtype, chosen_subtypes, subtypes

__all__ = [
    "DROP_RULES",
    "PER_SUBTYPE",
    "Candidate",
    "CaseQuestions",
    "Drop",
    "Plan",
    "Subtype",
    "build_case",
    "build_questions",
    "chosen_subtypes",
    "mirrored_cases",
    "questions_of",
    "subtypes",
]
