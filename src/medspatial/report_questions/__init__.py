"""Questions from radiology reports: by rules, or by a language model, always with quoted evidence."""

from medspatial.report_questions.asking import Wording, wordings
from medspatial.report_questions.comparison import Comparison, compare_pairs, laterality_facts
from medspatial.report_questions.evidence import (
    EVIDENCE_RULES,
    Refusal,
    check_content,
    check_pair,
    check_quotes,
    locate_quote,
)
from medspatial.report_questions.facts import Fact, Unasked
from medspatial.report_questions.findings import Finding, find_findings, findings
from medspatial.report_questions.reading import read_report
from medspatial.report_questions.rules import (
    GENERATOR,
    REPORT_DROPS,
    ReportQuestions,
    counts,
    questions_from_report,
    questions_from_reports,
)
from medspatial.report_questions.sentences import Sentence, sentences
from medspatial.report_questions.statements import Reading, Statement
from medspatial.report_questions.support import Support, find_support

__all__ = [
    "EVIDENCE_RULES",
    "GENERATOR",
    "REPORT_DROPS",
    "Comparison",
    "Fact",
    "Finding",
    "Reading",
    "Refusal",
    "ReportQuestions",
    "Sentence",
    "Statement",
    "Support",
    "Unasked",
    "Wording",
    "check_content",
    "check_pair",
    "check_quotes",
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
    "wordings",
]
