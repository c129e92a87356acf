"""What a dataset holds, in counts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from statistics import mean, median
from typing import Any

from medspatial.records import Question, bare_words
from medspatial.report_questions.categories import own_category, six_categories
from medspatial.report_questions.language import NEGATION

_YES_NO_STARTS = ("is ", "are ", "was ", "were ", "do ", "does ", "did ", "has ", "have ", "can ", "could ")


def stats(questions: Sequence[Question]) -> dict[str, Any]:
    """Return counts: rows, cases, patients, categories, answer types, lengths, repeats, absences.

    Categories are the rows' own where they have them, else those of the rules (``category_by_rules``).
    """
    texts = Counter(bare_words(one.question) for one in questions)
    cases = Counter(one.case_id for one in questions)
    return {
        "questions": len(questions),
        "cases": len(cases),
        "patients": len({one.patient_id for one in questions}),
        "per_case": _spread(list(cases.values())),
        "question_words": _spread([len(one.question.split()) for one in questions]),
        "answer_words": _spread([len(one.answer.split()) for one in questions]),
        "category": _counted(questions, lambda one: [one.category or "(none)"]),
        "category_by_rules": _counted(questions, lambda one: [own_category(one.question, one.answer)]),
        "six_categories": _counted(questions, lambda one: one.tags),
        "six_categories_by_rules": _counted(questions, lambda one: six_categories(one.question, one.answer)),
        "answer_type": _counted(questions, lambda one: [one.answer_type]),
        "subtype": _counted(questions, lambda one: [one.subtype or "(none)"]),
        "source": _counted(questions, lambda one: [one.source or "(none)"]),
        "with_quote": sum(bool(one.evidence and one.evidence.quote) for one in questions),
        "yes_no_questions": sum(one.question.lower().startswith(_YES_NO_STARTS) for one in questions),
        "answers_of_absence": sum(NEGATION.search(one.answer) is not None for one in questions),
        "texts_in_several_rows": sum(count for count in texts.values() if count > 1),
    }


def _counted(questions: Sequence[Question], of: Callable[[Question], Sequence[str]]) -> dict[str, int]:
    counts = Counter(name for one in questions for name in of(one))
    return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))


def _spread(figures: list[int]) -> dict[str, float]:
    if not figures:
        return {}
    return {
        "mean": round(mean(figures), 3),
        "median": median(figures),
        "least": min(figures),
        "most": max(figures),
    }
