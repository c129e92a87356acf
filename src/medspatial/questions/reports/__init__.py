"""Questions from radiology reports: by rules, or by a language model, always with quoted evidence."""

from medspatial.questions.reports.ask import REPORT_SUBTYPES
from medspatial.questions.reports.comparison import Comparison, compare_pairs, laterality_facts
from medspatial.questions.reports.evidence import (
    EVIDENCE_RULES,
    Refusal,
    check_content,
    check_pair,
    locate_quote,
)
from medspatial.questions.reports.findings import Finding, find_findings, findings
from medspatial.questions.reports.rules import (
    GENERATOR,
    ReportQuestions,
    counts,
    questions_from_report,
    questions_from_reports,
)
from medspatial.questions.reports.sentences import Sentence, sentences
from medspatial.questions.reports.statements import Reading, Statement, read_report
from medspatial.questions.reports.support import Support, find_support

__all__ = [
    "EVIDENCE_RULES",
    "GENERATOR",
    "REPORT_SUBTYPES",
    "Comparison",
    "Finding",
    "Reading",
    "Refusal",
    "ReportQuestions",
    "Sentence",
    "Statement",
    "Support",
    "check_content",
    "check_pair",
    "compare_pairs",
    "counts",
    "find_findings",
    "find_support",
    "findings",
    "laterality_facts",
    "locate_quote",
    "questions_from_report",
    "questions_from_reports",
    "read_report",
    "sentences",
]
