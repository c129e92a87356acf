from __future__ import annotations

from collections import Counter

import pytest

from medspatial.cases.ct_rate import one_per_scan, read_reports
from medspatial.questions.audit import audit
from medspatial.records import Question
from medspatial.report_questions import questions_from_reports
from medspatial.report_questions.balanced import CATEGORIES, balanced_set


def _many(answers, *, patients=200, category="laterality"):
    return [
        Question(
            case_id=f"valid_{at % patients}_a_1", question=f"Where is finding {at}?", answer=answer,
            options=("left", "right", "both sides"), category=category, subtype="report-side",
        )
        for at, answer in enumerate(answers)
    ]  # fmt: skip


def test_the_commonest_answer_is_thinned():
    rows = _many(["both sides"] * 300 + ["left"] * 60 + ["right"] * 60)
    chosen = balanced_set(rows).questions
    counts = Counter(one.answer for one in chosen)
    assert max(counts.values()) <= 0.4 * len(chosen)
    assert len(chosen) > 100


def test_a_patient_gives_few_and_the_order_does_not_matter():
    rows = _many(["left", "right", "both sides"] * 40, patients=6)
    chosen = balanced_set(rows, per_patient=5)
    assert max(Counter(one.patient_id for one in chosen.questions).values()) <= 5
    again = balanced_set(list(reversed(rows)), per_patient=5)
    assert [one.id for one in again.questions] == [one.id for one in chosen.questions]
    assert len(chosen.questions) + len(chosen.drops) == len(rows)


def test_a_full_set_takes_equal_parts_of_the_categories():
    rows = [one for name in CATEGORIES for one in _many(["left", "right", "both sides"] * 30, category=name)]
    found = balanced_set(rows, size=100).categories()
    assert max(found.values()) - min(found.values()) <= 5


@pytest.mark.slow
def test_real_reports_give_a_thousand(shared):
    reports = one_per_scan(read_reports(shared / "data" / "ct_spatialvqa" / "reports.json.gz"))
    chosen = balanced_set(one for made in questions_from_reports(reports) for one in made.questions)
    assert len(chosen.questions) >= 1000
    assert min(chosen.categories().values()) >= 150
    assert max(Counter(one.patient_id for one in chosen.questions).values()) <= 10
    found = audit(chosen.questions)
    assert found.flagged == ()
    answers = Counter((one.subtype, one.answer) for one in chosen.questions if one.options)
    for row in found.rows:
        if row.questions >= 50:
            most = max(count for (name, _), count in answers.items() if name == row.subtype)
            assert most <= 0.4 * row.questions
